//! The embedded engine: small bodies in segments, large ones in files, and SQLite as the index of all.
//!
//! Everything that changes the queue passes through one thread, the writer. It takes as many changes
//! as are waiting, appends their bodies to a segment and syncs it, and commits one transaction that
//! names them. So a body is on the disk before a row says where, and nothing must be replayed at a
//! start. Reading goes on beside it. Who holds which lease is kept in memory.
//!
//! # Layout
//!
//! - `opening`, `recovery`, `folder`, `schema`, `migration`: a spool is opened
//! - `writer`, `batch`: changes made durable; `change`, `arrival`, `steering`: the changes;
//!   `books`, `destinations`, `inventory`: what they add up to
//! - `place`, `segments`, `body`, `reading`: bodies; `compaction`: space given back
//! - `choosing`, `due`, `attention`, `lease`, `fresh`, `plan`, `ending`: what is leased, and when
//! - `readers`, `listing`: queries beside the writer
//! - `quarantine`: what is kept until an operator has said something of it
//! - `checkpoint`: the database's log; `health`, `space`: what goes wrong

mod arrival;
mod attention;
mod batch;
mod body;
mod books;
mod change;
mod checkpoint;
mod choosing;
mod clock;
mod compaction;
mod destinations;
mod due;
mod ending;
mod folder;
mod fresh;
mod health;
mod inventory;
mod lease;
mod listing;
mod migration;
mod opening;
mod place;
mod plan;
mod quarantine;
mod read_only;
mod readers;
mod reading;
mod record;
mod recovery;
mod schema;
mod segments;
mod space;
mod steering;
mod writer;

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::oneshot;

pub use opening::{OpenError, Options};
pub(super) use place::Place;
pub use read_only::ReadOnly;

use self::arrival::Arrival;
use self::change::{Change, Settling};
use self::clock::{Advance, Advanced, Due, Watch};
use self::folder::Folder;
use self::health::Condition;
use self::inventory::Sums;
use self::lease::{Begun, Leases};
use self::quarantine::Ended;
use self::readers::Readers;
use self::reading::Bodies;
use self::space::{Left, Space};
use self::steering::Steering;
use self::writer::Request;
use super::{
    Body, BodyReader, BodyRef, BodyWriter, Control, DiskSpace, Envelope, Filter, Health, Lease, MessageId,
    NewRecipient, Page, Position, QuarantineFilter, QuarantinePage, Queued, QueuedDestination, Room,
    Settlement, Spool, SpoolError, Stats, Status, Unquarantine,
};

/// How long a settlement waits for space before it is tried again: at first, and at most.
const SPACE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How many recipients the operator's word reaches in one transaction: mail goes on meanwhile.
const AT_ONCE: usize = 1000;

/// The embedded engine.
#[derive(Debug)]
pub struct Embedded {
    folder: Folder,
    space: Arc<Space>,
    condition: Arc<Condition>,
    leases: Arc<Leases>,
    readers: Readers,
    bodies: Bodies,
    shared: Arc<Shared>,
    quarantine: quarantine::Room,
    watch: Watch,
    requests: Mutex<Option<Sender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer lets others see.
#[derive(Debug)]
struct Shared {
    sums: Mutex<Sums>,
}

impl Shared {
    fn new(sums: Sums) -> Self {
        Self { sums: Mutex::new(sums) }
    }

    fn sums(&self) -> Sums {
        *self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_sums(&self, sums: Sums) {
        *self.sums.lock().unwrap_or_else(PoisonError::into_inner) = sums;
    }
}

impl Embedded {
    /// Whether a message may come in.
    fn admit(&self) -> Result<(), SpoolError> {
        self.condition.check()?;
        match self.space.left() {
            Left::Enough => Ok(()),
            Left::TooLittle => Err(SpoolError::Full),
        }
    }

    /// Has a change made, and waits until it is durable. Whoever waits has the bodies in memory
    /// anyway: the writer's queue need not be bounded.
    async fn change(&self, change: Change) -> Result<u64, SpoolError> {
        self.condition.check()?;
        let (answer, answered) = oneshot::channel();
        let sent = match &*self.requests.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(requests) => requests.send(Request { change, answer }).is_ok(),
            None => false,
        };
        if !sent {
            return Err(closed());
        }
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// The clock was set back: what waits is due earlier, one destination after the other.
    async fn advance(&self, by: i64) -> Result<(), SpoolError> {
        tracing::warn!(seconds = by / 1_000_000_000, "the clock was set back: what waits is due earlier");
        let mut after = None;
        while let Some(destination) = self.readers.destination(after).await? {
            self.advance_one(&destination, by).await?;
            after = Some(destination);
        }
        Ok(())
    }

    async fn advance_one(&self, destination: &str, by: i64) -> Result<(), SpoolError> {
        let now = clock::now();
        let advance = |what| Change::Advance(Advance { destination: destination.to_owned(), by, now, what });
        self.change(advance(Advanced::PutOff)).await?;
        let mut after = Due { at: now, message: MessageId::max(), number: u32::MAX };
        loop {
            let due = self.readers.due_after(destination.to_owned(), after, AT_ONCE).await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = *last;
            self.change(advance(Advanced::Recipients(due))).await?;
        }
    }
}

#[async_trait]
impl Spool for Embedded {
    async fn begin(&self) -> Result<Box<dyn BodyWriter>, SpoolError> {
        self.admit()?;
        Ok(Box::new(body::Writer::new(
            self.folder.clone(),
            Arc::clone(&self.space),
            Arc::clone(&self.condition),
        )))
    }

