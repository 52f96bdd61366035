//! Sessions that were opened and say nothing: what they cost in memory.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::sleep;

use crate::load::say;
use crate::process::Family;
use crate::smtp::{Security, Session, Target};

/// What `waxseal-bench idle` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The server.
    #[arg(long)]
    to: SocketAddr,
    /// How connections are protected.
    #[arg(long, value_enum, default_value = "starttls")]
    security: Security,
    /// How many sessions.
    #[arg(long, default_value_t = 1000)]
    sessions: usize,
    /// The server's process, whose memory is shown.
    #[arg(long)]
    process: u32,
}

/// Opens sessions, and shows what each costs.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let target = Target::new(options.to, options.security)?;
    let cost = cost(&target, options.sessions, Family::of(options.process)).await?;
    say(format_args!("{cost:.1} KiB a session, {} sessions", options.sessions));
    Ok(())
}

/// KiB of memory that each of so many idle sessions costs the server.
#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
pub(crate) async fn cost(target: &Target, sessions: usize, server: Family) -> anyhow::Result<f64> {
    // What the first ones make once is no session's cost.
    drop(open(target, 32).await?);
    let before = settled(server).await?;
    let open = open(target, sessions).await?;
    let after = settled(server).await?;
    drop(open);
    Ok(after.saturating_sub(before) as f64 / sessions as f64)
}

async fn open(target: &Target, count: usize) -> anyhow::Result<Vec<Session>> {
    let mut sessions = Vec::with_capacity(count);
    for _ in 0..count {
        sessions.push(target.open().await?);
    }
    Ok(sessions)
}

/// Memory once it has stopped changing.
async fn settled(server: Family) -> anyhow::Result<u64> {
    let mut before = server.memory()?;
    for _ in 0..20 {
        sleep(Duration::from_millis(300)).await;
        let now = server.memory()?;
        if now.abs_diff(before) < 64 {
            return Ok(now);
        }
        before = now;
    }
    Ok(before)
}
