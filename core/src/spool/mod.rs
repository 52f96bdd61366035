//! The durable queue.
//!
//! The trait and its words are here; `embedded` is the engine: bodies in files of its own, SQLite as their index. What
//! [`Spool::commit`] has answered with `Ok` is on stable storage: only then may `250` be said.
//!
//! - `message`: messages and recipients as they come in; `body`: their bodies
//! - `lease`: what is due, handed out, and what became of it
//! - `queue`: what waits as an operator sees it, and what he may say of it
//! - `quarantine`: what is kept until he has said something of it; `tags`: what filters have noted
//! - `health`: what goes wrong
//! - `conformance`: what every engine must do

mod body;
#[cfg(test)]
mod conformance;
mod embedded;
mod headers;
mod health;
mod lease;
mod message;
mod quarantine;
mod queue;
mod tags;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

pub use body::{Body, BodyFile, BodyReader, BodyRef, BodyWriter};
pub use embedded::{Embedded, OpenError, Options, ReadOnly};
pub use headers::{headers, headers_in};
pub use health::{DiskSpace, Health, SpoolError, Stats};
pub use lease::{Lease, LeasedRecipient, Outcome, Purpose, Room, Settlement, Status};
pub use message::{Envelope, MessageId, NewMessage, NewRecipient};
pub use quarantine::{
    Quarantine, QuarantineFilter, QuarantineLimits, QuarantinePage, Quarantined, Unquarantine,
};
pub use queue::{
    Concern, Control, Filter, InvalidPosition, Page, Position, Queued, QueuedDestination, Standing,
};
pub use tags::{InvalidTag, Tags};

/// The durable queue.
#[async_trait]
pub trait Spool: Send + Sync + 'static {
    /// Begins a body; chunks flow in.
    async fn begin(&self) -> Result<Box<dyn BodyWriter>, SpoolError>;

    /// Takes responsibility for a message (RFC 5321 section 6.1): durable when it answers `Ok`,
    /// all recipients at once. A commit may be repeated: a message whose id is there is left as it is.
    /// One that is quarantined is kept like others, and is neither due nor waiting: there is no lease
    /// of it, and [`Spool::quarantined`] lists it.
    async fn commit(
        &self,
        envelope: Envelope,
        recipients: Vec<NewRecipient>,
        body: Body,
    ) -> Result<(), SpoolError>;

    /// What is due, at most so many leases: fair between destinations, oldest first within one, and
    /// with no more leases for a destination than it has room for. Leases to give up and overdue
    /// ones come besides, whatever the room is.
    async fn lease(&self, most: usize, room: Arc<dyn Room>) -> Result<Vec<Lease>, SpoolError>;

    /// Waits until something may be due that the last [`Spool::lease`] did not have. A hint, never
    /// the truth. Of room that a destination has since then the spool knows nothing: whoever gives
    /// it asks again.
    async fn wait_due(&self);

    /// Settles a lease's recipients; durable when it answers `Ok`. The last final recipient
    /// removes message and body. A settlement of a lease that is not held changes nothing.
    async fn settle(&self, settlement: Settlement) -> Result<(), SpoolError>;

    /// The destination is put off: nothing of it is leased for delivery before. What is leased
    /// already stays so. One row, whatever waits, and kept over a restart as long as something
    /// waits. `None` takes it back.
    async fn put_off(&self, destination: &str, until: Option<(Timestamp, Status)>) -> Result<(), SpoolError>;

    /// Opens a body, from its start.
    async fn open_body(&self, body: &BodyRef) -> Result<Box<dyn BodyReader>, SpoolError>;

    /// A message, its recipients that wait, and its body.
    async fn message(
        &self,
        id: MessageId,
    ) -> Result<Option<(Arc<Envelope>, Vec<Queued>, BodyRef)>, SpoolError>;

    /// The recipients that wait, in the order of messages' ids: at most so many after a position.
    async fn list(&self, filter: &Filter, after: Option<Position>, most: usize) -> Result<Page, SpoolError>;

    /// The destinations that something waits for, in the order of their names: at most so many after
    /// a name. What is counted is what the filter takes; of destinations without any there is nothing.
    async fn destinations(
        &self,
        filter: &Filter,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<QueuedDestination>, SpoolError>;

    /// Does as the operator says. Answers with how many recipients it concerned. Recipients that are
    /// leased are delivered meanwhile or not; what was said takes effect once their attempt has
    /// ended without delivery.
    async fn control(&self, filter: &Filter, what: Control) -> Result<u64, SpoolError>;

    /// What is quarantined, in the order of messages' ids: at most so many after one.
    async fn quarantined(
        &self,
        filter: &QuarantineFilter,
        after: Option<MessageId>,
        most: usize,
    ) -> Result<QuarantinePage, SpoolError>;

    /// Ends the quarantine of a message; durable when it answers `Ok`. What is released or bounced
    /// is due at once. [`SpoolError::Unknown`] where it is not quarantined, or not any more.
    async fn unquarantine(&self, id: MessageId, how: Unquarantine) -> Result<(), SpoolError>;

    /// What waits, and what is quarantined.
    async fn stats(&self) -> Result<Stats, SpoolError>;

    /// How it is.
    fn health(&self) -> Health;

    /// How much its disk has left; `None` where nobody can say.
    fn disk_space(&self) -> Option<DiskSpace> {
        None
    }

    /// Ends it: everything committed is on disk, leases are free.
    async fn shutdown(&self);
}
