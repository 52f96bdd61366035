//! What a hook came to, and what the relay itself made of it.

use std::fmt::Display;
use std::sync::Arc;

use serde_json::Value;
use waxseal_plugins::decision::{self, Decision, Failure, Outcome};
use waxseal_plugins::facts::Row;
use waxseal_plugins::hooks::HookName;
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::incoming::{Certificate, Cipher};
use waxseal_plugins::verdicts::{Change, Demands, Passage, Reply, Stand, Terms, Verdict};

use super::message::label;

/// The word of an outcome that is no verdict.
const FAILURE: &str = "failure";

/// An answer: recorded, or given now.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The verdict's word, or `failure`.
    pub(super) word: &'static str,
    /// Where it leaves mail.
    pub(super) stand: Stand,
    /// What it demands of what follows.
    pub(super) demands: Demands,
    /// What was changed of a message, in its order.
    pub(super) edits: Vec<Value>,
    /// Why, in words; may be empty.
    pub(super) reason: String,
    /// Where it was decided.
    pub(super) place: String,
    /// The row that chose the policy.
    pub(super) row: Arc<Row>,
}

impl Answer {
    /// What a hook decided.
    pub(super) fn of<V: Verdict>(decision: &Decision<V>) -> Self {
        let outcome = decision.outcome();
        // Every verdict's word is known; were one not, it would hold mail back.
        let (word, stand) = Stand::of_word(outcome.word()).unwrap_or((outcome.word(), Stand::Defer));
        Self {
            word,
            stand,
            demands: outcome.demands(),
            edits: Vec::new(),
            reason: decision.reason().to_owned(),
            place: decision.answer.place.to_string(),
            row: Arc::clone(&decision.row),
        }
    }

    /// The relay itself holds back what was let on, on account of the row.
    pub(super) fn held_by_row(self, word: &'static str, why: impl Display) -> Self {
        let place = self.row.place.clone();
        Self { place, ..self.held(word, why) }
    }

    /// The relay itself holds back what was let on.
    pub(super) fn held(self, word: &'static str, why: impl Display) -> Self {
        let (word, stand) = Stand::of_word(word).unwrap_or((word, Stand::Defer));
        Self { word, stand, demands: Demands::default(), reason: why.to_string(), ..self }
    }

    /// Whether mail goes on.
    pub(super) fn lets_on(&self) -> bool {
        self.stand.lets_on()
    }

    /// What it means to come from one to the other.
    pub(super) fn change(before: &Self, now: &Self) -> Change {
        let change = Stand::change(before.stand, now.stand);
        // A failure holds mail back as a deferral does, and is a defect all the same.
        let failed = |answer: &Self| answer.word == FAILURE;
        match change {
            Change::Same if now.stand == Stand::On => {
                let edits = if before.edits == now.edits { Change::Same } else { Change::Other };
                let demands = Demands::change(&before.demands, &now.demands);
                demands.and(of_rows(&before.row, &now.row)).and(edits)
            }
            Change::Same if failed(before) != failed(now) => Change::Other,
            _ => change,
        }
    }

    /// The decision that a record of cipher tells of.
    pub(super) fn of_cipher(&self) -> Decision<Cipher> {
        let (identity, terms) = (self.demands.identity.clone(), self.demands.terms.clone());
        let accept = Cipher::Accept { identity, terms };
        self.decision(HookName::Cipher, accept, Cipher::Refuse, Cipher::Refuse)
    }

    /// The decision that a record of certificate tells of.
    pub(super) fn of_certificate(&self) -> Decision<Certificate> {
        self.decision(HookName::Certificate, Certificate::Accept, Certificate::Refuse, Certificate::Refuse)
    }

    /// The decision that a record of a hook tells of that lets mail pass or not.
    pub(super) fn of_passage(&self, hook: HookName) -> Decision<Passage> {
        self.decision(hook, Passage::Accept, Passage::Defer, Passage::Refuse)
    }

