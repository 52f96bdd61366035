//! The embedded engine: SQLite, with large bodies in files beside it.
//!
//! Everything that changes the queue passes through one thread ([`writer`]), which makes as many
//! changes as are waiting in one synced transaction. Reading goes on beside it. Who holds which
//! lease is kept in memory.

mod body;
mod change;
mod due;
mod folder;
mod health;
mod lease;
mod readers;
mod record;
mod schema;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};

pub use readers::{Position, Queued};

use self::change::{Added, Change};
use self::folder::Folder;
use self::health::Condition;
use self::lease::{Begun, Leases};
use self::readers::Readers;
use self::writer::Request;
use super::{
    Body, BodyReader, BodyWriter, Envelope, Health, Lease, MessageId, NewRecipient, Settlement, Spool,
    SpoolError, Stats,
};

/// How long a settlement waits for space before it is tried again.
const SPACE: Duration = Duration::from_secs(1);

/// The embedded engine.
#[derive(Debug)]
pub struct Embedded {
    folder: Folder,
    options: Options,
    condition: Arc<Condition>,
    leases: Arc<Leases>,
    readers: Readers,
    changed: Arc<Notify>,
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// How the engine works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most leases of one domain at once, at least 1.
    pub leases_per_domain: usize,
    /// The most pages of the database, 8 KiB each.
    pub pages: u32,
}

impl Default for Options {
    fn default() -> Self {
        // SQLite's own limit of pages.
        Self { leases_per_domain: 20, pages: u32::MAX - 1 }
    }
}

/// Why the spool could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "the spool `{}` is in use by another process: one relay to a spool; stop the other relay, or give this \
         one a `data_dir` of its own",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be made, read or locked.
    #[error("cannot use the spool's folder `{}`: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the spool's database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A newer Waxseal has used it.
    #[error("the spool is of version {found}, and this relay knows version {known}: a newer one has used it")]
    TooNew {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The writer's thread cannot be started.
    #[error("cannot start the spool's writer: {0}")]
    Thread(#[source] io::Error),
}

impl Embedded {
    /// Opens the spool in a folder, which is made if need be.
    ///
    /// # Errors
    ///
    /// Another process uses it, or the disk does not let us.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::open_with(folder, Options::default())
    }

    /// Opens the spool with options.
    ///
    /// # Errors
    ///
    /// As [`Embedded::open`].
    pub fn open_with(folder: &Path, options: Options) -> Result<Self, OpenError> {
        let (folder, lock) = Folder::take(folder)?;
        let (connection, found) = schema::open_writer(&folder.database(), &options)?;
        if found > schema::VERSION {
            return Err(OpenError::TooNew { found, known: schema::VERSION });
        }
        folder.sync()?;
        folder.remove_orphans(&connection)?;
        let leases = Arc::new(Leases::none(schema::open_reader(&folder.database())?));
        let (condition, changed) = (Arc::new(Condition::good()), Arc::new(Notify::new()));
        let (sender, requests) = mpsc::channel(writer::QUEUE);
        let writer = writer::Writer {
            connection,
            requests,
            folder: folder.clone(),
            condition: Arc::clone(&condition),
            leases: Arc::clone(&leases),
            changed: Arc::clone(&changed),
            lock,
        };
        Ok(Self {
            writer: Mutex::new(Some(writer.start().map_err(OpenError::Thread)?)),
            readers: Readers::new(folder.clone()),
            requests: Mutex::new(Some(sender)),
            folder,
            options,
            condition,
            leases,
            changed,
        })
    }

    /// The recipients that wait, in the order of messages' ids: at most so many after a position,
    /// which is that of the last one of the page before.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn list(&self, after: Option<Position>, most: usize) -> Result<Vec<Queued>, SpoolError> {
        self.readers.list(after, most).await
    }

    /// A place in the writer's queue.
    async fn place(&self) -> Result<mpsc::OwnedPermit<Request>, SpoolError> {
        self.condition.check()?;
        let sender = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sender.ok_or_else(closed)?.reserve_owned().await.map_err(|_| closed())
    }

    /// Runs something on the connection that leases are chosen with.
    async fn choosing<T: Send + 'static>(
        &self,
        choice: impl FnOnce(&rusqlite::Connection, &Arc<Leases>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let leases = Arc::clone(&self.leases);
        let chosen = blocking(move || choice(&leases.choose(), &leases));
        chosen.await?.map_err(|error| readers::unreadable(&error))
    }

    /// How long until something may be due; `None` for nobody knows.
    async fn until_due(&self) -> Option<Duration> {
        self.condition.check().ok()?;
        let cap = self.options.leases_per_domain;
        match self.choosing(move |connection, leases| due::next_due(connection, leases, cap)).await {
            Ok(next) => {
                let wait = record::time(next?).duration_since(Timestamp::now());
                Some(wait.try_into().unwrap_or_default())
            }
            Err(error) => {
                tracing::warn!(%error, "cannot see what is due");
                Some(SPACE)
            }
        }
    }
}

