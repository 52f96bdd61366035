//! Why a message, or one of its recipients, is not accepted: the few words of the metrics.

use super::session::Step;
use crate::smtp::reply::Reply;

/// Why, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A hook said so, or failed, or the relay held a row's terms.
    Policy,
    /// A filter said so of the message, or failed.
    Filter,
    /// A milter said so, or failed.
    Milter,
    /// Relaying is not allowed.
    Relay,
    /// Too large.
    Size,
    /// Too many recipients.
    Recipients,
    /// An address that needs SMTPUTF8, without it.
    Address,
    /// A bare CR or LF.
    Newlines,
    /// A mail loop.
    Loop,
    /// The spool is full, or has failed.
    Spool,
    /// It did not come to its end: the client was gone, or too slow.
    Cut,
}

/// What is not accepted: why, and what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: Refusal,
    pub(super) reply: Reply,
    /// Who said so, as in `filters/hours.rhai:4:9`; empty where it was the relay itself.
    by: String,
}

/// What a hook does not let on: what is said, and where that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Denied {
    pub(super) reply: Reply,
    pub(super) by: String,
}

impl From<Reply> for Denied {
    fn from(reply: Reply) -> Self {
        Self { reply, by: String::new() }
    }
}

impl Refusal {
    /// The word for it, in metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Filter => "filter",
            Self::Milter => "milter",
            Self::Relay => "relay",
            Self::Size => "size",
            Self::Recipients => "recipients",
            Self::Address => "address",
            Self::Newlines => "newlines",
            Self::Loop => "loop",
            Self::Spool => "spool",
            Self::Cut => "cut",
        }
    }

    /// Said like this.
    pub(super) fn saying(self, reply: Reply) -> Refused {
        Refused { why: self, reply, by: String::new() }
    }
}

impl Refused {
    /// Decided by somebody.
    pub(super) fn by(self, by: impl Into<String>) -> Self {
        Self { by: by.into(), ..self }
    }

    /// Who said so; where it was the relay itself, the word for why.
    pub(super) fn decider(&self) -> &str {
        if self.by.is_empty() { self.why.word() } else { &self.by }
    }

    /// What follows: a reply, and after 421 the end of the connection (RFC 5321 section 3.8).
    pub(super) fn step(self) -> Step {
        if self.reply.code == 421 { Step::Close(self.reply) } else { Step::Reply(self.reply) }
    }
}
