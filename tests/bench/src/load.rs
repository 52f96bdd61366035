//! The generator. Closed loop: every connection sends its next letter when the last was accepted.
//! Open loop: letters are due at a fixed rate, and the time counts from when one was due, so that a
//! server that falls behind is not spared.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::latency::Latency;
use crate::letter::Letter;
use crate::smtp::{Security, Session, Target};

/// What `waxseal-bench load` is told.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The server.
    #[arg(long)]
    to: SocketAddr,
    /// How connections are protected.
    #[arg(long, value_enum, default_value = "clear")]
    security: Security,
    /// How many connections at once.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How many letters in all.
    #[arg(long, default_value_t = 10_000)]
    messages: usize,
    /// How many letters a session.
    #[arg(long, default_value_t = 20)]
    per_session: usize,
    /// The size of a letter, octets.
    #[arg(long, default_value_t = 10_000)]
    size: usize,
    /// The sender.
    #[arg(long, default_value = "sender@bench.example")]
    sender: String,
    /// A recipient; several take turns.
    #[arg(long, default_value = "recipient@bench.example")]
    recipient: Vec<String>,
    /// Letters a second, in all; without it as fast as it goes.
    #[arg(long)]
    rate: Option<f64>,
}

/// What is sent, and how.
pub(crate) struct Plan {
    /// Where to.
    pub target: Target,
    /// The letters, which take turns.
    pub letters: Vec<Letter>,
    /// How many connections at once.
    pub connections: usize,
    /// How many letters in all.
    pub messages: usize,
    /// How many letters a session.
    pub per_session: usize,
    /// When each is due.
    pub pace: Pace,
}

/// When letters are due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// When the one before was accepted.
    Closed,
    /// So many a second.
    Open(f64),
}

/// What came of it.
pub(crate) struct Loaded {
    /// From first to last.
    pub elapsed: Duration,
    /// How long each letter took to be accepted.
    pub accepted: Latency,
    /// How many were not: the session failed.
    pub failed: usize,
}

/// Sends, and shows what came of it.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let letter = |recipient: &String| Letter::of_size(&options.sender, recipient, options.size);
    let plan = Plan {
        target: Target::new(options.to, options.security)?,
        letters: options.recipient.iter().map(letter).collect(),
        connections: options.connections,
        messages: options.messages,
        per_session: options.per_session,
        pace: options.rate.map_or(Pace::Closed, Pace::Open),
    };
    let loaded = send(plan).await?;
    let percentiles = loaded.accepted.percentiles();
    say(format_args!("{:.0} letters/s; accepted after {percentiles}", loaded.rate()));
    say(format_args!("{} accepted, {} failed, in {:.1?}", percentiles.count, loaded.failed, loaded.elapsed));
    Ok(())
}

/// Sends a plan's letters.
pub(crate) async fn send(plan: Plan) -> anyhow::Result<Loaded> {
    let shared = Arc::new(Shared {
        taken: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
        accepted: Latency::new()?,
        start: Instant::now(),
        plan,
    });
    let senders: JoinSet<()> = (0..shared.plan.connections).map(|_| Arc::clone(&shared).sender()).collect();
    senders.join_all().await;
    let elapsed = shared.start.elapsed();
    let shared = Arc::into_inner(shared).context("a sender has panicked")?;
    Ok(Loaded { elapsed, accepted: shared.accepted, failed: shared.failed.into_inner() })
}

struct Shared {
    plan: Plan,
    taken: AtomicUsize,
    failed: AtomicUsize,
    accepted: Latency,
    start: Instant,
}

impl Shared {
    /// One connection after the other, as long as there are letters.
    async fn sender(self: Arc<Self>) {
        while let Some(first) = self.next().await {
            if self.session(first).await.is_err() {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    async fn session(&self, first: (usize, Instant)) -> anyhow::Result<()> {
        let mut session = self.plan.target.open().await?;
        let mut next = Some(first);
        for left in (0..self.plan.per_session).rev() {
            let Some((number, due)) = next else { break };
            self.letter(&mut session, number, due).await?;
            next = if left > 0 { self.next().await } else { None };
        }
        session.quit().await
    }

    async fn letter(&self, session: &mut Session, number: usize, due: Instant) -> anyhow::Result<()> {
        let letters = &self.plan.letters;
        let letter = letters.get(number % letters.len().max(1)).context("no letters")?;
        session.send(letter, SystemTime::now() - due.elapsed()).await?;
        self.accepted.record(due.elapsed());
        Ok(())
    }

    /// The number of the next letter and when it is due; waits until then.
    async fn next(&self) -> Option<(usize, Instant)> {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        if number >= self.plan.messages {
            return None;
        }
        let due = self.plan.pace.due(self.start, number);
        if due <= Instant::now() {
            return Some((number, due));
        }
        sleep_until(due).await;
        // Nobody was behind: that the timer has but milliseconds is no fault of the server.
        Some((number, Instant::now()))
    }
}

impl Pace {
    #[expect(clippy::cast_precision_loss, reason = "nobody sends 2^52 letters")]
    fn due(self, start: Instant, number: usize) -> Instant {
        match self {
            Self::Closed => Instant::now(),
            Self::Open(rate) => start + Duration::from_secs_f64(number as f64 / rate),
        }
    }
}

impl Loaded {
    /// Accepted letters a second.
    #[expect(clippy::cast_precision_loss, reason = "shown without decimals")]
    pub(crate) fn rate(&self) -> f64 {
        self.accepted.count() as f64 / self.elapsed.as_secs_f64()
    }
}

#[expect(clippy::print_stdout, reason = "it is what the command is for")]
pub(crate) fn say(line: impl std::fmt::Display) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Sink;
    use crate::tls::Certificate;

    async fn arrives(security: Security, pace: Pace) {
        let config = (security == Security::Starttls).then(|| Certificate::new().unwrap().server);
        let sink = Sink::start("127.0.0.1:0".parse().unwrap(), config).await.unwrap();
        let plan = Plan {
            target: Target::new(sink.address, security).unwrap(),
            letters: vec![Letter::of_size("a@one.example", "b@two.example", 3000)],
            connections: 4,
            messages: 50,
            per_session: 7,
            pace,
        };
        let loaded = send(plan).await.unwrap();
        assert_eq!((loaded.accepted.count(), loaded.failed), (50, 0));
        sink.wait_for(50).await.unwrap();
        assert_eq!(sink.percentiles().count, 50, "each says how long it was on its way");
    }

    #[tokio::test]
    async fn what_is_sent_arrives() {
        arrives(Security::Clear, Pace::Closed).await;
        arrives(Security::Starttls, Pace::Closed).await;
    }

    #[tokio::test]
    async fn an_open_loop_keeps_its_rate() {
        let begun = Instant::now();
        arrives(Security::Clear, Pace::Open(500.0)).await;
        assert!(begun.elapsed() >= Duration::from_millis(98), "50 letters at 500 a second");
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_no_success() {
        let nobody = crate::servers::free_address().unwrap();
        let plan = Plan {
            target: Target::new(nobody, Security::Clear).unwrap(),
            letters: vec![Letter::of_size("a@one.example", "b@two.example", 100)],
            connections: 1,
            messages: 3,
            per_session: 20,
            pace: Pace::Closed,
        };
        let loaded = send(plan).await.unwrap();
        assert_eq!((loaded.accepted.count(), loaded.failed), (0, 3));
    }
}
