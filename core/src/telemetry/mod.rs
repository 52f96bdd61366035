//! OpenTelemetry: what happens to mail, as spans that are sent to a collector.
//!
//! This follows sessions as `waxseal trace` does, and makes spans of what it hears, so that mail itself
//! pays for nothing but the telling. A collector that is slow or down costs spans, which are counted, and
//! never mail.
//!
//! - `spans`: from what happens to spans; pure
//! - `span`, `attributes`: one span, and what it says, by the conventions of OpenTelemetry where there are
//!   any
//! - `sample`: which of them are kept
//! - `client`, `export`: to the collector

mod attributes;
mod client;
mod export;
mod sample;
mod span;
mod spans;

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, timeout};
use tokio_util::sync::CancellationToken;

pub use self::export::SetupError;
use self::export::{Batch, Exporter};
use self::spans::Spans;
use crate::config::{Config, Telemetry};
use crate::observe::Observer;
use crate::observe::trace::{Event, Following, Interest};

/// How many spans go out at once.
const BATCH: usize = 512;

/// How many batches may wait for the collector.
const WAITING: usize = 16;

/// How long a span waits for others to go with it.
const GATHER: Duration = Duration::from_secs(2);

/// How long the last spans may take at the relay's end.
const LAST: Duration = Duration::from_secs(3);

/// Spans on their way to a collector. Dropped, it goes on until the process ends.
#[derive(Debug)]
pub struct Exporting {
    ended: CancellationToken,
    exporting: JoinHandle<()>,
}

impl Exporting {
    /// Sends what happens from now on as the configuration says. Needs a runtime.
    ///
    /// # Errors
    ///
    /// The collector's address cannot be used, or there are no roots to verify it with.
    pub fn start(telemetry: &Telemetry, config: &Config, observer: &Observer) -> Result<Self, SetupError> {
        let exporter = Exporter::new(telemetry, config, observer.clone())?;
        let ended = CancellationToken::new();
        let (batches, waiting) = mpsc::channel(WAITING);
        let gathering = Gathering {
            following: observer.follow(Interest::Steps),
            spans: Spans::new(telemetry.sample),
            batches,
            batch: Batch::new(),
            observer: observer.clone(),
        };
        let until = ended.clone();
        let exporting = tokio::spawn(async move {
            tokio::join!(gathering.run(until), exporter.run(waiting));
        });
        Ok(Self { ended, exporting })
    }

    /// Sends what is left, for as long as a collector that answers needs for it.
    pub async fn finish(self) {
        self.ended.cancel();
        let abort = self.exporting.abort_handle();
        // A panic has been logged; the relay stops all the same.
        if timeout(LAST, self.exporting).await.is_err() {
            abort.abort();
        }
    }
}

/// Makes spans, and batches of them.
struct Gathering {
    following: Following,
    spans: Spans,
    batches: mpsc::Sender<Batch>,
    batch: Batch,
    observer: Observer,
}

impl Gathering {
    async fn run(mut self, ended: CancellationToken) {
        let mut tick = interval_at(Instant::now() + GATHER, GATHER);
        loop {
            tokio::select! {
                biased;
                () = ended.cancelled() => break,
                event = self.following.next() => self.take(&event),
                _ = tick.tick() => self.send(),
            }
        }
        while let Some(event) = self.following.try_next() {
            self.take(&event);
        }
        self.send();
    }

    fn take(&mut self, event: &Event) {
        self.batch.extend(self.spans.take(event));
        if self.batch.len() >= BATCH {
            self.send();
        }
    }

    /// Hands the batch on, and counts what was lost meanwhile.
    fn send(&mut self) {
        let mut lost = self.following.missed() + self.spans.lost();
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            let count = batch.len() as u64;
            lost += self.batches.try_send(batch).map_or(count, |()| 0);
        }
        self.observer.metrics().telemetry().dropped(lost);
    }
}
