//! The workloads.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::ValueEnum;
use tokio::time::{sleep, timeout};

use super::Run;
use super::measured::Measured;
use crate::connections::{self, Manner};
use crate::idle;
use crate::letter::Letter;
use crate::load::{self, Loaded, Pace, Plan};
use crate::servers::{DOMAIN, ENCRYPTED, Filter, Kind, Mail, Server, Setup, Towards};
use crate::sink::Sink;
use crate::smtp::{Security, Target};

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Mail is accepted and kept, 20 letters a session.
    W1,
    /// Mail is accepted and kept, one letter a session.
    #[value(name = "w1-1")]
    W1Single,
    /// Mail is relayed in clear.
    W2,
    /// Mail is relayed inside TLS, in and out.
    W3,
    /// New TLS connections.
    W4,
    /// New TLS connections that say nothing but QUIT, beside a server that does nothing else.
    #[value(name = "w4-bare")]
    W4Bare,
    /// 20 letters a second, relayed in clear.
    W5,
    /// Idle sessions in clear.
    #[value(name = "w6-clear")]
    W6Clear,
    /// Idle sessions inside TLS.
    #[value(name = "w6-tls")]
    W6Tls,
    /// A flood to a dead host.
    W7,
}

/// Connections at once.
const CONNECTIONS: usize = 64;
/// Octets of a letter.
const SIZE: usize = 10_000;

impl Workload {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        Self::W1,
        Self::W1Single,
        Self::W2,
        Self::W3,
        Self::W4,
        Self::W4Bare,
        Self::W5,
        Self::W6Clear,
        Self::W6Tls,
        Self::W7,
    ];

    /// The servers that are measured, unless others are named.
    pub(super) fn servers(self) -> &'static [Kind] {
        match self {
            Self::W4Bare => &[Kind::Waxseal, Kind::Bare],
            _ => &[Kind::Waxseal, Kind::Postfix],
        }
    }

    /// Whether a server can do this at all: the bare one takes no mail, and knows no STARTTLS.
    pub(super) fn is_for(self, kind: Kind) -> bool {
        kind != Kind::Bare || self == Self::W4Bare
    }

    /// Starts a server, loads it, and says what it came to.
    pub(super) async fn measure(self, run: &Run<'_>, kind: Kind) -> anyhow::Result<Measured> {
        match self {
            Self::W1 => accept(run, kind, (20, 20_000)).await,
            Self::W1Single => accept(run, kind, (1, 10_000)).await,
            Self::W2 => relay(run, kind, Towards::Clear, (20_000, Pace::Closed)).await,
            Self::W3 => relay(run, kind, Towards::Encrypted, (20_000, Pace::Closed)).await,
            Self::W4 => handshakes(run, kind, Manner::Esmtp).await,
            Self::W4Bare => handshakes(run, kind, Manner::Curt).await,
            Self::W5 => relay(run, kind, Towards::Clear, (600, Pace::Open(20.0))).await,
            Self::W6Clear => sessions(run, kind, Security::Clear).await,
            Self::W6Tls => sessions(run, kind, Security::Starttls).await,
            Self::W7 => flood(run, kind).await,
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::W1 => "W1: accept and hold, 20 letters a session",
            Self::W1Single => "W1-1: accept and hold, one letter a session",
            Self::W2 => "W2: relay, clear to clear",
            Self::W3 => "W3: relay, STARTTLS in and out",
            Self::W4 => "W4: new TLS 1.3 connections",
            Self::W4Bare => "W4: new TLS 1.3 connections, implicit TLS, beside the limit",
            Self::W5 => "W5: 20 letters a second, clear to clear",
            Self::W6Clear => "W6: idle sessions, clear",
            Self::W6Tls => "W6: idle sessions, TLS",
            Self::W7 => "W7: flood to a dead host, 2 KB",
        })
    }
}

fn plan(server: &Server, security: Security, letter: Letter) -> anyhow::Result<Plan> {
    Ok(Plan {
        target: Target::new(server.address, security)?,
        letters: vec![letter],
        connections: CONNECTIONS,
        messages: 0,
        per_session: 20,
        pace: Pace::Closed,
    })
}

fn letter(domain: &str, size: usize) -> Letter {
    Letter::of_size("sender@from.example", &format!("recipient@{domain}"), size)
}

async fn start(run: &Run<'_>, kind: Kind, mail: Mail) -> anyhow::Result<(Server, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    // Postfix gives up its rights, and must still find its way in.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let (program, certificate, filter) = (run.program, run.certificate, Filter::Nobody);
    let setup = Setup { folder: folder.path(), program, certificate, mail, filter };
    Ok((kind.start(&setup).await?, folder))
}

/// W1 and W1-1.
async fn accept(
    run: &Run<'_>,
    kind: Kind,
    (per_session, messages): (usize, usize),
) -> anyhow::Result<Measured> {
    let (server, _folder) = start(run, kind, Mail::Hold).await?;
    let plan = |messages| {
        let plan = plan(&server, Security::Clear, letter(DOMAIN, SIZE))?;
        anyhow::Ok(Plan { messages, per_session, ..plan })
    };
    load::send(plan(run.scaled(messages / 20))?).await?;
    let before = server.family.processor_time()?;
    let loaded = load::send(plan(run.scaled(messages))?).await?;
    let measured = of_load(&loaded, server.family.processor_time()? - before);
    server.stop().await?;
    Ok(measured)
}

