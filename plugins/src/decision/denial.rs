//! What a client is told whose mail is not taken: the reply that a hook's answer comes to.

use super::Outcome;
use crate::verdicts::incoming::Message;
use crate::verdicts::{EnhancedCode, Passage, Reply};

/// A reply that denies a client its mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The reply's code: 4xx or 5xx.
    pub smtp: u16,
    /// The enhanced code (RFC 3463), of the same class.
    pub code: EnhancedCode,
    /// What is said, in words; never empty.
    pub text: String,
}

/// What follows a client's connecting, and its introducing itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is served.
    Accept,
    /// It is turned away: in place of the greeting, or in reply to EHLO.
    Deny(Denial),
    /// A filter failed: this is the reply to every MAIL of the connection.
    Fail(Denial),
}

impl Admission {
    /// What an answer at `connect` or `ehlo` comes to.
    pub fn of(outcome: &Outcome<Passage>) -> Self {
        match (Denial::of_passage(outcome), outcome) {
            (None, _) => Self::Accept,
            (Some(denial), Outcome::Failure(_)) => Self::Fail(denial),
            (Some(denial), Outcome::Verdict(_)) => Self::Deny(denial),
        }
    }
}

impl Denial {
    /// What the hooks `connect`, `ehlo`, `mail` and `rcpt` come to; `None` where they let on.
    pub fn of_passage(outcome: &Outcome<Passage>) -> Option<Self> {
        match outcome {
            Outcome::Verdict(Passage::Accept) => None,
            Outcome::Verdict(Passage::Defer(said)) => Some(Self::deferral(said)),
            Outcome::Verdict(Passage::Refuse(said)) => Some(Self::refusal(said)),
            Outcome::Failure(_) => Some(Self::failure()),
        }
    }

    /// What the hook `message` comes to at the end of a message; `None` where it is taken.
    pub fn of_message(outcome: &Outcome<Message>) -> Option<Self> {
        match outcome {
            Outcome::Verdict(Message::Defer(said)) => Some(Self { smtp: 451, ..Self::deferral(said) }),
            Outcome::Verdict(Message::Refuse(said)) => Some(Self::refusal(said)),
            Outcome::Verdict(_) => None,
            Outcome::Failure(_) => Some(Self::failure()),
        }
    }

    /// A policy or filter failed, which is nobody's fault but ours (RFC 3463, X.3.0). What failed is for the
    /// log.
    pub fn failure() -> Self {
        let text = "A policy failed here; try again later".to_owned();
        Self { smtp: 451, code: EnhancedCode::new(4, 3, 0), text }
    }

    /// Whether it is 5xx.
    pub const fn is_permanent(&self) -> bool {
        self.smtp / 100 == 5
    }

    /// `450`; what is wrong with certificates is ours more often than the client's: `451 4.7.5`.
    fn deferral(said: &Reply) -> Self {
        let code = said.code.unwrap_or(EnhancedCode::new(4, 7, 1)).in_class(4);
        let smtp = if (code.subject, code.detail) == (7, 5) { 451 } else { 450 };
        Self { smtp, code, text: text(said, "Not now, by policy") }
    }

    /// `530 5.7.0` is RFC 3207's "Must issue a STARTTLS command first".
    fn refusal(said: &Reply) -> Self {
        let code = said.code.unwrap_or(EnhancedCode::new(5, 7, 1)).in_class(5);
        let smtp = match (code.subject, code.detail) {
            (7, 0) => 530,
            (7, 5) => 554,
            _ => 550,
        };
        Self { smtp, code, text: text(said, "Refused by policy") }
    }
}

fn text(said: &Reply, usual: &str) -> String {
    if said.text.is_empty() { usual.to_owned() } else { said.in_ascii() }
}
