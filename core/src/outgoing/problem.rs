//! Why mail did not cross: an enhanced status code (RFC 3463), and words that a sender understands.

use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::verdicts::{EnhancedCode, Strictness, Verdict};

use crate::smtp::reply::Reply;
use crate::spool::Status;

/// A problem at one host, for one recipient or for all of them. The class of its code says whether
/// it is temporary (4) or permanent (5).
#[derive(Clone, Debug, PartialEq)]
pub struct Problem(Status);

impl Problem {
    /// It may be better next time. The code's class is made 4.
    pub fn temporary(code: EnhancedCode, reason: impl Into<String>) -> Self {
        Self(Status { code: code.in_class(4), reason: reason.into(), host: None, reply: None })
    }

    /// It stays. The code's class is made 5.
    pub fn permanent(code: EnhancedCode, reason: impl Into<String>) -> Self {
        Self(Status { code: code.in_class(5), reason: reason.into(), host: None, reply: None })
    }

    /// A host said no: 5xx for good, else for now. Without an enhanced code it is X.0.0, which
    /// RFC 3463 section 3.1 has for "other".
    pub fn of_reply(asked: &str, reply: &Reply) -> Self {
        let code = reply.enhanced.unwrap_or(EnhancedCode::new(4, 0, 0));
        let reason = format!("the host refused {asked}");
        let problem = if reply.is_permanent() {
            Self::permanent(code, reason)
        } else {
            Self::temporary(code, reason)
        };
        problem.saying(reply)
    }

    /// A hook said no, or failed. `usual` is the code of that hook where the script chose none.
    pub fn of_decision<V: Verdict>(decision: &Decision<V>, usual: EnhancedCode) -> Self {
        let place = &decision.answer.place;
        let reply = decision.outcome().reply();
        let code = reply.and_then(|reply| reply.code).unwrap_or(usual);
        match decision.outcome() {
            // Senders need not read a script's error; the operator finds it in the log.
            Outcome::Failure(_) => Self::temporary(
                EnhancedCode::new(4, 3, 0),
                format!("the relay's policy could not be evaluated (at {place})"),
            ),
            Outcome::Verdict(verdict) => {
                let text = reply.map_or("", |reply| reply.text.as_str());
                let text = if text.is_empty() { "the relay's policy forbids it" } else { text };
                let reason = format!("{text} (decided by {place})");
                match verdict.strictness() {
                    Strictness::Refuse => Self::permanent(code, reason),
                    _ => Self::temporary(code, reason),
                }
            }
        }
    }

    /// At this host.
    #[must_use]
    pub fn at(mut self, host: &str) -> Self {
        self.0.host = Some(host.to_owned());
        self
    }

    /// The host said this.
    #[must_use]
    pub fn saying(mut self, reply: &Reply) -> Self {
        self.0.reply = Some(reply.to_string());
        self
    }

    /// Whether it stays.
    pub fn is_permanent(&self) -> bool {
        self.0.code.class == 5
    }

    /// Whether it says more to a sender than the other: a temporary one decides over a permanent
    /// one, and a word of a host or policy says more than a network that failed (X.4.X).
    pub fn tells_more_than(&self, other: &Self) -> bool {
        let rank = |problem: &Self| (!problem.is_permanent(), problem.0.code.subject != 4);
        rank(self) > rank(other)
    }

    /// In the words of a delivery status notification.
    pub fn into_status(self) -> Status {
        self.0
    }

    /// In the words of a delivery status notification.
    pub fn status(&self) -> &Status {
        &self.0
    }
}
