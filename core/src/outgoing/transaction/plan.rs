//! How an envelope is brought across, and what a host's no means. No I/O.

use super::content::Content;
use super::{After, Usage};
use crate::outgoing::problem::Problem;
use crate::smtp::capabilities::{Capabilities, Extension};
use crate::smtp::reply::Reply;

/// Whether the commands before the data go out at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// All in one write (RFC 2920 section 3.1).
    Pipelined,
    /// Each after the reply to the one before.
    Stepwise,
}

/// How the content goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By DATA, after its go-ahead.
    Data,
    /// In chunks, once the host has taken a recipient.
    Chunks,
    /// As one chunk, in one write with the commands: one round trip in all (RFC 3030 section 4.2). Where
    /// the host has closed meanwhile nobody could tell whether it has taken the message, so not over a
    /// connection that was idle.
    AtOnce,
}

/// How far the transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Up to the reply to MAIL.
    Envelope,
    /// Up to the go-ahead.
    Recipients,
    /// The content goes out.
    Content,
    /// The host is to confirm.
    Confirmation,
}

impl Pace {
    /// As the host allows it.
    pub(super) fn of(capabilities: &Capabilities) -> Self {
        if capabilities.offers(Extension::Pipelining) { Self::Pipelined } else { Self::Stepwise }
    }
}

impl Framing {
    /// As the host allows it.
    pub(super) fn of(capabilities: &Capabilities, (pace, usage): (Pace, Usage), content: &Content) -> Self {
        match (capabilities.offers(Extension::Chunking), pace, content) {
            (false, _, _) => Self::Data,
            (true, Pace::Pipelined, Content::Whole(_)) if usage != Usage::Rested => Self::AtOnce,
            (true, _, _) => Self::Chunks,
        }
    }
}

impl Phase {
    /// What was being done, for a problem.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Envelope | Self::Recipients => "naming sender and recipients",
            Self::Content => "sending the message",
            Self::Confirmation => "waiting for the host to confirm; the mail may arrive twice",
        }
    }
}

impl After {
    /// The word for it, for who follows.
    pub(in crate::outgoing) const fn word(self) -> &'static str {
        match self {
            Self::Reuse => "reuse",
            Self::Quit => "quit",
            Self::Throttled => "throttled",
            Self::Closing => "closing",
            Self::WantsTls => "wants_tls",
            Self::Drop => "broken",
            Self::Stale => "stale",
        }
    }
}

/// The code with which a host says that it closes the connection (RFC 5321 section 3.8).
pub(super) const CLOSING: u16 = 421;

/// Whether the host says that it has too much, and not that it dislikes this one envelope: an address
/// (X.1.X) or a message (X.6.X) is no matter of how much we send. A 421 is another matter.
pub(super) fn is_too_much(reply: &Reply) -> bool {
    let of_this_one = reply.enhanced.is_some_and(|code| matches!(code.subject, 1 | 2 | 6));
    !reply.is_permanent() && !of_this_one
}

/// Whether the host refuses what it would take over TLS (RFC 3207 section 4).
pub(super) fn wants_tls(reply: &Reply) -> bool {
    reply.code == 530 && reply.enhanced.is_none_or(|code| (code.subject, code.detail) == (7, 0))
}

/// The host's no to a recipient. A 552 here means too many recipients to many a host, and is to be
/// taken as 452 (RFC 5321 section 4.5.3.1.10).
pub(super) fn recipient_problem(reply: &Reply) -> Problem {
    if reply.code == 552 {
        let reply = Reply { code: 452, ..reply.clone() };
        return Problem::of_reply("the recipient", &reply);
    }
    Problem::of_reply("the recipient", reply)
}
