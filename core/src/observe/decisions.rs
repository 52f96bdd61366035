//! The decision log: written by a thread of its own, and heard by who subscribes. That
//! thread tells the audience, too.
//!
//! Nothing here ever makes mail wait. A record that finds the queue full is dropped and counted.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::audience::Audience;
use super::encounter::Encounter;
use super::record::Record;
use super::rotation::{Limits, RotatingFile};

/// How many records may wait for the disk: those of a tenth of a second of the busiest relay.
const QUEUE: usize = 16_384;
/// For how long records are gathered before they are written: being woken for each would cost more
/// than writing it.
const GATHER: Duration = Duration::from_millis(20);
/// For how many such whiles the thread looks again by itself where nothing comes: waking it would cost
/// the one who records more than all else, and mail seldom comes alone.
const AWAKE: usize = 50;
/// How many records a subscriber may be behind.
const BEHIND: usize = 1024;

/// Where decisions go.
#[derive(Debug)]
pub(super) struct Decisions {
    lines: Option<mpsc::Sender<Entry>>,
    listeners: broadcast::Sender<Arc<Record>>,
    drops: Counter,
}

#[derive(Debug)]
enum Entry {
    Write(Arc<Record>),
    /// For the audience alone.
    Met(Box<Encounter>),
    /// Likewise: a message of a sender's domain was accepted.
    Accepted(String),
    Flush(oneshot::Sender<()>),
}

impl Decisions {
    /// Opens the log, and starts the thread that writes it until all who record are gone.
    pub(super) fn open(path: &Path, drops: Counter, audience: Option<Arc<Audience>>) -> io::Result<Self> {
        let file = RotatingFile::open(path, Limits::default())?;
        let (sender, entries) = mpsc::channel(QUEUE);
        let mut writer = Writer { file, drops: drops.clone(), failing: false, line: Vec::new(), audience };
        std::thread::Builder::new().name("decisions".to_owned()).spawn(move || writer.run(entries))?;
        Ok(Self { lines: Some(sender), ..Self::unwritten(drops) })
    }

    /// No log; subscribers still hear.
    pub(super) fn unwritten(drops: Counter) -> Self {
        Self { lines: None, listeners: broadcast::channel(BEHIND).0, drops }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Arc<Record>> {
        self.listeners.subscribe()
    }

    /// Records; the record is only made if somebody wants it, and given back then.
    pub(super) fn record(&self, record: impl FnOnce() -> Record) -> Option<Arc<Record>> {
        if self.lines.is_none() && self.listeners.receiver_count() == 0 {
            return None;
        }
        let record = Arc::new(record());
        if let Some(lines) = &self.lines
            && lines.try_send(Entry::Write(Arc::clone(&record))).is_err()
        {
            self.drops.inc();
        }
        // An error means that nobody listens.
        let _ = self.listeners.send(Arc::clone(&record));
        Some(record)
    }

    /// Tells the audience, if it can be told without waiting.
    pub(super) fn met(&self, encounter: Encounter) {
        if let Some(lines) = &self.lines {
            let _ = lines.try_send(Entry::Met(Box::new(encounter)));
        }
    }

    /// Likewise of a message that was accepted.
    pub(super) fn accepted(&self, domain: &str) {
        if let Some(lines) = &self.lines {
            let _ = lines.try_send(Entry::Accepted(domain.to_owned()));
        }
    }

    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if let Some(lines) = &self.lines
            && lines.send(Entry::Flush(done)).await.is_ok()
        {
            let _ = flushed.await;
        }
    }
}

struct Writer {
    file: RotatingFile,
    drops: Counter,
    /// Whether the last write failed: said once, not for every record.
    failing: bool,
    line: Vec<u8>,
    audience: Option<Arc<Audience>>,
}

impl Writer {
    fn run(&mut self, mut entries: mpsc::Receiver<Entry>) {
        while let Some(first) = entries.blocking_recv() {
            let (mut next, mut idle) = (Some(first), 0);
            while idle < AWAKE {
                if !matches!(next, Some(Entry::Flush(_))) {
                    std::thread::sleep(GATHER);
                }
                idle = if self.take_all(next.take(), &mut entries) == 0 { idle + 1 } else { 0 };
            }
        }
    }

    /// Writes this and what waits behind it, and says how much it was.
    fn take_all(&mut self, first: Option<Entry>, entries: &mut mpsc::Receiver<Entry>) -> usize {
        let mut taken = 0;
        for entry in first.into_iter().chain(std::iter::from_fn(|| entries.try_recv().ok())) {
            self.take(entry);
            taken += 1;
        }
        if taken > 0 {
            // Whoever reads along sees everything.
            let flushed = self.file.flush();
            self.note(&flushed);
        }
        taken
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Write(record) => {
                let written = self.write(&record);
                if written.is_err() {
                    self.drops.inc();
                }
                self.note(&written);
                if let Some(audience) = &self.audience {
                    audience.decided(&record, self.line.len());
                }
            }
            Entry::Met(encounter) => {
                if let Some(audience) = &self.audience {
                    audience.met(&encounter);
                }
            }
            Entry::Accepted(domain) => {
                if let Some(audience) = &self.audience {
                    audience.accepted(&domain);
                }
            }
            Entry::Flush(done) => {
                let flushed = self.file.flush();
                self.note(&flushed);
                let _ = done.send(());
            }
        }
    }

    fn write(&mut self, record: &Record) -> io::Result<()> {
        self.line.clear();
        record.write(&mut self.line)?;
        self.file.write(&self.line)
    }

    fn note(&mut self, result: &io::Result<()>) {
        match result {
            Err(error) if !self.failing => {
                tracing::error!(%error, "cannot write the decision log: decisions are not recorded; mail goes on");
            }
            Ok(()) if self.failing => tracing::info!("the decision log is written again"),
            _ => {}
        }
        self.failing = result.is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::record;
    use super::*;

    #[test]
    fn a_full_queue_drops_and_counts_instead_of_waiting() {
        let (sender, entries) = mpsc::channel(2);
        let decisions = Decisions { lines: Some(sender), ..Decisions::unwritten(Counter::default()) };
        for _ in 0..5 {
            decisions.record(record);
        }
        assert_eq!((entries.len(), decisions.drops.get()), (2, 3));
    }

    #[test]
    fn no_record_is_made_for_nobody() {
        let decisions = Decisions::unwritten(Counter::default());
        decisions.record(|| unreachable!("nobody wants it"));
    }
}
