//! How a delivery or reception ends.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::facts::Row;
use crate::place::Place;
use crate::verdicts::EnhancedCode;

/// How it ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct End {
    /// What becomes of the mail.
    pub fate: Fate,
    /// The enhanced code (RFC 3463) of what is said; `None` where the mail crosses.
    pub code: Option<EnhancedCode>,
    /// Incoming: the reply's code; 0 where nothing is said.
    pub smtp: u16,
    /// What is said, in words; empty where the mail crosses.
    pub text: String,
    /// Whether the mail crosses an encrypted connection.
    pub encrypted: bool,
    /// Whether the peer's certificate was verified.
    pub verified: bool,
    /// Where it was decided; `None` where the network decided.
    pub decided_by: Option<Place>,
    /// The row that decided.
    pub row: Arc<Row>,
    /// Outgoing: the host that took the mail, or said most about why not.
    pub host: String,
}

/// What becomes of the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Outgoing: it is sent over an encrypted connection.
    SentEncrypted,
    /// Outgoing: it is sent in clear.
    SentClear,
    /// Outgoing: it waits, and is tried again.
    Waits,
    /// Outgoing: it goes back to its sender.
    Returned,
    /// Incoming: it is taken over an encrypted connection.
    TakenEncrypted,
    /// Incoming: it is taken in clear.
    TakenClear,
    /// Incoming: it is taken, and goes to another address.
    Redirected,
    /// Incoming: it is taken, and kept aside.
    Quarantined,
    /// Incoming: the client is told that it is taken; it is forgotten.
    Discarded,
    /// Incoming: a 4xx reply; the client tries again.
    Deferred,
    /// Incoming: a 5xx reply.
    Refused,
    /// Incoming: the connection ends without a word.
    Closed,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::SentEncrypted,
        Self::SentClear,
        Self::Waits,
        Self::Returned,
        Self::TakenEncrypted,
        Self::TakenClear,
        Self::Redirected,
        Self::Quarantined,
        Self::Discarded,
        Self::Deferred,
        Self::Refused,
        Self::Closed,
    ];

    /// The word for it in tests.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SentEncrypted => "sent_encrypted",
            Self::SentClear => "sent_clear",
            Self::Waits => "waits",
            Self::Returned => "returned",
            Self::TakenEncrypted => "taken_encrypted",
            Self::TakenClear => "taken_clear",
            Self::Redirected => "redirected",
            Self::Quarantined => "quarantined",
            Self::Discarded => "discarded",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::Closed => "closed",
        }
    }

    /// What it is, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SentEncrypted => "sent encrypted",
            Self::SentClear => "sent in clear",
            Self::Waits => "waits",
            Self::Returned => "returned to the sender",
            Self::TakenEncrypted => "taken encrypted",
            Self::TakenClear => "taken in clear",
            Self::Redirected => "taken, and redirected",
            Self::Quarantined => "taken, and quarantined",
            Self::Discarded => "taken, and discarded",
            Self::Deferred => "put off",
            Self::Refused => "refused",
            Self::Closed => "connection closed",
        }
    }

    /// Whether the mail crosses the connection.
    pub const fn crosses(self) -> bool {
        !matches!(self, Self::Waits | Self::Returned | Self::Deferred | Self::Refused | Self::Closed)
    }
}

impl Serialize for Fate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