#[async_trait]
impl Spool for Embedded {
    async fn begin(&self) -> Result<Box<dyn BodyWriter>, SpoolError> {
        self.condition.check()?;
        Ok(Box::new(body::Writer::new(self.folder.clone(), Arc::clone(&self.condition))))
    }

    async fn commit(
        &self,
        envelope: Envelope,
        recipients: Vec<NewRecipient>,
        body: Body,
    ) -> Result<(), SpoolError> {
        let place = self.place().await?;
        // Due at once, even if the clock was set back.
        let due = record::nanoseconds(envelope.received.min(Timestamp::now()));
        ask(place, Change::Add(Box::new(Added { envelope, recipients, body, due }))).await
    }

    async fn lease(&self, most: usize) -> Result<Vec<Lease>, SpoolError> {
        self.condition.check()?;
        let (now, limits) = (record::nanoseconds(Timestamp::now()), (most, self.options.leases_per_domain));
        self.choosing(move |connection, leases| {
            let chosen = due::choose(connection, leases, limits, now)?;
            Ok(leases.begin(chosen))
        })
        .await
        .map(Begun::take)
    }

    async fn wait_due(&self) {
        let changed = self.changed.notified();
        tokio::pin!(changed);
        // From here on no change is missed.
        changed.as_mut().enable();
        match self.until_due().await {
            Some(wait) => {
                let _ = tokio::time::timeout(wait, changed).await;
            }
            None => changed.await,
        }
    }

    async fn settle(&self, settlement: Settlement) -> Result<(), SpoolError> {
        loop {
            let place = self.place().await?;
            let claimed = self.leases.claim(settlement.clone())?;
            match ask(place, Change::Settle(claimed)).await {
                // What was delivered must be recorded, or it is delivered again: worth waiting.
                Err(SpoolError::Full) => tokio::time::sleep(SPACE).await,
                result => return result,
            }
        }
    }

    async fn open_body(&self, id: MessageId) -> Result<Box<dyn BodyReader>, SpoolError> {
        self.readers.open_body(id).await
    }

    async fn stats(&self) -> Result<Stats, SpoolError> {
        self.readers.stats(record::nanoseconds(Timestamp::now())).await
    }

    fn health(&self) -> Health {
        self.condition.health()
    }

    async fn shutdown(&self) {
        drop(self.requests.lock().unwrap_or_else(PoisonError::into_inner).take());
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && !matches!(blocking(move || writer.join()).await, Ok(Ok(())))
        {
            tracing::error!("the spool's writer has panicked");
        }
    }
}

/// Sends a change to the writer and waits until it is durable.
async fn ask(place: mpsc::OwnedPermit<Request>, change: Change) -> Result<(), SpoolError> {
    let (answer, answered) = oneshot::channel();
    place.send(Request { change, answer });
    answered.await.unwrap_or_else(|_| Err(closed()))
}

/// Runs blocking work on a thread for it.
async fn blocking<T: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<Result<T, E>, SpoolError> {
    let finished = tokio::task::spawn_blocking(work).await;
    finished.map_err(|error| SpoolError::Failed(format!("the spool's work was cut short: {error}")))
}

fn closed() -> SpoolError {
    SpoolError::Failed("the spool is closed".to_owned())
}

#[cfg(test)]
mod tests;