    async fn commit(
        &self,
        envelope: Envelope,
        recipients: Vec<NewRecipient>,
        body: Body,
    ) -> Result<(), SpoolError> {
        self.admit()?;
        let quarantined = envelope.is_quarantined().then(|| body.size());
        let _entering =
            quarantined.map(|octets| self.quarantine.enter(self.shared.sums(), octets)).transpose()?;
        body::sync(&body, &self.folder, &self.condition).await?;
        // Due at once, even if the clock was set back.
        let due = record::nanoseconds(envelope.received.min(Timestamp::now()));
        let arrival = Arrival::new(envelope, recipients, body, due);
        self.change(Change::Add(Box::new(arrival))).await.map(|_| ())
    }

    async fn lease(&self, most: usize, room: Arc<dyn Room>) -> Result<Vec<Lease>, SpoolError> {
        self.condition.check()?;
        if let Some(by) = self.watch.set_back() {
            self.advance(by).await?;
        }
        let (now, leases) = (record::nanoseconds(Timestamp::now()), Arc::clone(&self.leases));
        let chosen = blocking(move || {
            let changes = leases.plan.changes();
            let mut guard = leases.choose();
            let chosen = choosing::choose(&mut guard.chooser, &leases, room.as_ref(), most, now)?;
            leases.plan.chosen(changes, chosen.next);
            Ok(leases.begin(chosen.leases))
        });
        chosen.await?.map(Begun::take).map_err(|error| readers::unreadable(&error))
    }

    async fn wait_due(&self) {
        self.leases.plan.wait().await;
    }

    async fn settle(&self, settlement: Settlement) -> Result<(), SpoolError> {
        let (mut pause, longest) = SPACE;
        loop {
            let (domain, attempt) = self.leases.claim(&settlement)?;
            let settling = Settling {
                message: settlement.message,
                outcomes: settlement.outcomes.clone(),
                domain,
                attempt,
                notices: settlement.notices.iter().map(Arrival::notice).collect(),
            };
            match self.change(Change::Settle(settling)).await {
                // What was delivered must be recorded, or it is delivered again: worth waiting.
                Err(SpoolError::Full) => tokio::time::sleep(pause).await,
                result => return result.map(|_| ()),
            }
            pause = longest.min(pause * 2);
        }
    }

    async fn put_off(&self, destination: &str, until: Option<(Timestamp, Status)>) -> Result<(), SpoolError> {
        let until = until.map(|(until, why)| (record::nanoseconds(until), why));
        self.change(Change::PutOff { destination: destination.to_owned(), until }).await.map(|_| ())
    }

    async fn open_body(&self, body: &BodyRef) -> Result<Box<dyn BodyReader>, SpoolError> {
        self.readers.open_body(&self.bodies, body).await
    }

    async fn message(
        &self,
        id: MessageId,
    ) -> Result<Option<(Arc<Envelope>, Vec<Queued>, BodyRef)>, SpoolError> {
        self.readers.message(&self.leases, id).await
    }

    async fn list(&self, filter: &Filter, after: Option<Position>, most: usize) -> Result<Page, SpoolError> {
        self.readers.list(&self.leases, filter, after, most).await
    }

    async fn destinations(
        &self,
        filter: &Filter,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<QueuedDestination>, SpoolError> {
        self.readers.destinations(&self.leases, filter, after, most).await
    }

    async fn control(&self, filter: &Filter, what: Control) -> Result<u64, SpoolError> {
        let (mut after, mut concerned) = (None, 0);
        loop {
            let page = self.readers.list(&self.leases, filter, after, AT_ONCE).await?;
            let recipients = page.recipients.iter().map(Queued::position);
            let now = record::nanoseconds(Timestamp::now());
            let steering = Steering { what, recipients: recipients.collect(), now };
            concerned += self.change(Change::Steer(steering)).await?;
            after = page.next;
            if after.is_none() {
                return Ok(concerned);
            }
        }
    }

    async fn quarantined(
        &self,
        filter: &QuarantineFilter,
        after: Option<MessageId>,
        most: usize,
    ) -> Result<QuarantinePage, SpoolError> {
        self.readers.quarantined(filter, after, most).await
    }

    async fn unquarantine(&self, id: MessageId, how: Unquarantine) -> Result<(), SpoolError> {
        match self.change(Change::Unquarantine(Ended { message: id, how, now: clock::now() })).await? {
            0 => Err(SpoolError::Unknown),
            _ => Ok(()),
        }
    }

    async fn stats(&self) -> Result<Stats, SpoolError> {
        Ok(self.shared.sums().stats(self.readers.due(clock::now()).await?))
    }

    fn health(&self) -> Health {
        match self.condition.health() {
            Health::Good if self.space.left() == Left::TooLittle => Health::Full,
            health => health,
        }
    }

    fn disk_space(&self) -> Option<DiskSpace> {
        self.space.of_disk()
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
