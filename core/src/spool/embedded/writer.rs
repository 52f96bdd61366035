//! The writer: one thread makes all changes, and one transaction is as many as are waiting.
//!
//! It takes what waits, commits, answers, and begins again: batches grow by themselves under load,
//! and nobody waits for a timer.

use std::fs::File;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::change::Change;
use super::destinations::Concerned;
use super::folder::Folder;
use super::health::Condition;
use super::lease::Leases;
use crate::spool::SpoolError;

/// The most changes of a transaction.
const CHANGES: usize = 512;
/// The most octets of bodies in a transaction, but for the last.
const OCTETS: usize = 16 * 1024 * 1024;
/// How many changes may wait: with small bodies of 256 KiB, 32 MiB.
pub(super) const QUEUE: usize = 128;

/// A change and who asked for it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) change: Change,
    /// How many recipients it concerned.
    pub(super) answer: oneshot::Sender<Result<u64, SpoolError>>,
}

/// What the writer works with. It ends when nobody can send requests any more.
pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) folder: Folder,
    pub(super) condition: Arc<Condition>,
    pub(super) leases: Arc<Leases>,
    /// Held as long as something may be written. The last field: dropped after the connection.
    pub(super) lock: File,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(self) -> std::io::Result<JoinHandle<()>> {
        std::thread::Builder::new().name("spool".to_owned()).spawn(move || self.run())
    }

    fn run(mut self) {
        while let Some(first) = self.requests.blocking_recv() {
            let mut batch = self.gather(first);
            let result = self.write(&mut batch);
            if matches!(result, Err(SpoolError::Full)) && batch.len() > 1 {
                // What removes something may still fit, and so may what is small.
                self.write_singly(batch);
            } else {
                self.answer(batch, result);
            }
        }
        self.tidy();
    }

    /// The first request and those that wait behind it.
    fn gather(&mut self, first: Request) -> Vec<Request> {
        let mut octets = first.change.weight();
        let mut batch = vec![first];
        while batch.len() < CHANGES && octets < OCTETS {
            let Ok(next) = self.requests.try_recv() else { break };
            octets += next.change.weight();
            batch.push(next);
        }
        batch
    }

    /// Makes the changes durable: all of them or none. Answers with how many recipients each has
    /// concerned.
    fn write(&mut self, batch: &mut [Request]) -> Result<Vec<u64>, SpoolError> {
        self.condition.check()?;
        match self.transact(batch) {
            Ok((concerned, unnamed)) => {
                self.condition.record_success();
                unnamed.iter().for_each(|name| self.folder.remove_body(name));
                Ok(concerned)
            }
            Err(error) => {
                let error = self.condition.record_sql(&error);
                // After any other error the commit may be on the disk: the files stay, and a
                // restart finds out which of them are named.
                if matches!(error, SpoolError::Full) {
                    batch.iter_mut().for_each(|request| request.change.unmake());
                }
                Err(error)
            }
        }
    }

    fn transact(&mut self, batch: &mut [Request]) -> rusqlite::Result<(Vec<u64>, Vec<String>)> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut concerned = Concerned::default();
        let (mut recipients, mut unnamed) = (Vec::with_capacity(batch.len()), Vec::new());
        for request in batch {
            let made = request.change.make(&transaction, &mut concerned)?;
            recipients.push(made.recipients);
            unnamed.extend(made.unnamed);
        }
        concerned.refresh(&transaction)?;
        transaction.commit()?;
        Ok((recipients, unnamed))
    }

    fn write_singly(&mut self, batch: Vec<Request>) {
        for request in batch {
            let mut alone = vec![request];
            let result = self.write(&mut alone);
            self.answer(alone, result);
        }
    }

    /// Leases end before the answer: who asked may ask for the next at once.
    fn answer(&self, batch: Vec<Request>, result: Result<Vec<u64>, SpoolError>) {
        let results: Vec<Result<u64, SpoolError>> = match result {
            Ok(concerned) => concerned.into_iter().map(Ok).collect(),
            Err(error) => batch.iter().map(|_| Err(error.clone())).collect(),
        };
        for (request, result) in batch.iter().zip(&results) {
            if let Change::Settle(settlement, _) = &request.change {
                self.leases.end(settlement, result);
            }
        }
        self.leases.plan.changed();
        for (Request { change, answer }, result) in batch.into_iter().zip(results) {
            // With it goes the file of a message that was refused.
            drop(change);
            // Whoever has gone away meanwhile has broken the connection, or stops.
            let _ = answer.send(result);
        }
    }

    /// Leaves a small, plain file to the next start. The log has everything already, so a failure
    /// loses nothing.
    fn tidy(self) {
        let tidied = self
            .connection
            .execute_batch("PRAGMA incremental_vacuum(8192); PRAGMA wal_checkpoint(TRUNCATE);");
        if let Err(error) = tidied {
            tracing::warn!(%error, "cannot tidy up the spool's database; nothing is lost");
        }
        drop(self.connection);
        drop(self.lock);
    }
}
