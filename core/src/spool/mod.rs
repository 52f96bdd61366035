//! The durable queue.
//!
//! The trait and its words are here; `embedded` is the engine: SQLite, large bodies in files. What
//! [`Spool::commit`] has answered with `Ok` is on stable storage: only then may `250` be said.

mod embedded;

pub use embedded::{Embedded, OpenError, Options, Position, Queued};

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waxseal_plugins::verdicts::EnhancedCode;

/// A message's id: a UUID of version 7, so ids sort by time.
pub type MessageId = Uuid;

/// What is known of a message beside its recipients and body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The id.
    pub id: MessageId,
    /// When it was accepted.
    pub received: Timestamp,
    /// The reverse-path; empty for the null sender.
    pub sender: String,
    /// The size of the body in octets, trace header included, in canonical CRLF form.
    pub size: u64,
    /// Whether the body has octets above 127, however it was declared: it then needs 8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// Whether the message needs SMTPUTF8 (RFC 6531), its addresses aside.
    pub smtp_utf8: bool,
}

/// A recipient of a new message.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecipient {
    /// The forward-path.
    pub address: String,
    /// Its domain, a lower-case A-label, or an address literal: recipients of one domain are
    /// delivered together.
    pub domain: String,
}

/// A message that is made here: a bounce.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The envelope.
    pub envelope: Envelope,
    /// The recipients.
    pub recipients: Vec<NewRecipient>,
    /// The whole message, canonical CRLF.
    pub body: Bytes,
}

/// What is due: one message for the recipients of one domain, leased to the caller until it is
/// settled.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The envelope.
    pub envelope: Arc<Envelope>,
    /// The recipients' domain.
    pub domain: String,
    /// The recipients that are due.
    pub recipients: Vec<LeasedRecipient>,
}

/// A recipient of a lease.
#[derive(Clone, Debug, PartialEq)]
pub struct LeasedRecipient {
    /// Its number in the message.
    pub number: u32,
    /// The forward-path.
    pub address: String,
    /// How many attempts were made before.
    pub attempts: u32,
    /// What the last attempt came to.
    pub last: Option<Status>,
}

/// What an attempt came to, in the words of a delivery status notification (RFC 3464).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The enhanced status code.
    pub code: EnhancedCode,
    /// The reason, in words a sender understands.
    pub reason: String,
    /// The host that said so, if one was reached.
    pub host: Option<String>,
    /// What the host said, word for word.
    pub reply: Option<String>,
}

/// What becomes of a leased recipient.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A host took it.
    Delivered,
    /// To be tried again.
    Deferred {
        /// When.
        due: Timestamp,
        /// Why.
        status: Status,
    },
    /// Given up.
    Failed {
        /// Why.
        status: Status,
    },
    /// Given back: the relay stops, or its policies were reloaded. No attempt is counted.
    Abandoned,
}

/// The outcomes of a lease, settled at once.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The message.
    pub message: MessageId,
    /// Each recipient's number and outcome.
    pub outcomes: Vec<(u32, Outcome)>,
    /// The bounce for those that failed: committed in the same transaction.
    pub bounce: Option<NewMessage>,
}

/// Why the spool did not do it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SpoolError {
    /// No space: `452 4.3.1`. Nothing of the message was kept.
    #[error("the spool is full")]
    Full,
    /// A write or sync failed: nothing is accepted until a restart. `421 4.3.0`.
    #[error("the spool has failed: {0}")]
    Failed(String),
    /// No such message.
    #[error("no such message")]
    Unknown,
}

/// How the spool is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Well.
    Good,
    /// No space.
    Full,
    /// A write or sync failed.
    Failed(String),
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Messages with at least one recipient.
    pub messages: u64,
    /// Recipients.
    pub recipients: u64,
    /// Recipients whose time has come.
    pub due: u64,
    /// Octets of bodies.
    pub octets: u64,
}

/// A body being written. Dropped before commit: gone.
#[async_trait]
pub trait BodyWriter: Send {
    /// Appends a chunk.
    async fn write(&mut self, chunk: Bytes) -> Result<(), SpoolError>;

    /// Closes it: on stable storage, if it is in a file of its own.
    async fn finish(self: Box<Self>) -> Result<Body, SpoolError>;
}

/// A body that was written, and belongs to no message yet.
#[derive(Debug)]
pub enum Body {
    /// Small: in memory.
    Inline(Bytes),
    /// Large: in a file, synced. Removed on drop unless it was committed.
    File(BodyFile),
}

/// A large body: a synced file that no message names yet.
#[derive(Debug)]
pub struct BodyFile {
    path: tempfile::TempPath,
    size: u64,
    checksum: u32,
}

/// A body being read, in chunks.
#[async_trait]
pub trait BodyReader: Send {
    /// The next chunk, at most 64 KiB; empty at the end.
    async fn read(&mut self) -> Result<Bytes, SpoolError>;
}

/// The durable queue.
#[async_trait]
pub trait Spool: Send + Sync + 'static {
    /// Begins a body; chunks flow in.
    async fn begin(&self) -> Result<Box<dyn BodyWriter>, SpoolError>;

    /// Takes responsibility for a message (RFC 5321 section 6.1): durable when it answers `Ok`,
    /// all recipients at once.
    async fn commit(
        &self,
        envelope: Envelope,
        recipients: Vec<NewRecipient>,
        body: Body,
    ) -> Result<(), SpoolError>;

    /// What is due, oldest first, at most so many leases.
    async fn lease(&self, most: usize) -> Result<Vec<Lease>, SpoolError>;

    /// Waits until something may be due. A hint, never the truth.
    async fn wait_due(&self);

    /// Settles a lease's recipients; durable when it answers `Ok`. The last final recipient
    /// removes message and body.
    async fn settle(&self, settlement: Settlement) -> Result<(), SpoolError>;

    /// Opens a body, from its start.
    async fn open_body(&self, id: MessageId) -> Result<Box<dyn BodyReader>, SpoolError>;

    /// What waits.
    async fn stats(&self) -> Result<Stats, SpoolError>;

    /// How it is.
    fn health(&self) -> Health;

    /// Ends it: everything committed is on disk, leases are free.
    async fn shutdown(&self);
}
