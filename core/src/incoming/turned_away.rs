//! The line of the log about what was not accepted. A session has so many of them: who is refused again and again
//! fills no disk.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use super::refusal::Refused;
use crate::observe::SessionId;
use crate::smtp::address::{ForwardPath, ReversePath};
use crate::spool::NewRecipient;

/// How many lines a session has at most.
const LINES: u32 = 20;

/// How many recipients are named at most.
const NAMED: usize = 10;

/// What was not accepted.
#[derive(Clone, Debug)]
pub(super) enum TurnedAway<'a> {
    /// MAIL.
    Sender(&'a ReversePath),
    /// RCPT.
    Recipient { sender: &'a ReversePath, recipient: &'a ForwardPath },
    /// The message.
    Message { sender: &'a ReversePath, recipients: &'a [NewRecipient] },
}

/// How many lines a session has had.
#[derive(Debug, Default)]
pub(super) struct Lines(AtomicU32);

impl Lines {
    /// Says who was turned away, by whom and with what reply.
    pub(super) fn say(&self, session: &SessionId, client: IpAddr, what: &TurnedAway<'_>, refused: &Refused) {
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        if before >= LINES {
            if before == LINES {
                tracing::info!(%session, %client, "more is refused in this session, and not logged");
            }
            return;
        }
        let (code, reply, by) = (refused.reply.code, &refused.reply, refused.decider());
        let (sender, to) = (what.sender(), what.to());
        let to = to.as_ref().map(tracing::field::display);
        let (what, end) = (what.word(), if refused.reply.is_permanent() { "refused" } else { "deferred" });
        tracing::info!(%session, %client, %sender, to, code, %reply, decided_by = by, "{what} {end}");
    }
}

impl TurnedAway<'_> {
    fn word(&self) -> &'static str {
        match self {
            Self::Sender(_) => "sender",
            Self::Recipient { .. } => "recipient",
            Self::Message { .. } => "message",
        }
    }

    fn sender(&self) -> &ReversePath {
        match self {
            Self::Sender(sender) | Self::Recipient { sender, .. } | Self::Message { sender, .. } => sender,
        }
    }

    fn to(&self) -> Option<String> {
        match self {
            Self::Sender(_) => None,
            Self::Recipient { recipient: ForwardPath::Mailbox(mailbox), .. } => Some(mailbox.to_string()),
            Self::Recipient { recipient: ForwardPath::Postmaster, .. } => Some("postmaster".to_owned()),
            Self::Message { recipients, .. } => Some(Named(recipients).to_string()),
        }
    }
}

/// Recipients by their addresses; of many the first.
pub(super) struct Named<'a>(pub(super) &'a [NewRecipient]);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, recipient) in self.0.iter().take(NAMED).enumerate() {
            let comma = if number > 0 { ", " } else { "" };
            write!(f, "{comma}{}", recipient.address)?;
        }
        match self.0.len().saturating_sub(NAMED) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
