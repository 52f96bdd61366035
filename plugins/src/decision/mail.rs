//! What decisions say of a client's mail: at MAIL FROM those of several hooks and rows are ranked by
//! one order, that of [`Decision::join`].

use std::sync::Arc;

use super::{Answer, Decision, Outcome};
use crate::facts::Row;
use crate::hooks::HookName;
use crate::place::Place;
use crate::verdicts::{EnhancedCode, Passage, Reply, Strictness, Verdict};

impl<V: Verdict> Decision<V> {
    /// What it says of the mail, if it is against it; with the hook's usual code where it chose none.
    pub fn against_mail(&self, usual: EnhancedCode) -> Option<Decision<Passage>> {
        let outcome = match self.outcome() {
            Outcome::Failure(failure) => Outcome::Failure(failure.clone()),
            Outcome::Verdict(verdict) => {
                let said = verdict.reply()?;
                let said = Reply { code: said.code.or(Some(usual)), text: said.text.clone() };
                Outcome::Verdict(match verdict.strictness() {
                    Strictness::Refuse => Passage::Refuse(said),
                    _ => Passage::Defer(said),
                })
            }
        };
        Some(self.in_place(outcome))
    }

    /// The relay itself refuses the mail, on account of what was decided.
    pub fn refusing_mail(&self, said: Reply) -> Decision<Passage> {
        self.in_place(Outcome::Verdict(Passage::Refuse(said)))
    }

    fn in_place(&self, outcome: Outcome<Passage>) -> Decision<Passage> {
        Decision {
            hook: self.hook,
            answer: Answer { outcome, place: self.answer.place.clone() },
            row: self.row.clone(),
            generation: self.generation,
            asked: self.asked.clone(),
            filters: None,
        }
    }
}

impl Decision<Passage> {
    /// The relay itself holds a row's terms, and refuses the mail.
    pub fn by_row(row: &Arc<Row>, generation: u64, said: Reply) -> Self {
        let outcome = Outcome::Verdict(Passage::Refuse(said));
        let answer = Answer { outcome, place: Place::written(&row.place) };
        Self {
            hook: HookName::Mail,
            answer,
            row: Arc::clone(row),
            generation,
            asked: Vec::new(),
            filters: None,
        }
    }
}
