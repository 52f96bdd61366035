//! How the spool is, and what goes wrong.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why the spool did not do it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SpoolError {
    /// No space: `452 4.3.1`. Nothing of the message was kept.
    #[error("the spool is full")]
    Full,
    /// The message is to be quarantined, and so much is already: `452 4.3.1`. Others are taken.
    #[error("the quarantine is full")]
    QuarantineFull,
    /// A write or sync failed: nothing is accepted until a restart. `421 4.3.0`.
    #[error("the spool has failed: {0}")]
    Failed(String),
    /// The body is not what was written. Only this message is concerned.
    #[error("{0}")]
    Damaged(String),
    /// No such message.
    #[error("no such message")]
    Unknown,
    /// The lease is not held any more: somebody else may have it. Nothing was changed.
    #[error("the lease is not held any more")]
    LeaseLost,
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

/// How much the disk of the spool has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiskSpace {
    /// Octets that are free.
    pub free: u64,
    /// Octets that must be: with less, no mail is accepted.
    pub needed: u64,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Messages with at least one recipient.
    pub messages: u64,
    /// Recipients.
    pub recipients: u64,
    /// Recipients whose time has come, and whose destination is not put off; counted up to 10 000.
    pub due: u64,
    /// Recipients that the operator holds.
    pub held: u64,
    /// Octets of bodies.
    pub octets: u64,
    /// Messages that are quarantined: none of them is counted above.
    pub quarantined: u64,
    /// Octets of their bodies.
    pub quarantined_octets: u64,
}
