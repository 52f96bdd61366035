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
mod opening;
mod readers;
mod record;
mod schema;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};

pub use opening::{OpenError, Options};
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

/// How long to wait at most for what is due later: the clock may be set forward meanwhile, and a
/// wait is measured by another one.
const CLOCK: Duration = Duration::from_secs(60);

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

impl Embedded {
    /// The recipients that wait, in the order of messages' ids: at most so many after a position,
    /// which is that of the last one of the page before.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn list(&self, after: Option<Position>, most: usize) -> Result<Vec<Queued>, SpoolError> {
        self.readers.list(after, most).await
    }

    /// Whether a message may come in.
    fn admit(&self) -> Result<(), SpoolError> {
        self.condition.check()?;
        if self.folder.has_room(self.options.reserve) { Ok(()) } else { Err(SpoolError::Full) }
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
        self.admit()?;
        Ok(Box::new(body::Writer::new(self.folder.clone(), Arc::clone(&self.condition))))
    }

    async fn commit(
        &self,
        envelope: Envelope,
        recipients: Vec<NewRecipient>,
        body: Body,
    ) -> Result<(), SpoolError> {
        self.admit()?;
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
                let _ = tokio::time::timeout(wait.min(CLOCK), changed).await;
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
        match self.condition.health() {
            Health::Good if !self.folder.has_room(self.options.reserve) => Health::Full,
            health => health,
        }
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
