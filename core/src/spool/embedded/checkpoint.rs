//! The database's log written back, beside the writer: it need not stop for it.
//!
//! A pass goes as far as the log was when it began, and the writer goes on meanwhile. The log is
//! begun anew only if all of it was written back between two commits; so once it is long, the writer
//! does the rest himself, which is little.
//!
//! Nothing is written back after an error: SQLite would sync again, be told that all is well, and
//! overwrite the log, which alone has what was lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use rusqlite::{Connection, Result};

use super::health::Condition;

/// A pass begins after so many rows were written, or so many transactions.
const ROWS: usize = 4096;
const TRANSACTIONS: usize = 256;

/// A log of so many pages is long.
const LONG: i64 = 4000;

/// Writes the log back.
#[derive(Debug)]
pub(super) struct Checkpoints {
    wake: Option<SyncSender<()>>,
    /// Pages of the log, as the last pass found it.
    log: Arc<AtomicI64>,
    thread: Option<JoinHandle<()>>,
    rows: usize,
    transactions: usize,
}

impl Checkpoints {
    /// Starts the thread, with a connection of its own.
    pub(super) fn start(connection: Connection, condition: Arc<Condition>) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let log = Arc::new(AtomicI64::new(0));
        let seen = Arc::clone(&log);
        let run = move || passes(&connection, &woken, &condition, &seen);
        let thread = Builder::new().name("spool-log".to_owned()).spawn(run)?;
        Ok(Self { wake: Some(wake), log, thread: Some(thread), rows: 0, transactions: 0 })
    }

    /// So many rows were committed.
    pub(super) fn committed(&mut self, rows: usize, connection: &Connection, condition: &Condition) {
        if self.log.load(Ordering::Relaxed) >= LONG {
            // Until all of it is done: another pass may be going on, or somebody reads.
            if pass(connection, condition).is_some_and(Passed::is_all) {
                self.log.store(0, Ordering::Relaxed);
            }
            return;
        }
        self.rows += rows;
        self.transactions += 1;
        if self.rows >= ROWS || self.transactions >= TRANSACTIONS {
            (self.rows, self.transactions) = (0, 0);
            // One that waits already is enough.
            let _ = self.wake.as_ref().map(|wake| wake.try_send(()));
        }
    }

    /// Ends the thread.
    pub(super) fn end(mut self) {
        drop(self.wake.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("what writes the spool's log back has panicked");
        }
    }
}

fn passes(connection: &Connection, woken: &Receiver<()>, condition: &Condition, log: &AtomicI64) {
    while woken.recv().is_ok() {
        if let Some(passed) = pass(connection, condition) {
            log.store(passed.log, Ordering::Relaxed);
        }
    }
}

/// What a pass came to.
#[derive(Clone, Copy)]
struct Passed {
    /// Pages of the log.
    log: i64,
    /// Those of them that are written back.
    done: i64,
}

impl Passed {
    fn is_all(self) -> bool {
        self.log == self.done
    }
}

/// One pass, unless another one goes on.
fn pass(connection: &Connection, condition: &Condition) -> Option<Passed> {
    condition.check().ok()?;
    let passed: Result<Option<Passed>> = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        let busy: bool = row.get(0)?;
        let passed = Passed { log: row.get(1)?, done: row.get(2)? };
        Ok((!busy).then_some(passed))
    });
    passed.unwrap_or_else(|error| {
        condition.record_checkpoint(&error);
        None
    })
}
