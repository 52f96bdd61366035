//! Messages that are kept, and not sent before an operator has said so.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::queue::{has, is_address};
use super::{Envelope, MessageId, NewRecipient};

/// Why a message is quarantined, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quarantine {
    /// Why, in the words of the filter.
    pub reason: String,
    /// Who said so: the place of the line, as in `filters/cards.rhai:7:5`, or the name of a milter.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// When the operator has released it; `None` while it is quarantined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Timestamp>,
}

impl Quarantine {
    /// Begins now.
    pub fn begin(reason: impl Into<String>, by: impl Into<String>, now: Timestamp) -> Self {
        Self { reason: reason.into(), by: by.into(), since: now, released: None }
    }
}

/// How much may be quarantined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuarantineLimits {
    /// Messages.
    pub messages: u64,
    /// Octets of their bodies.
    pub octets: u64,
}

impl Default for QuarantineLimits {
    fn default() -> Self {
        Self { messages: 100_000, octets: 1 << 30 }
    }
}

/// A message that is quarantined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quarantined {
    /// The envelope; it says why.
    pub envelope: Envelope,
    /// For whom it is, in the order in which they were named.
    pub recipients: Vec<String>,
}

/// A page of what is quarantined.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuarantinePage {
    /// The messages that were asked for. They may be fewer than were wanted, even none, though more
    /// follow: a page looks at so many only.
    pub messages: Vec<Quarantined>,
    /// The message after which the next page begins; `None` at the end.
    pub next: Option<MessageId>,
}

/// Which quarantined messages: those that have everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct QuarantineFilter {
    /// This one.
    #[schema(value_type = Option<String>, format = Uuid)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub message: Option<MessageId>,
    /// From this sender: an address, `@` and a domain, or nothing for the null sender.
    pub sender: Option<String>,
    /// With this recipient: an address, or `@` and a domain.
    pub recipient: Option<String>,
    /// Whose reason has this in it, in upper or lower case.
    pub reason: Option<String>,
    /// Quarantined by what begins like this, as in `filters/cards.rhai`.
    pub by: Option<String>,
    /// Quarantined before this.
    pub before: Option<Timestamp>,
    /// Quarantined at this or after.
    pub since: Option<Timestamp>,
}

impl QuarantineFilter {
    /// Whether a message has everything that is set.
    pub fn matches(&self, quarantined: &Quarantined) -> bool {
        let Quarantined { envelope, recipients } = quarantined;
        let Some(quarantine) = &envelope.quarantine else { return false };
        let reason = || quarantine.reason.to_lowercase();
        has(self.message.as_ref(), |id| *id == envelope.id)
            && has(self.sender.as_ref(), |sender| is_address(sender, &envelope.sender))
            && has(self.recipient.as_ref(), |wanted| recipients.iter().any(|one| is_address(wanted, one)))
            && has(self.reason.as_ref(), |part| reason().contains(&part.to_lowercase()))
            && has(self.by.as_ref(), |by| quarantine.by.starts_with(by.as_str()))
            && has(self.before.as_ref(), |time| quarantine.since < *time)
            && has(self.since.as_ref(), |time| quarantine.since >= *time)
    }

    /// The ids that it can only be about.
    pub(super) fn ids(&self) -> RangeInclusive<MessageId> {
        self.message.map_or(MessageId::nil()..=MessageId::max(), |id| id..=id)
    }
}

/// How a message's quarantine ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Unquarantine {
    /// It is sent, as if it had come in now.
    Release {
        /// To whom; empty for those it came in for. Their time of attention is reckoned anew.
        to: Vec<NewRecipient>,
    },
    /// It is gone, and nobody is told.
    Remove,
    /// It fails, and its sender is told.
    Bounce,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::conformance::envelope;

    fn quarantined() -> Quarantined {
        let at = Timestamp::from_second(1000).unwrap();
        let quarantine = Some(Quarantine::begin("Card numbers", "filters/cards.rhai:7:5", at));
        let recipients = vec!["bob@one.example".to_owned(), "carol@two.example".to_owned()];
        Quarantined { envelope: Envelope { quarantine, ..envelope() }, recipients }
    }

    #[test]
    fn a_filter_takes_what_has_everything_that_is_set() {
        let (text, none) = (|text: &str| Some(text.to_owned()), QuarantineFilter::default());
        let time = |second| Timestamp::from_second(second).ok();
        let one = quarantined();
        let all = QuarantineFilter {
            message: Some(one.envelope.id),
            sender: text("@SENDER.example"),
            recipient: text("carol@two.example"),
            reason: text("card"),
            by: text("filters/cards.rhai"),
            before: time(1001),
            since: time(1000),
        };
        assert!(all.matches(&one) && none.matches(&one));
        let others = [
            QuarantineFilter { message: Some(MessageId::max()), ..none.clone() },
            QuarantineFilter { sender: text(""), ..none.clone() },
            QuarantineFilter { recipient: text("@three.example"), ..none.clone() },
            QuarantineFilter { reason: text("virus"), ..none.clone() },
            QuarantineFilter { by: text("cards"), ..none.clone() },
            QuarantineFilter { before: time(1000), ..none.clone() },
            QuarantineFilter { since: time(1001), ..none.clone() },
        ];
        for other in others {
            assert!(!other.matches(&one), "{other:?}");
        }
        let waiting = Envelope { quarantine: None, ..one.envelope.clone() };
        assert!(!none.matches(&Quarantined { envelope: waiting, ..one }));
    }
}
