//! The embedded engine: SQLite, with large bodies in files beside it.
//!
//! Everything that changes the queue passes through one thread ([`writer`]), which makes as many
//! changes as are waiting in one synced transaction. Reading goes on beside it. Who holds which
//! lease is kept in memory.

mod body;
mod change;
mod choosing;
mod destinations;
mod due;
mod folder;
mod health;
mod lease;
mod listing;
mod opening;
mod plan;
mod read_only;
mod readers;
mod record;
mod schema;
mod steering;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

pub use opening::{OpenError, Options};
pub use read_only::ReadOnly;

use self::change::{Added, Change};
use self::folder::Folder;
use self::health::Condition;
use self::lease::{Begun, Leases};
use self::readers::Readers;
use self::steering::{Lent, Steering};
use self::writer::Request;
use super::{
    Body, BodyReader, BodyRef, BodyWriter, Control, Envelope, Filter, Health, Lease, MessageId, NewRecipient,
    Page, Position, Queued, QueuedDestination, Room, Settlement, Spool, SpoolError, Stats, Status,
};

/// How long a settlement waits for space before it is tried again.
const SPACE: Duration = Duration::from_secs(1);

/// How many recipients the operator's word reaches in one transaction: mail goes on meanwhile.
const AT_ONCE: usize = 1000;

/// The embedded engine.
#[derive(Debug)]
pub struct Embedded {
    folder: Folder,
    options: Options,
    condition: Arc<Condition>,
    leases: Arc<Leases>,
    readers: Readers,
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Embedded {
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

    /// Lists a page, and what of it is leased.
    async fn page(&self, filter: &Filter, after: Option<Position>, most: usize) -> Result<Page, SpoolError> {
        let (leases, filter) = (Arc::clone(&self.leases), filter.clone());
        self.readers.read(move |connection| listing::list(connection, &leases, &filter, after, most)).await
    }

    /// Has a change made that concerns no lease.
    async fn change(&self, change: Change) -> Result<u64, SpoolError> {
        ask(self.place().await?, change).await
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
        ask(place, Change::Add(Box::new(Added { envelope, recipients, body, due }))).await.map(|_| ())
    }

    async fn lease(&self, most: usize, room: Arc<dyn Room>) -> Result<Vec<Lease>, SpoolError> {
        self.condition.check()?;
        let (now, leases) = (record::nanoseconds(Timestamp::now()), Arc::clone(&self.leases));
        let chosen = blocking(move || {
            let changes = leases.plan.changes();
            let mut chooser = leases.choose();
            let chosen = choosing::choose(&mut chooser, &leases, room.as_ref(), most, now)?;
            leases.plan.chosen(changes, chosen.next);
            Ok(leases.begin(chosen.leases))
        });
        chosen.await?.map(Begun::take).map_err(|error| readers::unreadable(&error))
    }

    async fn wait_due(&self) {
        self.leases.plan.wait().await;
    }

    async fn settle(&self, settlement: Settlement) -> Result<(), SpoolError> {
        loop {
            let place = self.place().await?;
            let attempt = self.leases.claim(&settlement)?;
            match ask(place, Change::Settle(settlement.clone(), attempt)).await {
                // What was delivered must be recorded, or it is delivered again: worth waiting.
                Err(SpoolError::Full) => tokio::time::sleep(SPACE).await,
                result => return result.map(|_| ()),
            }
        }
    }

    async fn put_off(&self, destination: &str, until: Option<(Timestamp, Status)>) -> Result<(), SpoolError> {
        let until = until.map(|(until, why)| (record::nanoseconds(until), why));
        self.change(Change::PutOff { destination: destination.to_owned(), until }).await.map(|_| ())
    }

    async fn open_body(&self, body: &BodyRef) -> Result<Box<dyn BodyReader>, SpoolError> {
        self.readers.open_body(body).await
    }

    async fn message(
        &self,
        id: MessageId,
    ) -> Result<Option<(Arc<Envelope>, Vec<Queued>, BodyRef)>, SpoolError> {
        let Some(envelope) = self.readers.envelope(id).await? else { return Ok(None) };
        let only = Filter { message: Some(id), ..Filter::default() };
        let page = self.page(&only, None, usize::MAX).await?;
        Ok(Some((envelope, page.recipients, BodyRef::of(id))))
    }

    async fn list(&self, filter: &Filter, after: Option<Position>, most: usize) -> Result<Page, SpoolError> {
        self.page(filter, after, most).await
    }

    async fn destinations(
        &self,
        filter: &Filter,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<QueuedDestination>, SpoolError> {
        let (leases, filter) = (Arc::clone(&self.leases), filter.clone());
        self.readers
            .read(move |connection| {
                listing::destinations(connection, &leases, &filter, after.as_deref(), most)
            })
            .await
    }

    async fn control(&self, filter: &Filter, what: Control) -> Result<u64, SpoolError> {
        let (mut after, mut concerned) = (None, 0);
        loop {
            let page = self.page(filter, after, AT_ONCE).await?;
            let lent = |queued: &Queued| if queued.leased { Lent::Leased } else { Lent::Free };
            let recipients = page.recipients.iter().map(|queued| (queued.position(), lent(queued)));
            let now = record::nanoseconds(Timestamp::now());
            let steering = Steering { what, recipients: recipients.collect(), now };
            concerned += self.change(Change::Steer(steering)).await?;
            after = page.next;
            if after.is_none() {
                return Ok(concerned);
            }
        }
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
async fn ask(place: mpsc::OwnedPermit<Request>, change: Change) -> Result<u64, SpoolError> {
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
