//! The writer: one thread makes all changes, and one transaction is as many as are waiting.
//!
//! It takes what waits, writes and syncs the bodies, commits, answers, and begins again: batches grow
//! by themselves under load, and nobody who brings mail waits for a timer. Only while nobody does,
//! outcomes are collected for a moment.

use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::batch::Batch;
use super::books::Books;
use super::checkpoint::Checkpoints;
use super::clock;
use super::compaction::{Compaction, Survivor};
use super::folder::Folder;
use super::health::Condition;
use super::inventory::Inventory;
use super::lease::Leases;
use super::reading::Bodies;
use super::segments::Segments;
use super::{Shared, change};
use crate::spool::SpoolError;

/// The most changes of a transaction.
const CHANGES: usize = 512;
/// The most octets of bodies in a transaction, but for the last.
const OCTETS: usize = 16 * 1024 * 1024;
/// How long outcomes are collected while nobody brings mail.
const COLLECT: Duration = Duration::from_millis(5);
/// How often segments are looked at while nothing happens.
const TICK: Duration = Duration::from_secs(1);
/// How long the end waits for others that use the database.
const LAST: Duration = Duration::from_secs(2);

/// A change and who asked for it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) change: change::Change,
    /// How many recipients it concerned.
    pub(super) answer: oneshot::Sender<Result<u64, SpoolError>>,
}

impl Request {
    /// Whether it is what the operator has said.
    pub(super) fn is_steering(&self) -> bool {
        matches!(self.change, change::Change::Steer(_))
    }
}

