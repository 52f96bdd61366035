//! New connections: greeting, TLS with a full handshake, QUIT.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

use crate::latency::Latency;
use crate::load::say;
use crate::smtp::{Security, Target};

/// What `waxseal-bench connections` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The server.
    #[arg(long)]
    to: SocketAddr,
    /// How connections are protected.
    #[arg(long, value_enum, default_value = "starttls")]
    security: Security,
    /// How many at once.
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// How many in all.
    #[arg(long, default_value_t = 5_000)]
    count: usize,
}

/// What came of it.
pub(crate) struct Made {
    /// From first to last.
    pub elapsed: Duration,
    /// How long each took.
    pub latency: Latency,
}

/// Makes connections, and shows how many a second.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let target = Target::new(options.to, options.security)?;
    let made = make(&target, options.at_once, options.count, Manner::Esmtp).await?;
    say(format_args!("{:.0} connections/s; {}", made.rate(), made.latency.percentiles()));
    Ok(())
}

/// What is said on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// EHLO, STARTTLS where that is the way, QUIT.
    Esmtp,
    /// Nothing but QUIT.
    Curt,
}

/// Makes so many connections.
pub(crate) async fn make(
    target: &Target,
    at_once: usize,
    count: usize,
    manner: Manner,
) -> anyhow::Result<Made> {
    let shared = Arc::new((AtomicUsize::new(0), Latency::new()?));
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..at_once {
        let (shared, target) = (Arc::clone(&shared), target.clone());
        clients.spawn(async move {
            while shared.0.fetch_add(1, Ordering::Relaxed) < count {
                let begun = Instant::now();
                let session = match manner {
                    Manner::Esmtp => target.open().await?,
                    Manner::Curt => target.greet().await?,
                };
                session.quit().await?;
                shared.1.record(begun.elapsed());
            }
            anyhow::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let elapsed = start.elapsed();
    let (_, latency) = Arc::into_inner(shared).context("a client has panicked")?;
    Ok(Made { elapsed, latency })
}

impl Made {
    /// Connections a second.
    #[expect(clippy::cast_precision_loss, reason = "shown without decimals")]
    pub(crate) fn rate(&self) -> f64 {
        self.latency.count() as f64 / self.elapsed.as_secs_f64()
    }
}