    /// What is not in the record, who was asked and the generation, decides nothing.
    fn decision<V>(
        &self,
        hook: HookName,
        accept: V,
        defer: fn(Reply) -> V,
        refuse: fn(Reply) -> V,
    ) -> Decision<V> {
        let said = || Reply::text(self.reason.clone());
        let outcome = match self.stand {
            _ if self.word == FAILURE => Outcome::Failure(Failure { message: self.reason.clone() }),
            Stand::Clear | Stand::On => Outcome::Verdict(accept),
            Stand::Refuse => Outcome::Verdict(refuse(said())),
            Stand::Defer | Stand::Redirect | Stand::Quarantine | Stand::Discard => {
                Outcome::Verdict(defer(said()))
            }
        };
        let answer = decision::Answer { outcome, place: Place::written(&self.place) };
        let row = Arc::clone(&self.row);
        Decision { hook, answer, row, generation: 0, asked: Vec::new(), filters: None }
    }

    /// The verdict in words, as in `accept (min_version 1.3)`, or `accept (tag class)`.
    pub(super) fn said(&self) -> String {
        let mut parts: Vec<_> =
            (!self.demands.is_none()).then(|| self.demands.to_string()).into_iter().collect();
        let mut edits: Vec<_> = self.edits.iter().map(label).collect();
        edits.sort();
        edits.dedup();
        parts.extend(edits);
        if parts.is_empty() { self.word.to_owned() } else { format!("{} ({})", self.word, parts.join(", ")) }
    }
}

/// What filters alone demand of the handshake: it holds for any row.
pub(super) fn of_filters<V: Verdict>(decision: &Decision<V>) -> Terms {
    match decision.filters.as_ref().map(|answer| &answer.outcome) {
        Some(Outcome::Verdict(verdict)) => verdict.demands().terms,
        _ => Terms::default(),
    }
}

/// What the relay itself demands on account of the row, besides what is among the demands.
fn of_rows(before: &Row, now: &Row) -> Change {
    let names = match (&*before.names, &*now.names) {
        // Which names are expected without any is the policy's.
        ([], _) | (_, []) => Change::Same,
        (before, now) => Change::of_alternatives(before, now),
    };
    Change::of_alternatives(&before.pins, &now.pins).and(names)
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::verdicts::Floor;

    use super::*;

    fn answer(word: &str, place: &str) -> Answer {
        let (word, stand) = Stand::of_word(word).unwrap();
        let (demands, edits, reason) = (Demands::default(), Vec::new(), String::new());
        Answer { word, stand, demands, edits, reason, place: place.to_owned(), row: Arc::default() }
    }

    #[test]
    fn a_record_is_the_decision_that_it_tells_of() {
        for word in ["accept", "defer", "refuse", "failure"] {
            let recorded = Answer { reason: "why".to_owned(), ..answer(word, "incoming/own.rhai:3:5") };
            let told = Answer::of(&recorded.of_passage(HookName::Mail));
            let reason = if word == "accept" { "" } else { "why" };
            assert_eq!((told.word, told.reason.as_str(), told.place), (word, reason, recorded.place));
        }
    }

    #[test]
    fn a_row_that_loses_its_pins_is_weaker() {
        let with = |pins: &[&str], names: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
            let row = Row { pins: owned(pins), names: owned(names), ..Row::default() };
            Answer { row: Arc::new(row), ..answer("accept", "a") }
        };
        assert_eq!(Answer::change(&with(&["p"], &[]), &with(&[], &[])), Change::Weaker);
        assert_eq!(Answer::change(&with(&["p"], &[]), &with(&["p", "q"], &[])), Change::Weaker);
        assert_eq!(Answer::change(&with(&[], &[]), &with(&["p"], &[])), Change::Stricter);
        assert_eq!(Answer::change(&with(&[], &["a"]), &with(&[], &["a", "b"])), Change::Weaker);
        assert_eq!(Answer::change(&with(&["p"], &["a"]), &with(&["p"], &["a"])), Change::Same);
    }

    #[test]
    fn a_floor_that_vanishes_is_weaker_and_a_failure_is_no_deferral() {
        let mut before = answer("start_tls", "a");
        before.demands.floor = Floor::Verified;
        assert_eq!(Answer::change(&before, &answer("start_tls", "a")), Change::Weaker);
        assert_eq!(Answer::change(&answer("defer", "a"), &answer("failure", "a")), Change::Other);
        assert_eq!(Answer::change(&answer("accept", "a"), &answer("failure", "a")), Change::Stricter);
    }
}
