//! What a sender asked to be told: RFC 3461, as parameters of MAIL and RCPT say it.

use serde::{Deserialize, Serialize};

/// What MAIL said of notifications. The default is that it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageDsn {
    /// How much of the message comes back with a bounce: RFC 3461 section 4.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ret: Option<Ret>,
    /// The sender's own name for the message, decoded: RFC 3461 section 4.4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envid: Option<String>,
}

/// How much of the message comes back with a bounce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ret {
    /// All of it.
    Full,
    /// Its headers.
    Headers,
}

/// What RCPT said of notifications. The default is that it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientDsn {
    /// What the sender is to be told: RFC 3461 section 4.1.
    #[serde(default)]
    pub notify: Notify,
    /// The recipient as the sender wrote it first: RFC 3461 section 4.2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<OriginalRecipient>,
}

/// What the sender is to be told of a recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notify {
    /// What is usual: failures, and long delays.
    #[default]
    Unspecified,
    /// Nothing, whatever happens.
    Never,
    /// Exactly this.
    On {
        /// That it was delivered.
        success: bool,
        /// That it takes long.
        delay: bool,
        /// That it was given up.
        failure: bool,
    },
}

impl Notify {
    /// Whether the sender wants to hear of success.
    pub fn of_success(self) -> bool {
        matches!(self, Self::On { success: true, .. })
    }

    /// Whether the sender wants to hear of delay.
    pub fn of_delay(self) -> bool {
        matches!(self, Self::Unspecified | Self::On { delay: true, .. })
    }

    /// Whether the sender wants to hear of failure.
    pub fn of_failure(self) -> bool {
        matches!(self, Self::Unspecified | Self::On { failure: true, .. })
    }
}

/// A recipient as the sender wrote it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalRecipient {
    /// The type of the address, as registered: `rfc822`, `utf-8`.
    pub kind: String,
    /// The address, decoded.
    pub address: String,
}
