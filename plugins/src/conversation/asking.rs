//! Asking the hooks of a bundle, and writing down what came of it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::{Conversation, End, Question, Step};
use crate::bundle::{AskedInTurn, Bundle};
use crate::decision::{Decision, Edited, Outcome};
use crate::facts::{Client, Row};
use crate::hooks::{Direction, Hook};
use crate::verdicts::Verdict;
use crate::verdicts::incoming::Message;

/// Asks, and keeps the steps.
pub(super) struct Asking<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) steps: Vec<Step>,
    pub(super) rows: Vec<Arc<Row>>,
    /// What was not given, and what holds in its place.
    assumed: Vec<String>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(bundle: &'a Bundle) -> Self {
        Self { bundle, steps: Vec::new(), rows: Vec::new(), assumed: Vec::new() }
    }

    /// Asks a hook; `whom` is whom it is about.
    pub(super) fn ask<H: Hook>(
        &mut self,
        whom: &str,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Decision<H::Verdict> {
        let decision = self.bundle.try_out::<H>(peer, subject);
        self.asked(whom, &decision, (told(&**peer), told(&**subject)), Vec::new());
        decision
    }

    /// Asks filters of a message, one after the other.
    pub(super) fn ask_in_turn(
        &mut self,
        whom: &str,
        client: &Arc<Client>,
        letter: &mut dyn AskedInTurn,
    ) -> Decision<Message> {
        let message = letter.facts().map(|facts| told(&*facts)).unwrap_or_default();
        let facts = (told(&**client), message);
        let (decision, edits) = self.bundle.try_in_turn(client, letter);
        self.asked(whom, &decision, facts, edits);
        decision
    }

    fn asked<V: Verdict>(
        &mut self,
        whom: &str,
        decision: &Decision<V>,
        (facts, subject): (Value, Value),
        edits: Vec<Edited>,
    ) {
        self.note(decision.row.clone());
        self.steps.push(Step::Asked(Box::new(Question {
            hook: decision.hook,
            peer: whom.to_owned(),
            verdict: decision.outcome().word(),
            code: decision.outcome().reply().and_then(|reply| reply.code),
            text: decision.reason().to_owned(),
            edits,
            place: decision.answer.place.clone(),
            row: decision.row.clone(),
            asked: decision.asked.clone(),
            answer: match decision.outcome() {
                Outcome::Verdict(verdict) => told(verdict),
                Outcome::Failure(failure) => told(failure),
            },
            facts,
            subject,
        })));
    }

    /// Whether a filter has the hook. What only filters are asked is no question without one.
    pub(super) fn is_filtered<H: Hook>(&self) -> bool {
        const { assert!(H::NAME.is_for_filters()) };
        self.bundle.filters().iter().any(|filter| filter.has(H::DIRECTION, H::NAME))
    }

    /// A row was found.
    pub(super) fn note(&mut self, row: Arc<Row>) {
        if !self.rows.contains(&row) {
            self.rows.push(row);
        }
    }

    /// Something that filters read was not given.
    pub(super) fn assume(&mut self, what: String) {
        self.happens(what.clone());
        self.assumed.push(what);
    }

    /// What came of it.
    pub(super) fn conversation(self, direction: Direction, end: End) -> Conversation {
        let Self { rows, steps, assumed, .. } = self;
        Conversation { direction, rows, steps, end, kept: None, assumed }
    }

    /// Something happened.
    pub(super) fn happens(&mut self, what: impl Into<String>) {
        self.steps.push(Step::Happened(what.into()));
    }
}

fn told(facts: &impl Serialize) -> Value {
    serde_json::to_value(facts).unwrap_or(Value::Null)
}
