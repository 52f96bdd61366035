//! What is due, handed out to be delivered, and what became of it.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use waxseal_plugins::verdicts::EnhancedCode;

use super::{BodyRef, Envelope, MessageId, NewMessage};
use crate::smtp::dsn::RecipientDsn;

/// How many leases a destination may have now: the word of whoever delivers. The spool asks while
/// it chooses, so answers come from memory.
pub trait Room: Send + Sync {
    /// The most leases that this destination may have at once, those that it has already counted
    /// in; 0 leaves it out.
    fn leases(&self, destination: &str) -> usize;
}

/// One message for the recipients of one domain, leased to the caller until it is settled.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The envelope.
    pub envelope: Arc<Envelope>,
    /// The recipients' domain: the destination.
    pub domain: String,
    /// The recipients that it is for.
    pub recipients: Vec<LeasedRecipient>,
    /// What is to be done.
    pub purpose: Purpose,
    /// Where the body is.
    pub body: BodyRef,
    /// Which lease it is. A settlement names it, and counts only while the lease is held.
    pub epoch: u64,
}

/// What a lease is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// An attempt.
    Deliver,
    /// The operator said so: it fails, without an attempt.
    GiveUp,
    /// Its destination is put off, and its time of attention has come: it is deferred with a
    /// warning or fails, without an attempt.
    Overdue {
        /// Why the destination is put off.
        why: Status,
    },
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
    /// What the sender wants to be told (RFC 3461).
    pub dsn: RecipientDsn,
    /// When it must be looked at even though its destination is put off.
    pub attention: Timestamp,
}

/// What an attempt came to, in the words of a delivery status notification (RFC 3464).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = DeliveryStatus)]
pub struct Status {
    /// The enhanced status code (RFC 3463).
    #[schema(value_type = String, example = "4.7.5")]
    pub code: EnhancedCode,
    /// The reason, in words a sender understands.
    pub reason: String,
    /// The host that said so, if one was reached.
    pub host: Option<String>,
    /// What the host said, word for word.
    pub reply: Option<String>,
    /// The way that the message went, in words, if a filter chose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<String>,
    /// Why a policy or filter of ours failed, for operators: neither the host nor the sender is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<str>>,
}

impl Status {
    /// The reason with all that an operator may know of it.
    pub fn in_full(&self) -> Cow<'_, str> {
        match &self.failure {
            None => Cow::Borrowed(&self.reason),
            Some(failure) => Cow::Owned(format!("{}: {failure}", self.reason)),
        }
    }

    /// Whether TLS is what it is about: by the codes of RFC 3463 section 3.8 for a missing feature, a
    /// cryptographic failure and a weak algorithm, and RFC 5248's for encryption needed.
    pub fn concerns_tls(&self) -> bool {
        self.code.subject == 7 && matches!(self.code.detail, 4 | 5 | 6 | 10 | 11)
    }
}

/// What becomes of a leased recipient.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A host took it.
    Delivered,
    /// To be tried again. It counts as an attempt where the lease was for one.
    Deferred {
        /// When.
        due: Timestamp,
        /// Why.
        status: Status,
        /// When it must be looked at even though its destination is put off.
        attention: Timestamp,
    },
    /// Given up.
    Failed {
        /// Why.
        status: Status,
    },
    /// Given back: the relay stops, its policies were reloaded, or the host has no place. No
    /// attempt is counted.
    Abandoned,
}

/// The outcomes of a lease, settled at once.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The message.
    pub message: MessageId,
    /// The lease.
    pub epoch: u64,
    /// Each recipient's number and outcome.
    pub outcomes: Vec<(u32, Outcome)>,
    /// Bounces, warnings and notices about them: committed in the same transaction.
    pub notices: Vec<NewMessage>,
}
