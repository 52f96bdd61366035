//! What milters come to at the end of a message.

use waxseal_plugins::verdicts::Edit;

use crate::smtp::reply::Reply;

/// What milters come to at the end of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What each milter has changed, by its name, in the order in which it was applied.
    pub edits: Vec<(String, Vec<Edit>)>,
    /// What is to become of the message: the strictest that any of them said.
    pub disposition: Disposition,
}

/// What is to become of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Disposition {
    /// It goes on.
    #[default]
    Accept,
    /// It is kept for somebody to look at.
    Quarantine {
        /// Who said so.
        milter: String,
        /// Why, in the milter's words.
        reason: String,
    },
    /// It is accepted, and forgotten.
    Discard {
        /// Who said so.
        milter: String,
    },
    /// It is refused or deferred, as the code of the reply says.
    Deny {
        /// Who said so, or failed.
        milter: String,
        /// What the client is told.
        reply: Reply,
    },
}

impl Outcome {
    /// The stricter holds; the earlier one, where they are alike.
    pub(super) fn join(&mut self, disposition: Disposition) {
        if disposition.strictness() > self.disposition.strictness() {
            self.disposition = disposition;
        }
    }
}

impl Disposition {
    /// The word for it, in logs and metrics.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Quarantine { .. } => "quarantined",
            Self::Discard { .. } => "discarded",
            Self::Deny { reply, .. } if reply.code >= 500 => "refused",
            Self::Deny { .. } => "deferred",
        }
    }

    fn strictness(&self) -> u8 {
        match self {
            Self::Accept => 0,
            Self::Quarantine { .. } => 1,
            Self::Discard { .. } => 2,
            Self::Deny { reply, .. } if reply.code < 500 => 3,
            Self::Deny { .. } => 4,
        }
    }
}
