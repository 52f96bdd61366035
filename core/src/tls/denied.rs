//! What is said where a hook does not let on: to a client as a reply, of a host as a reason.

use waxseal_plugins::decision::Decision;
use waxseal_plugins::facts::Row;
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::{EnhancedCode, Reply, Verdict};

use crate::smtp::reply::Reply as SmtpReply;

/// What peers are told of a policy that failed; the rest is in the log.
const POLICY_FAILED: &str = "a policy failed here; try again later";

/// Why a host is ruled out, now or for good: what the log and the bounce say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The text, always with an enhanced code.
    pub reply: Reply,
    /// Where it was decided; the row where the relay itself holds the row's terms.
    pub place: Place,
    /// How a policy failed, if that is why: for operators, and nobody else.
    pub failure: Option<String>,
}

impl Denied {
    /// What a verdict said, with the hook's usual code where it chose none.
    pub(super) fn by<V: Verdict>(decision: &Decision<V>, reply: &Reply, usual: EnhancedCode) -> Self {
        let reply = Reply { code: reply.code.or(Some(usual)), text: reply.text.clone() };
        Self { reply, place: decision.answer.place.clone(), failure: None }
    }

    /// A policy failed: never opens anything, and is nobody's fault but ours (RFC 3463, X.3.0).
    /// How it failed is for operators alone.
    pub(super) fn failed<V: Verdict>(decision: &Decision<V>) -> Self {
        let reply = Reply::new(EnhancedCode::new(4, 3, 0), "a policy of this relay failed");
        let failure = Some(decision.reason().to_owned());
        Self { reply, place: decision.answer.place.clone(), failure }
    }

    /// The relay itself does not let on.
    pub(super) fn by_row(row: &Row, reply: Reply) -> Self {
        Self { reply, place: Place::file(row.place.as_str()), failure: None }
    }
}

/// The reply of a hook to a client: the hook's code, the verdict's text, the enhanced code brought
/// into the class of the code (RFC 2034 section 4).
pub(super) fn reply(code: u16, usual: EnhancedCode, said: &Reply) -> SmtpReply {
    let class = if code >= 500 { 5 } else { 4 };
    let text = if said.text.is_empty() { "refused by policy".to_owned() } else { said.in_ascii() };
    SmtpReply::new(code, Some(said.code.unwrap_or(usual).in_class(class)), text)
}

/// The reply where a policy failed, with the hook's code.
pub(super) fn failed(code: u16, enhanced: EnhancedCode) -> SmtpReply {
    SmtpReply::new(code, Some(enhanced), POLICY_FAILED)
}