/// What the writer works with. It ends when nobody can send requests any more.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) requests: Receiver<Request>,
    /// The request that begins the next batch.
    pub(super) next: Option<Request>,
    pub(super) folder: Folder,
    pub(super) segments: Segments,
    /// Octets of bodies that go into the tables rather than into a segment.
    pub(super) in_tables: usize,
    pub(super) inventory: Inventory,
    /// Segments whose files are removed: their rows go with the next transaction.
    pub(super) gone: Vec<u64>,
    pub(super) bodies: Bodies,
    pub(super) condition: Arc<Condition>,
    pub(super) leases: Arc<Leases>,
    pub(super) shared: Arc<Shared>,
    pub(super) checkpoints: Checkpoints,
    pub(super) compaction: Compaction,
    /// Held as long as something may be written. The last field: dropped after the connection.
    pub(super) lock: File,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(self) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("spool".to_owned()).spawn(move || self.run())
    }

    fn run(mut self) {
        loop {
            match self.next.take().map_or_else(|| self.wait(), Ok) {
                Ok(first) => {
                    let batch = self.gather(first);
                    self.serve(batch);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.compact();
        }
        self.tidy();
    }

    fn wait(&self) -> Result<Request, RecvTimeoutError> {
        let current = self.segments.current().map(|(number, _)| number);
        if self.compaction.has_work(&self.inventory.segments, current, clock::now()) {
            return self.requests.recv_timeout(TICK);
        }
        self.requests.recv().map_err(|_| RecvTimeoutError::Disconnected)
    }

    /// The first request and those that wait behind it.
    fn gather(&mut self, first: Request) -> Batch {
        let mut batch = Batch::of(first);
        if batch.is_steering() {
            return batch;
        }
        let until = Instant::now() + COLLECT;
        while batch.requests.len() < CHANGES && batch.octets < OCTETS {
            let next = match self.requests.try_recv() {
                Ok(next) => Some(next),
                Err(TryRecvError::Disconnected) => None,
                // Somebody waits for his mail to be taken, or nobody else has an outcome to tell.
                Err(TryRecvError::Empty) if batch.octets > 0 || self.leases.count() <= batch.outcomes => None,
                Err(TryRecvError::Empty) => {
                    self.requests.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
                }
            };
            match next {
                Some(next) if !next.is_steering() => batch.push(next),
                next => {
                    self.next = next;
                    break;
                }
            }
        }
        batch
    }

    fn serve(&mut self, mut batch: Batch) {
        let result = self.write(&mut batch);
        if matches!(result, Err(SpoolError::Full)) && batch.requests.len() > 1 {
            // What removes something may still fit, and so may what is small.
            for mut part in batch.apart() {
                let result = self.write(&mut part);
                part.answer(&self.leases, result);
            }
        } else {
            batch.answer(&self.leases, result);
        }
    }

    /// Makes the changes durable: all of them or none. Answers with how many recipients each has
    /// concerned.
    fn write(&mut self, batch: &mut Batch) -> Result<Vec<u64>, SpoolError> {
        self.condition.check()?;
        let before = self.segments.current();
        let appended = batch.append(&mut self.segments, self.in_tables);
        appended.map_err(|error| self.condition.record_io("a segment", &error))?;
        let (rows, leases) = (batch.rows, Arc::clone(&self.leases));
        // Who is leased must not change until it is written. The operator's words are rare.
        let guard = batch.is_steering().then(|| leases.choose());
        let transacted = self.transact(rows, |connection, books| {
            let requests = batch.requests.iter_mut();
            requests.map(|request| request.change.make(connection, books, &leases)).collect()
        });
        drop(guard);
        if let Err(SpoolError::Full) = &transacted {
            // After any other error the commit may be on the disk: the files stay, and a restart
            // finds out which of them are named.
            batch.unmake();
            self.segments.take_back(before);
        }
        transacted
    }

    /// Runs a transaction, and brings everything that follows from it up to date.
    fn transact<T>(
        &mut self,
        rows: usize,
        make: impl FnOnce(&Connection, &mut Books) -> rusqlite::Result<T>,
    ) -> Result<T, SpoolError> {
        let (mut books, current) = (Books::default(), self.segments.current());
        let done = transact(&mut self.connection, &self.gone, |connection| {
            let made = make(connection, &mut books)?;
            Ok((made, books.close(connection, &self.inventory, current, clock::now())?))
        });
        let (made, after) = done.map_err(|error| self.condition.record_sql(&error))?;
        self.condition.record_success();
        self.gone.clear();
        self.inventory.segments.extend(after.segments);
        self.inventory.sums = after.sums;
        self.shared.set_sums(after.sums);
        books.unnamed.iter().for_each(|name| self.folder.remove_body(name));
        for number in self.inventory.take_empty(current.map(|(number, _)| number)) {
            self.folder.remove_segment(number);
            self.bodies.forget(number);
            self.gone.push(number);
        }
        self.checkpoints.committed(rows, &self.connection, &self.condition);
        Ok(made)
    }

    /// Copies some of what lives in a segment in which little does. What cannot be read stays where
    /// it is.
    fn compact(&mut self) {
        if self.condition.check().is_err() {
            return;
        }
        let now = (self.segments.current().map(|(number, _)| number), clock::now());
        let step = self.compaction.step(&self.connection, &self.folder, &self.inventory.segments, now);
        match step {
            Ok(survivors) if survivors.is_empty() => {}
            Ok(survivors) => {
                // Full: there will be another time. Otherwise the condition has it.
                if self.copy(&survivors).is_err() {
                    self.compaction.undo();
                }
            }
            Err(error) => tracing::warn!(%error, "cannot read a segment in which little lives"),
        }
    }

    fn copy(&mut self, survivors: &[Survivor]) -> Result<(), SpoolError> {
        let before = self.segments.current();
        let appended: Vec<_> = survivors.iter().map(Survivor::to_append).collect();
        let places = self.segments.append(&appended);
        let places = places.map_err(|error| self.condition.record_io("a segment", &error))?;
        let moved = self.transact(survivors.len(), |connection, books| {
            let mut moved = survivors.iter().zip(&places);
            moved.try_for_each(|(survivor, place)| survivor.move_to(connection, place, books))
        });
        if let Err(SpoolError::Full) = &moved {
            self.segments.take_back(before);
        }
        moved
    }

    /// Leaves a small, plain file to the next start. The log has everything already, so a failure
    /// loses nothing.
    fn tidy(self) {
        self.checkpoints.end();
        if self.condition.check().is_err() {
            // What is on the disk is not known any more: the next start finds out.
            super::schema::leave_log(&self.connection);
        } else {
            // Somebody reads: the log is read at the next start.
            let tidied = self.connection.busy_timeout(LAST).and_then(|()| {
                self.connection
                    .execute_batch("PRAGMA incremental_vacuum(8192); PRAGMA wal_checkpoint(TRUNCATE);")
            });
            if let Err(error) = tidied {
                tracing::warn!(%error, "cannot tidy up the spool's database; nothing is lost");
                super::schema::leave_log(&self.connection);
            }
        }
        drop(self.connection);
        drop(self.lock);
    }
}

fn transact<T>(
    connection: &mut Connection,
    gone: &[u64],
    make: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for number in gone {
        super::inventory::remove_row(&transaction, *number)?;
    }
    let made = make(&transaction)?;
    transaction.commit()?;
    Ok(made)
}
