//! The hook `message`, asked again as far as the record of it tells.
//!
//! A record has what was found out about a message, but nothing of what the message says: its headers, texts
//! and parts. What filters do to the envelope and to tags is done here too, so that later ones see it; what
//! they do to the message itself changes facts that nobody knows then.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use waxseal_plugins::bundle::{AskedInTurn, Bundle};
use waxseal_plugins::decider::Decider;
use waxseal_plugins::decision::{self, Edited, Failure, Outcome};
use waxseal_plugins::facts::{Client, Facts as _, Fields, Message};
use waxseal_plugins::hooks::incoming;
use waxseal_plugins::verdicts::Edit;
use waxseal_plugins::verdicts::incoming::Message as Verdict;

use super::Unjudged;
use super::answer::Answer;
use crate::message::edit::{EnvelopeChange, possible};
use crate::spool::Tags;

/// What no record has: what the message says.
const UNLOGGED: [&str; 6] = ["headers", "subject", "text", "parts", "urls", "body"];
/// What an edit of the message itself may change.
const OF_CONTENT: [&str; 6] =
    ["size", "from", "from_domain", "message_id", "attachments", "attachment_types"];

/// What is recorded of a message.
#[derive(Debug)]
pub(super) struct Recorded {
    /// What the first filter was told.
    pub(super) message: Arc<Message>,
    /// The facts that were not found out, since no filter read them.
    pub(super) unread: Vec<String>,
}

/// An edit that is recorded: who said it is not compared.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Change {
    /// What was changed.
    pub(super) edit: Value,
}

/// Facts of a message that the candidate reads and a record does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing(u32);

impl Missing {
    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let facts = Message::FACTS.iter().enumerate();
        facts.filter(move |(number, _)| self.0 >> number & 1 == 1).map(|(_, fact)| fact.name)
    }

    fn insert(&mut self, name: &str) {
        let number = Message::FACTS.iter().position(|fact| fact.name == name);
        self.0 |= number.map_or(0, |number| 1 << number);
    }
}

/// What the candidate answers of a recorded message.
///
/// # Errors
///
/// A filter reads what the record does not have.
pub(super) fn answer(bundle: &Bundle, client: &Arc<Client>, recorded: &Recorded) -> Result<Answer, Unjudged> {
    let mut letter = Letter::of(bundle, recorded);
    let (decision, edited) = bundle.try_in_turn(client, &mut letter);
    if letter.missing != Missing::default() {
        return Err(Unjudged::NotRecorded(letter.missing));
    }
    let edits = edited.iter().map(|one| serde_json::to_value(&one.edit).unwrap_or_default()).collect();
    Ok(Answer { edits, ..Answer::of(&decision) })
}

impl Recorded {
    /// Whether it tells this fact.
    fn tells(&self, name: &str) -> bool {
        if UNLOGGED.contains(&name) {
            return false;
        }
        self.has(name) || !self.unread.iter().any(|one| one == name)
    }

    /// Whether something was found out of it all the same: what is empty is not written.
    fn has(&self, name: &str) -> bool {
        serde_json::to_value(&*self.message).is_ok_and(|told| told.get(name).is_some())
    }
}

/// A recorded message, while filters are asked.
struct Letter<'a> {
    bundle: &'a Bundle,
    told: Arc<Message>,
    tags: Tags,
    missing: Missing,
}

impl<'a> Letter<'a> {
    fn of(bundle: &'a Bundle, recorded: &Recorded) -> Self {
        let mut missing = Missing::default();
        for fact in Message::FACTS.iter().filter(|fact| !recorded.tells(fact.name)) {
            if bundle.filters_read().has(fact.name) {
                missing.insert(fact.name);
            }
        }
        let mut tags = Tags::default();
        for (name, value) in recorded.message.tags.pairs() {
            // What was a tag then is one.
            let _ = tags.set(name, value);
        }
        Self { bundle, told: Arc::clone(&recorded.message), tags, missing }
    }

    /// Does what concerns the envelope and the tags; says what makes no sense for any message.
    fn edit(&mut self, edit: &Edit, by: &str) -> Result<(), String> {
        let told = Arc::make_mut(&mut self.told);
        if let Some(change) = EnvelopeChange::of(edit) {
            change.map_err(|invalid| format!("`{}`: {invalid}", edit.word()))?.tell(told);
            return Ok(());
        }
        if let Edit::Tag { name, value } = edit {
            self.tags.set(name, value).map_err(|invalid| format!("`tag`: {invalid}"))?;
            let tags: Fields =
                self.tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            told.tags = Arc::new(tags);
            return Ok(());
        }
        for fact in OF_CONTENT {
            if self.later(by).any(|filter| filter.may_read(Message::WORD, fact)) {
                self.missing.insert(fact);
            }
        }
        Ok(())
    }

    /// Who is asked after this one.
    fn later(&self, by: &str) -> impl Iterator<Item = &'a Decider> {
        let filters = self.bundle.filters_at::<incoming::Message>();
        filters.skip_while(move |filter| &**filter.path() != by).skip(1)
    }
}

impl AskedInTurn for Letter<'_> {
    fn facts(&mut self) -> Result<Arc<Message>, Failure> {
        Ok(Arc::clone(&self.told))
    }

    fn take(&mut self, answer: &mut decision::Answer<Verdict>) -> Vec<Edited> {
        let Outcome::Verdict(verdict) = &mut answer.outcome else { return Vec::new() };
        let edits = match possible(verdict) {
            Ok(()) => verdict.take_edits(),
            Err(message) => {
                answer.outcome = Outcome::Failure(Failure { message });
                return Vec::new();
            }
        };
        let by = Arc::clone(&answer.place.path);
        for edit in &edits {
            if let Err(message) = self.edit(edit, &by) {
                answer.outcome = Outcome::Failure(Failure { message });
                return Vec::new();
            }
        }
        edits.into_iter().map(|edit| Edited { by: answer.place.clone(), edit }).collect()
    }
}

/// An edit in a word or two, as in `tag class`: what it has in common with others like it.
pub(super) fn label(edit: &Value) -> String {
    let Some((word, what)) = edit.as_object().and_then(|edit| edit.iter().next()) else {
        return edit.as_str().unwrap_or_default().to_owned();
    };
    let named = what.get("name").and_then(Value::as_str);
    let field = || what.as_str().and_then(|field| field.split_once(": ")).map(|(name, _)| name);
    match named.or_else(field) {
        Some(name) => format!("{word} {name}"),
        None => word.clone(),
    }
}

#[cfg(test)]
mod tests;
