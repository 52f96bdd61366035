//! What becomes of a message.

use serde::Serialize;

use super::{Edit, Reply, Strictness, Verdict};

/// At **message**: all of it has come, and it is not accepted yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// It is taken, with these changes.
    Accept(Vec<Edit>),
    /// It is taken, and goes to this address instead of its recipients.
    Redirect(String),
    /// It is taken and kept aside, for this reason.
    Quarantine(Reply),
    /// The client is told that it was taken; it goes nowhere, for this reason.
    Discard(Reply),
    /// Not now: `451`.
    Defer(Reply),
    /// No: `550`.
    Refuse(Reply),
}

impl Message {
    /// Takes the changes out of it: they are applied one filter after the other, and the rest is joined.
    pub fn take_edits(&mut self) -> Vec<Edit> {
        match self {
            Self::Accept(edits) => std::mem::take(edits),
            _ => Vec::new(),
        }
    }
}

impl Verdict for Message {
    fn strictness(&self) -> Strictness {
        match self {
            Self::Accept(_) => Strictness::Lax,
            Self::Redirect(_) => Strictness::Redirect,
            Self::Quarantine(_) => Strictness::Quarantine,
            Self::Discard(_) => Strictness::Discard,
            Self::Defer(_) => Strictness::Defer,
            Self::Refuse(_) => Strictness::Refuse,
        }
    }

    /// Of two redirections the one with the smaller place holds.
    fn merge(self, _: Self) -> Self {
        self
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accept",
            Self::Redirect(_) => "redirect",
            Self::Quarantine(_) => "quarantine",
            Self::Discard(_) => "discard",
            Self::Defer(_) => "defer",
            Self::Refuse(_) => "refuse",
        }
    }

    fn edits(&self) -> &[Edit] {
        match self {
            Self::Accept(edits) => edits,
            _ => &[],
        }
    }

    fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accept(_) | Self::Redirect(_) => None,
            Self::Quarantine(reply) | Self::Discard(reply) | Self::Defer(reply) | Self::Refuse(reply) => {
                Some(reply)
            }
        }
    }
}
