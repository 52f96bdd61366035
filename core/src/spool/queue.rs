//! The queue as an operator sees it and acts on it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{MessageId, Status};

/// A recipient that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Queued {
    /// The message.
    #[schema(value_type = String, format = Uuid)]
    pub message: MessageId,
    /// The recipient's number in the message.
    pub number: u32,
    /// The reverse-path; empty for the null sender.
    pub sender: String,
    /// The forward-path.
    pub address: String,
    /// Its domain: the destination.
    pub domain: String,
    /// When the message was accepted.
    pub received: Timestamp,
    /// The size of the message in octets.
    pub size: u64,
    /// What the operator said of it.
    pub standing: Standing,
    /// Whether it is being delivered now.
    pub leased: bool,
    /// When the next attempt is due; of one that is held it says nothing.
    pub due: Timestamp,
    /// How many attempts were made.
    pub attempts: u32,
    /// What the last attempt came to.
    pub last: Option<Status>,
}

impl Queued {
    /// Its place in the list.
    pub fn position(&self) -> Position {
        Position { message: self.message, number: self.number }
    }
}

/// What the operator said of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing: it is delivered when it is due.
    Waiting,
    /// Held until it is released. It does not expire meanwhile.
    Held,
    /// To fail.
    GivenUp,
    /// To be removed once its attempt has ended.
    Removed,
}

/// A place in the list of the queue: a message and the number of a recipient. Written `ID/NUMBER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Position {
    /// The message.
    #[schema(value_type = String, format = Uuid)]
    pub message: MessageId,
    /// The recipient's number in it.
    pub number: u32,
}

/// A page of the list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The recipients that were asked for. They may be fewer than were wanted, even none, though
    /// more follow: a page looks at so many only.
    pub recipients: Vec<Queued>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Position>,
}

/// What waits for one destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueuedDestination {
    /// The domain.
    pub domain: String,
    /// Messages.
    pub messages: u64,
    /// Recipients.
    pub recipients: u64,
    /// Those of them that the operator holds.
    pub held: u64,
    /// Those of them that are being delivered now.
    pub leased: u64,
    /// When the oldest message was accepted.
    pub oldest: Timestamp,
    /// When the next attempt is due; `None` where all are held.
    pub due: Option<Timestamp>,
    /// Until when the destination is put off, and why.
    pub put_off: Option<(Timestamp, Status)>,
    /// What the last attempt of one of them came to.
    pub last: Option<Status>,
}

/// Which recipients: those that have everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, IntoParams, ToSchema)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Of this message.
    #[schema(value_type = Option<String>, format = Uuid)]
    #[param(value_type = Option<String>, format = Uuid)]
    pub message: Option<MessageId>,
    /// For this domain.
    pub domain: Option<String>,
    /// From this sender: an address, `@` and a domain, or nothing for the null sender.
    pub sender: Option<String>,
    /// For this recipient: an address, or `@` and a domain.
    pub recipient: Option<String>,
    /// About which this host spoke last.
    pub host: Option<String>,
    /// Accepted before this.
    pub received_before: Option<Timestamp>,
    /// Accepted at this or after.
    pub received_after: Option<Timestamp>,
    /// Of this standing.
    pub standing: Option<Standing>,
    /// Whose last attempt came to this.
    pub concern: Option<Concern>,
}

/// What a status is a matter of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// Of TLS: see [`Status::concerns_tls`].
    Tls,
}

/// What the operator says of recipients. One that is being delivered meanwhile is delivered, or
/// what was said takes effect once its attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// Due now. The destinations concerned are not put off any more.
    Retry,
    /// Not to be tried, warned about or given up until it is released.
    Hold,
    /// What was held is due now.
    Release,
    /// Gone, and nobody is told.
    Remove,
    /// To fail, and the sender is told.
    Bounce,
}

