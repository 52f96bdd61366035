//! The hook `message`: filters are asked one after the other, each with what those before it have changed.

use std::sync::Arc;

use super::{Bundle, Said};
use crate::decider::Decider;
use crate::decision::{Answer, Decision, Edited, Failure, Outcome};
use crate::facts::{Client, Message};
use crate::hooks::incoming;
use crate::place::Place;
use crate::rhai::voice;
use crate::verdicts::Strictness;
use crate::verdicts::incoming::Message as Verdict;

/// A message that filters are asked about one after the other.
pub trait AskedInTurn {
    /// What it is by now.
    ///
    /// # Errors
    ///
    /// It cannot be read any more.
    fn facts(&mut self) -> Result<Arc<Message>, Failure>;

    /// Takes the edits out of an answer and does them; gives those that were done. One that cannot be done to any
    /// message makes the answer a failure.
    fn take(&mut self, answer: &mut Answer<Verdict>) -> Vec<Edited>;
}

/// What came of it: the joined verdict, without edits, and the edits that were done.
pub type InTurn = (Decision<Verdict>, Vec<Edited>);

impl Bundle {
    /// The facts of a message that are found out only where a filter reads them, and logged then.
    const COSTLY: [&str; 9] = [
        "attachments",
        "attachment_types",
        "spf",
        "dkim",
        "dkim_domains",
        "dmarc",
        "dmarc_policy",
        "arc",
        "arc_domain",
    ];

    /// Those that no filter reads.
    pub fn unread_facts(&self) -> Vec<&'static str> {
        let is_unread = |fact: &&str| !self.filters_read().has(fact);
        Self::COSTLY.into_iter().filter(is_unread).collect()
    }

    /// Asks the filters about a message. After a refusal nobody is asked any more.
    pub async fn ask_in_turn(&self, client: &Arc<Client>, letter: &mut (dyn AskedInTurn + Send)) -> InTurn {
        let mut turns = Turns::begin(self);
        while let Some(filter) = turns.next() {
            let answer = match letter.facts() {
                Ok(facts) => filter.ask::<incoming::Message>(client, &facts).await,
                Err(failure) => Some(failed(filter, failure)),
            };
            turns.hear(filter, answer, letter);
        }
        turns.end(client)
    }

    /// What [`ask_in_turn`](Self::ask_in_turn) would come to, of filters that are only tried: see
    /// [`Decider::try_out`]. Blocks.
    pub fn try_in_turn(&self, client: &Arc<Client>, letter: &mut dyn AskedInTurn) -> InTurn {
        voice::silent(|| {
            let mut turns = Turns::begin(self);
            while let Some(filter) = turns.next() {
                let answer = match letter.facts() {
                    Ok(facts) => filter.try_out::<incoming::Message>(client, &facts),
                    Err(failure) => Some(failed(filter, failure)),
                };
                turns.hear(filter, answer, letter);
            }
            turns.end(client)
        })
    }
}

/// Of a filter that cannot be asked.
fn failed(filter: &Decider, failure: Failure) -> Answer<Verdict> {
    Answer { outcome: Outcome::Failure(failure), place: Place::file(Arc::clone(filter.path())) }
}

/// Whose turn it is, and what was said so far.
struct Turns<'a> {
    bundle: &'a Bundle,
    waiting: std::vec::IntoIter<&'a Decider>,
    said: Vec<Said<'a, incoming::Message>>,
    edited: Vec<Edited>,
    refused: bool,
}

impl<'a> Turns<'a> {
    fn begin(bundle: &'a Bundle) -> Self {
        let waiting = bundle.filters_at::<incoming::Message>().collect::<Vec<_>>().into_iter();
        Self { bundle, waiting, said: Vec::new(), edited: Vec::new(), refused: false }
    }

    fn next(&mut self) -> Option<&'a Decider> {
        if self.refused { None } else { self.waiting.next() }
    }

    fn hear(
        &mut self,
        filter: &'a Decider,
        mut answer: Option<Answer<Verdict>>,
        letter: &mut (impl AskedInTurn + ?Sized),
    ) {
        if let Some(answer) = &mut answer {
            self.edited.extend(letter.take(answer));
            self.refused = answer.outcome.strictness() == Strictness::Refuse;
        }
        self.said.push((filter, answer));
    }

    fn end(self, client: &Arc<Client>) -> InTurn {
        (self.bundle.conclude::<incoming::Message>(client, self.said), self.edited)
    }
}
