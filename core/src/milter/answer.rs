//! What a milter's answers come to at each step.

use waxseal_plugins::verdicts::EnhancedCode;

use super::command::Event;
use super::failure::Failure;
use super::response::Final;
use crate::smtp::reply::Reply;

/// What an answer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It goes on.
    Continue,
    /// The milter need not be asked again: of this message, or at the connection and EHLO of any.
    Accept,
    /// The message is to be accepted, and forgotten.
    Discard,
    /// The rest of the body is of no interest.
    Skip,
    /// The client is told this.
    Deny(Reply),
}

impl Answer {
    /// What an answer means to this event.
    ///
    /// # Errors
    ///
    /// The protocol does not have it there.
    pub(super) fn of(answer: Final, event: Event) -> Result<Self, Failure> {
        let unexpected = |sent| Failure::Unexpected { sent, event: event.word() };
        let of_connection = matches!(event, Event::Connect | Event::Helo | Event::Unknown);
        match answer {
            Final::Continue => Ok(Self::Continue),
            Final::Accept => Ok(Self::Accept),
            Final::Discard if of_connection => Err(unexpected("`discard`")),
            Final::Discard => Ok(Self::Discard),
            Final::Skip if event == Event::Body => Ok(Self::Skip),
            Final::Skip => Err(unexpected("`skip`")),
            Final::Reject => Ok(Self::Deny(rejected())),
            Final::TempFail => Ok(Self::Deny(deferred())),
            Final::Reply(reply) => Ok(Self::Deny(reply)),
            Final::Shutdown => Ok(Self::Deny(closed())),
            Final::ConnectionFailed => Err(Failure::OfItsOwn),
        }
    }
}

impl Answer {
    /// In a word, for who follows.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Accept => "accept",
            Self::Discard => "discard",
            Self::Skip => "skip",
            Self::Deny(_) => "deny",
        }
    }
}

/// What a milter says that has no words of its own.
fn rejected() -> Reply {
    Reply::new(550, Some(EnhancedCode::new(5, 7, 1)), "Refused by a filter")
}

/// Likewise.
fn deferred() -> Reply {
    Reply::new(451, Some(EnhancedCode::new(4, 7, 1)), "A filter does not take it now; try again later")
}

/// Likewise.
fn closed() -> Reply {
    Reply::new(421, Some(EnhancedCode::new(4, 7, 0)), "A filter does not serve you now; closing")
}

/// A milter failed, of which the client is told nothing else.
pub(super) fn failed() -> Reply {
    Reply::new(451, Some(EnhancedCode::new(4, 3, 0)), "A filter failed here; try again later")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_taken_where_the_protocol_has_it() {
        for event in Event::ALL {
            let of = |answer| Answer::of(answer, event).ok();
            assert_eq!(of(Final::Continue), Some(Answer::Continue));
            assert_eq!(of(Final::Accept), Some(Answer::Accept));
            assert_eq!(of(Final::Reject), Some(Answer::Deny(rejected())));
            assert_eq!(of(Final::TempFail), Some(Answer::Deny(deferred())));
            assert_eq!(of(Final::Shutdown), Some(Answer::Deny(closed())));
            assert_eq!(of(Final::ConnectionFailed), None);
            assert_eq!(of(Final::Skip).is_some(), event == Event::Body, "{event:?}");
            let of_message = !matches!(event, Event::Connect | Event::Helo | Event::Unknown);
            assert_eq!(of(Final::Discard).is_some(), of_message, "{event:?}");
        }
    }
}