impl Filter {
    /// Whether a recipient has everything that is set.
    pub fn matches(&self, queued: &Queued) -> bool {
        let last = queued.last.as_ref();
        has(self.message.as_ref(), |id| *id == queued.message)
            && has(self.domain.as_ref(), |domain| domain.eq_ignore_ascii_case(&queued.domain))
            && has(self.sender.as_ref(), |sender| is_address(sender, &queued.sender))
            && has(self.recipient.as_ref(), |recipient| is_address(recipient, &queued.address))
            && has(self.host.as_ref(), |host| last.is_some_and(|last| is_host(host, last)))
            && has(self.received_before.as_ref(), |time| queued.received < *time)
            && has(self.received_after.as_ref(), |time| queued.received >= *time)
            && has(self.standing.as_ref(), |standing| *standing == queued.standing)
            && has(self.concern.as_ref(), |Concern::Tls| last.is_some_and(Status::concerns_tls))
    }

    /// Whether it asks for nothing that a destination alone could not answer.
    pub(super) fn is_of_destinations(&self) -> bool {
        Self { domain: None, ..self.clone() } == Self::default()
    }
}

pub(super) fn has<T>(wanted: Option<&T>, is_so: impl FnOnce(&T) -> bool) -> bool {
    wanted.is_none_or(is_so)
}

pub(super) fn is_address(wanted: &str, address: &str) -> bool {
    let domain = || address.rfind('@').and_then(|at| address.get(at..)).unwrap_or_default();
    let found = if wanted.starts_with('@') { domain() } else { address };
    wanted.eq_ignore_ascii_case(found)
}

fn is_host(wanted: &str, last: &Status) -> bool {
    last.host.as_ref().is_some_and(|host| host.eq_ignore_ascii_case(wanted))
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.message, self.number)
    }
}

/// A text that is no place in the list of the queue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place in the list of the queue: write it as the page before has said it")]
pub struct InvalidPosition(pub String);

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let invalid = || InvalidPosition(text.to_owned());
        let (message, number) = text.split_once('/').ok_or_else(invalid)?;
        Ok(Self {
            message: message.parse().map_err(|_| invalid())?,
            number: number.parse().map_err(|_| invalid())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::verdicts::EnhancedCode;

    use super::*;

    fn queued() -> Queued {
        Queued {
            message: MessageId::nil(),
            number: 3,
            sender: "Alice@Sender.example".to_owned(),
            address: "bob@one.example".to_owned(),
            domain: "one.example".to_owned(),
            received: Timestamp::UNIX_EPOCH,
            size: 5,
            standing: Standing::Waiting,
            leased: false,
            due: Timestamp::UNIX_EPOCH,
            attempts: 1,
            last: Some(Status {
                code: EnhancedCode::new(4, 7, 5),
                reason: "the handshake failed".to_owned(),
                host: Some("mx.example".to_owned()),
                reply: None,
                way: None,
                failure: None,
            }),
        }
    }

    #[test]
    fn a_filter_takes_what_has_everything_that_is_set() {
        let text = |text: &str| Some(text.to_owned());
        let none = Filter::default();
        let all = Filter {
            message: Some(MessageId::nil()),
            domain: text("ONE.example"),
            sender: text("alice@sender.example"),
            recipient: text("@one.example"),
            host: text("mx.example"),
            received_before: Some(Timestamp::MAX),
            received_after: Some(Timestamp::UNIX_EPOCH),
            standing: Some(Standing::Waiting),
            concern: Some(Concern::Tls),
        };
        assert!(none.matches(&queued()) && all.matches(&queued()));
        let others = [
            Filter { message: Some(MessageId::max()), ..none.clone() },
            Filter { domain: text("two.example"), ..none.clone() },
            Filter { sender: text("sender.example"), ..none.clone() },
            Filter { sender: text(""), ..none.clone() },
            Filter { recipient: text("ob@one.example"), ..none.clone() },
            Filter { host: text("mx2.example"), ..none.clone() },
            Filter { received_before: Some(Timestamp::UNIX_EPOCH), ..none.clone() },
            Filter { received_after: Some(Timestamp::MAX), ..none.clone() },
            Filter { standing: Some(Standing::Held), ..none.clone() },
        ];
        for other in others {
            assert!(!other.matches(&queued()), "{other:?}");
        }
        let untried = Queued { last: None, ..queued() };
        assert!(!Filter { concern: Some(Concern::Tls), ..none }.matches(&untried));
    }

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let position = Position { message: MessageId::now_v7(), number: 7 };
        assert_eq!(position.to_string().parse(), Ok(position));
        assert!("7".parse::<Position>().is_err());
        assert!(format!("{}/-1", position.message).parse::<Position>().is_err());
    }
}