/// W2, W3 and W5: the clock stops when the last letter is at the sink.
async fn relay(
    run: &Run<'_>,
    kind: Kind,
    towards: Towards,
    (messages, pace): (usize, Pace),
) -> anyhow::Result<Measured> {
    let (security, domain, config) = match towards {
        Towards::Clear => (Security::Clear, DOMAIN, None),
        Towards::Encrypted => (Security::Starttls, ENCRYPTED, Some(run.certificate.server.clone())),
    };
    let sink = Sink::start("127.0.0.1:0".parse()?, config).await?;
    let (server, _folder) = start(run, kind, Mail::Relay(sink.address, towards)).await?;
    let plan = |messages| {
        let plan = plan(&server, security, letter(domain, SIZE))?;
        anyhow::Ok(Plan { messages, ..plan })
    };
    load::send(plan(run.scaled(messages / 20))?).await?;
    wait(&sink, run.scaled(messages / 20)).await?;
    let (warm, before, begun) = (sink.count(), server.family.processor_time()?, Instant::now());
    sink.forget();
    let loaded = load::send(Plan { pace, ..plan(run.scaled(messages))? }).await?;
    wait(&sink, run.scaled(messages) + usize::try_from(warm)?).await?;
    let elapsed = begun.elapsed();
    // What is settled after the last letter belongs to it.
    sleep(Duration::from_millis(300)).await;
    let mut measured = of_load(&loaded, server.family.processor_time()? - before);
    measured.rate = per_second(run.scaled(messages), elapsed);
    measured.on_the_way = Some(sink.percentiles());
    server.stop().await?;
    Ok(measured)
}

/// W4.
async fn handshakes(run: &Run<'_>, kind: Kind, manner: Manner) -> anyhow::Result<Measured> {
    let (server, _folder) = start(run, kind, Mail::Hold).await?;
    let target = match (manner, server.implicit) {
        (Manner::Curt, Some(implicit)) => Target::new(implicit, Security::Implicit)?,
        _ => Target::new(server.address, Security::Starttls)?,
    };
    connections::make(&target, CONNECTIONS, run.scaled(300), manner).await?;
    let before = server.family.processor_time()?;
    let count = run.scaled(6_000);
    let made = connections::make(&target, CONNECTIONS, count, manner).await?;
    let used = server.family.processor_time()? - before;
    server.stop().await?;
    Ok(Measured {
        rate: made.rate(),
        processor: each(used, made.latency.count()),
        accepted: Some(made.latency.percentiles()),
        ..Measured::default()
    })
}

/// W6.
async fn sessions(run: &Run<'_>, kind: Kind, security: Security) -> anyhow::Result<Measured> {
    let (server, _folder) = start(run, kind, Mail::Hold).await?;
    let target = Target::new(server.address, security)?;
    // Of Postfix each is a process: fewer say as much.
    let count = if kind == Kind::Postfix { 100 } else { run.scaled(1_000) };
    let cost = idle::cost(&target, count, server.family).await?;
    server.stop().await?;
    Ok(Measured { memory: Some(cost), ..Measured::default() })
}

/// W7.
async fn flood(run: &Run<'_>, kind: Kind) -> anyhow::Result<Measured> {
    let (server, _folder) = start(run, kind, Mail::Hold).await?;
    let peak = server.family.watch();
    let plan = |messages| {
        let plan = plan(&server, Security::Clear, letter(DOMAIN, 2_000))?;
        anyhow::Ok(Plan { messages, ..plan })
    };
    let before = server.family.processor_time()?;
    let (most, last) = (run.scaled(80_000), run.scaled(20_000));
    let first = load::send(plan(most)?).await?;
    let last = load::send(plan(last)?).await?;
    let used = server.family.processor_time()? - before;
    let peak = peak.highest();
    server.stop().await?;
    let messages = first.accepted.count() + last.accepted.count();
    Ok(Measured {
        rate: per_second(usize::try_from(messages)?, first.elapsed + last.elapsed),
        processor: each(used, messages),
        accepted: Some(first.accepted.percentiles()),
        memory: Some(peak),
        last_rate: Some(last.rate()),
        failed: first.failed + last.failed,
        ..Measured::default()
    })
}

async fn wait(sink: &Sink, count: usize) -> anyhow::Result<()> {
    let arrived = sink.wait_for(u64::try_from(count)?);
    timeout(Duration::from_secs(120), arrived)
        .await
        .with_context(|| format!("only {} of {count} letters have arrived after two minutes", sink.count()))?
}

fn of_load(loaded: &Loaded, used: Duration) -> Measured {
    Measured {
        rate: loaded.rate(),
        processor: each(used, loaded.accepted.count()),
        accepted: Some(loaded.accepted.percentiles()),
        failed: loaded.failed,
        ..Measured::default()
    }
}

/// Milliseconds for each.
#[expect(clippy::cast_precision_loss, reason = "shown with three decimals")]
fn each(used: Duration, count: u64) -> f64 {
    used.as_secs_f64() * 1000.0 / count.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "shown without decimals")]
fn per_second(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
