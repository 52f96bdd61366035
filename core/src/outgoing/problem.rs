//! Why mail did not cross: an enhanced status code (RFC 3463), and words that a sender understands.

use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::{EnhancedCode, Reply as Said, Strictness, Verdict};

use crate::smtp::reply::Reply;
use crate::spool::Status;
use crate::tls::denied::Denied;

/// The longest text of a failure that is kept, in characters.
const FAILURE: usize = 500;

/// A problem at one host, for one recipient or for all of them. The class of its code says whether
/// it is temporary (4) or permanent (5).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem(Status);

impl Problem {
    /// It may be better next time. The code's class is made 4.
    pub(super) fn temporary(code: EnhancedCode, reason: impl Into<String>) -> Self {
        Self(Status {
            code: code.in_class(4),
            reason: reason.into(),
            host: None,
            reply: None,
            way: None,
            failure: None,
        })
    }

    /// It stays. The code's class is made 5.
    pub(super) fn permanent(code: EnhancedCode, reason: impl Into<String>) -> Self {
        Self(Status { code: code.in_class(5), ..Self::temporary(code, reason).0 })
    }

    /// What was found out of the destination lately, and is still so.
    pub(super) fn of_status(status: &Status) -> Self {
        Self(Status { code: status.code.in_class(4), ..status.clone() })
    }

    /// A host said no: 5xx for good, else for now. Without an enhanced code it is X.0.0, which
    /// RFC 3463 section 3.1 has for "other".
    pub(super) fn of_reply(asked: &str, reply: &Reply) -> Self {
        let code = reply.enhanced.unwrap_or(EnhancedCode::new(4, 0, 0));
        let reason = format!("the host refused {asked}");
        let problem =
            if reply.is_permanent() { Self::permanent(code, reason) } else { Self::temporary(code, reason) };
        Self(Status { reply: Some(reply.to_string()), ..problem.0 })
    }

    /// A hook ruled the host out for now.
    pub(super) fn deferred(denied: &Denied) -> Self {
        let problem = Self::temporary(code_of(&denied.reply), words(&denied.reply, &denied.place));
        problem.since(denied.failure.as_deref())
    }

    /// A hook ruled the host out for good.
    pub(super) fn refused(denied: &Denied) -> Self {
        Self::permanent(code_of(&denied.reply), words(&denied.reply, &denied.place))
    }

    /// The `mail` or `route` hook did not let the message on; `None` where it did.
    pub(super) fn of_decision<V: Verdict>(decision: &Decision<V>) -> Option<Self> {
        let place = &decision.answer.place;
        let said = decision.outcome().reply().cloned().unwrap_or_default();
        match decision.outcome() {
            // A sender cannot mend a script: only the operator is told what is wrong with it.
            Outcome::Failure(failure) => {
                let reason = format!("a policy of this relay failed (at {place})");
                let problem = Self::temporary(EnhancedCode::new(4, 3, 0), reason);
                Some(problem.since(Some(&failure.message)))
            }
            Outcome::Verdict(verdict) => match verdict.strictness() {
                Strictness::Defer => Some(Self::temporary(code_of(&said), words(&said, place))),
                Strictness::Refuse => Some(Self::permanent(code_of(&said), words(&said, place))),
                _ => None,
            },
        }
    }

    /// A policy failed like this, if one did: for the operator.
    fn since(self, failure: Option<&str>) -> Self {
        let failure = failure.map(|failure| failure.chars().take(FAILURE).collect());
        Self(Status { failure, ..self.0 })
    }

    /// For now, whatever was said.
    #[must_use]
    pub(super) fn for_now(self) -> Self {
        Self(Status { code: self.0.code.in_class(4), ..self.0 })
    }

    /// At this host.
    #[must_use]
    pub(super) fn at(self, host: &str) -> Self {
        Self(Status { host: Some(host.to_owned()), ..self.0 })
    }

    /// Whether it stays.
    pub(super) fn is_permanent(&self) -> bool {
        self.0.code.class == 5
    }

    /// Whether it says more to a sender than the other: a temporary one decides over a permanent
    /// one, and a word of a host or policy says more than a network that failed (X.4.X).
    pub(super) fn tells_more_than(&self, other: &Self) -> bool {
        let rank = |problem: &Self| (!problem.is_permanent(), problem.0.code.subject != 4);
        rank(self) > rank(other)
    }

    /// In the words of a delivery status notification.
    pub(super) fn status(&self) -> &Status {
        &self.0
    }

    /// In the words of a delivery status notification.
    pub(super) fn into_status(self) -> Status {
        self.0
    }
}

/// The code that was said, else "other security status" (RFC 3463 section 3.8).
fn code_of(said: &Said) -> EnhancedCode {
    said.code.unwrap_or(EnhancedCode::new(4, 7, 0))
}

/// What was said, and who decided it: a bounce names the line of the policy.
fn words(said: &Said, place: &Place) -> String {
    let text = if said.text.is_empty() { "a policy of this relay forbids it" } else { &said.text };
    format!("{text} (decided by {place})")
}
