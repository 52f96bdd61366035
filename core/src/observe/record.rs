//! A line of the decision log.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer as _};
use waxseal_plugins::decision::Decision;
use waxseal_plugins::facts::{Facts, Value};
use waxseal_plugins::hooks::{Direction, Hook, HookName};
use waxseal_plugins::verdicts::Demands;
use waxseal_plugins::verdicts::outgoing::Way;

use super::SessionId;
use super::changed::Changed;

/// A decision as it is logged: the input of `replay`.
#[derive(Clone, Debug, Serialize)]
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
    /// What an accepting verdict demands of what follows; left out where that is nothing.
    #[serde(skip_serializing_if = "Demands::is_none")]
    pub demands: Demands,
    /// What filters have changed of the message, in the order in which it was done; left out where that is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Changed>,
    /// At `message`, the facts that were not found out, since no filter reads them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<Vec<&'static str>>,
    /// At `route`, the way that was chosen; left out where nobody chose one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<Way>,
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
    #[serde(skip)]
    pub facts: Told,
}

impl Record {
    /// The record of a decision that was taken now.
    pub(super) fn of<H: Hook>(
        session: &SessionId,
        domain: &str,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
        decision: &Decision<H::Verdict>,
    ) -> Self {
        Self {
            time: Timestamp::now(),
            session: session.0.clone(),
            direction: H::DIRECTION,
            hook: H::NAME,
            peer: name(&**peer),
            domain: domain.to_owned(),
            verdict: decision.outcome().word(),
            reason: decision.reason().to_owned(),
            demands: decision.outcome().demands(),
            changes: Vec::new(),
            unread: None,
            way: decision.outcome().way().cloned(),
            decided_by: decision.answer.place.to_string(),
            row: decision.row.pattern.clone(),
            policy: decision.row.policy.clone(),
            generation: decision.generation,
            facts: Told::of(peer, subject),
        }
    }

    /// Appends the record as a line of the log.
    ///
    /// # Errors
    ///
    /// None is known: every fact can be written.
    pub fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        // The facts are the object's last member.
        out.pop();
        out.extend_from_slice(b",\"facts\":");
        self.facts.0.write(out)?;
        out.extend_from_slice(b"}\n");
        Ok(())
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

/// What a hook was told: kept as it is, and written out only where it is read, so that the mail's
/// own path does not pay for it.
#[derive(Clone)]
pub struct Told(Arc<dyn Tell>);

trait Tell: Send + Sync {
    fn peer(&self) -> &dyn Any;
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;
}

struct Both<P, S> {
    peer: Arc<P>,
    subject: Arc<S>,
}

impl<P: Facts, S: Facts> Tell for Both<P, S> {
    fn peer(&self) -> &dyn Any {
        &*self.peer
    }

    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut serializer = serde_json::Serializer::new(out);
        let mut facts = serializer.serialize_map(None)?;
        facts.serialize_entry(P::WORD, &*self.peer)?;
        if !S::FACTS.is_empty() {
            facts.serialize_entry(S::WORD, &*self.subject)?;
        }
        facts.end()
    }
}

impl Told {
    /// By their words, as in the log.
    pub fn value(&self) -> serde_json::Value {
        let mut text = Vec::new();
        // Every fact can be written; what could not be would be none.
        let written = self.0.write(&mut text).and_then(|()| serde_json::from_slice(&text));
        written.unwrap_or_default()
    }

    /// The facts of a peer and of a hook's subject.
    pub fn of<P: Facts, S: Facts>(peer: &Arc<P>, subject: &Arc<S>) -> Self {
        Self(Arc::new(Both { peer: Arc::clone(peer), subject: Arc::clone(subject) }))
    }

    /// The peer's facts, where the peer is of this kind.
    pub fn peer<P: Facts>(&self) -> Option<&P> {
        self.0.peer().downcast_ref()
    }

    /// All of it as JSON, for people.
    pub fn json(&self) -> serde_json::Value {
        let mut text = Vec::new();
        let written = self.0.write(&mut text).and_then(|()| serde_json::from_slice(&text));
        // What can be logged can be read.
        written.unwrap_or_default()
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.0.write(&mut text).map_err(|_| fmt::Error)?;
        formatter.write_str(&String::from_utf8_lossy(&text))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use waxseal_plugins::facts::{Client, Nothing};

    use super::*;

    /// A decision.
    pub(crate) fn record() -> Record {
        Record {
            time: Timestamp::UNIX_EPOCH,
            session: "abc".to_owned(),
            direction: Direction::Incoming,
            hook: HookName::Mail,
            peer: "192.0.2.1".to_owned(),
            domain: String::new(),
            verdict: "accept",
            reason: String::new(),
            demands: Demands::default(),
            changes: Vec::new(),
            unread: None,
            way: None,
            decided_by: "incoming/attempt.rhai".to_owned(),
            row: "*".to_owned(),
            policy: "attempt".to_owned(),
            generation: 1,
            facts: Told::of(&Arc::new(Client::default()), &Arc::new(Nothing {})),
        }
    }
}
