//! Messages and their recipients, as they come in.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Quarantine, Tags};
use crate::smtp::dsn::{MessageDsn, RecipientDsn};

/// A message's id: a UUID of version 7, so ids sort by time.
pub type MessageId = Uuid;

/// What is known of a message beside its recipients and body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Envelope {
    /// The id.
    #[schema(value_type = String, format = Uuid)]
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
    /// What the sender said of notifications (RFC 3461). The spool keeps it, and does not look into it.
    #[schema(value_type = Object)]
    pub dsn: MessageDsn,
    /// What filters have noted of it.
    #[serde(default)]
    #[schema(value_type = Vec<Vec<String>>)]
    pub tags: Tags,
    /// Why it is quarantined, or was before it was released.
    #[serde(default)]
    pub quarantine: Option<Quarantine>,
}

impl Envelope {
    /// Whether it is quarantined: not to be sent before an operator has said so.
    pub fn is_quarantined(&self) -> bool {
        self.quarantine.as_ref().is_some_and(|quarantine| quarantine.released.is_none())
    }

    /// Since when it waits to be delivered: since it was accepted, or released.
    pub fn waits_since(&self) -> Timestamp {
        self.quarantine.as_ref().and_then(|quarantine| quarantine.released).unwrap_or(self.received)
    }
}

/// A recipient of a new message.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRecipient {
    /// The forward-path.
    pub address: String,
    /// Its domain, a lower-case A-label, or an address literal: recipients of one domain are
    /// delivered together.
    pub domain: String,
    /// What the sender wants to be told (RFC 3461).
    pub dsn: RecipientDsn,
    /// When it must be looked at even though its destination is put off: a delay warning or its
    /// expiry is due then.
    pub attention: Timestamp,
}

/// A message that is made here: a bounce, a warning, a notice.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The envelope.
    pub envelope: Envelope,
    /// The recipients.
    pub recipients: Vec<NewRecipient>,
    /// The whole message, canonical CRLF.
    pub body: Bytes,
}
