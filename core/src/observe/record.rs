//! A line of the decision log.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use waxseal_plugins::decision::Decision;
use waxseal_plugins::facts::{Facts, Value};
use waxseal_plugins::hooks::{Direction, Hook, HookName};

use super::SessionId;

/// A decision as it is logged: the input of `replay`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// When it was taken.
    pub time: Timestamp,
    /// The session or attempt.
    pub session: String,
    /// The direction.
    pub direction: Direction,
    /// The hook.
    pub hook: HookName,
    /// The other host: an address, or `name[address]` where we know a name that we looked up.
    pub peer: String,
    /// The sender's domain (incoming, once known) or the recipients' (outgoing).
    pub domain: String,
    /// The joined verdict, or `failure`.
    pub verdict: &'static str,
    /// Why, in words; may be empty.
    pub reason: String,
    /// Where it was decided, as in `outgoing/require.rhai:12:5`.
    pub decided_by: String,
    /// The pattern of the row that chose the policy.
    pub row: String,
    /// The policy's name.
    pub policy: String,
    /// The generation of the bundle.
    pub generation: u64,
    /// What the hook was told: the peer's facts and the subject's by their words. What is left out
    /// is false, 0 or empty.
    pub facts: Json,
}

impl Record {
    /// The record of a decision that was taken now.
    pub(super) fn of<H: Hook>(
        session: &SessionId,
        domain: &str,
        peer: &H::Peer,
        subject: &H::Subject,
        decision: &Decision<H::Verdict>,
    ) -> Self {
        Self {
            time: Timestamp::now(),
            session: session.0.clone(),
            direction: H::DIRECTION,
            hook: H::NAME,
            peer: name(peer),
            domain: domain.to_owned(),
            verdict: decision.outcome().word(),
            reason: decision.reason().to_owned(),
            decided_by: decision.answer.place.to_string(),
            row: decision.row.pattern.clone(),
            policy: decision.row.policy.clone(),
            generation: decision.generation,
            facts: facts(peer, subject),
        }
    }
}

/// Only hosts have the fact `name`: what a client calls itself proves nothing.
fn name<P: Facts>(peer: &P) -> String {
    let (name, address) = (text(peer, "name"), text(peer, "address"));
    if name.is_empty() { address } else { format!("{name}[{address}]") }
}

fn text<F: Facts>(facts: &F, name: &str) -> String {
    let fact = F::FACTS.iter().find(|fact| fact.name == name);
    match fact.map(|fact| (fact.read)(facts)) {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    }
}

fn facts<P: Facts, S: Facts>(peer: &P, subject: &S) -> Json {
    let mut facts = Map::new();
    facts.insert(P::WORD.to_owned(), shortened(peer));
    if !S::FACTS.is_empty() {
        facts.insert(S::WORD.to_owned(), shortened(subject));
    }
    Json::Object(facts)
}

fn shortened<F: Facts>(facts: &F) -> Json {
    let mut json = serde_json::to_value(facts).unwrap_or_default();
    drop_defaults(&mut json);
    json
}

/// Leaves out what `replay` fills in again. A row's own parameters stay as they are: only the
/// policy knows what it means that one is there and false.
fn drop_defaults(json: &mut Json) {
    let Json::Object(object) = json else { return };
    for (key, value) in object.iter_mut() {
        if key != "parameters" {
            drop_defaults(value);
        }
    }
    object.retain(|_, value| !is_default(value));
}

fn is_default(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Bool(value) => !value,
        Json::Number(number) => number.as_i64() == Some(0),
        Json::String(text) => text.is_empty(),
        Json::Array(list) => list.is_empty(),
        Json::Object(object) => object.is_empty(),
    }
}
