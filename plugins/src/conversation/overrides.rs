//! Facts that differ from those of a situation.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::facts::{
    Certificate, Client, Facts, Handshake, Hello, Host, Mail, Message, Part, Recipient, Report, Row,
};
use crate::suggest;

/// Facts that take the place of those that a situation has, by the word of their type: of `host`,
/// `client`, `row`, `hello`, `handshake`, `certificate`, `mail`, `recipient`, `message`, `part` and `report`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Overrides(BTreeMap<&'static str, Map<String, Value>>);

/// What cannot be overridden, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadOverride(String);

/// The words of the types, each with what checks a fact of it.
type Check = fn(&str, &Value) -> Result<(), BadOverride>;
const TYPES: [(&str, Check); 11] = [
    (Host::WORD, check::<Host>),
    (Client::WORD, check::<Client>),
    (Row::WORD, check::<Row>),
    (Hello::WORD, check::<Hello>),
    (Handshake::WORD, check::<Handshake>),
    (Certificate::WORD, check::<Certificate>),
    (Mail::WORD, check::<Mail>),
    (Recipient::WORD, check::<Recipient>),
    (Message::WORD, check::<Message>),
    (Part::WORD, check::<Part>),
    (Report::WORD, check::<Report>),
];

impl Overrides {
    /// Overrides one fact, as `set("host", "recent_failures", 3)`.
    ///
    /// # Errors
    ///
    /// There is no such fact, or the value is of another type.
    pub fn set(&mut self, word: &str, fact: &str, value: Value) -> Result<(), BadOverride> {
        let known = TYPES.iter().find(|(known, _)| *known == word);
        let (word, check) = known.ok_or_else(|| {
            let known = TYPES.map(|(known, _)| known);
            BadOverride(format!("there are no facts of `{word}`; {}", suggest::help(word, &known)))
        })?;
        check(fact, &value)?;
        self.0.entry(word).or_default().insert(fact.to_owned(), value);
        Ok(())
    }

    /// These and others; where both have a fact, the other's.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (word, facts) in &other.0 {
            self.0.entry(word).or_default().extend(facts.clone());
        }
        self
    }

    /// Whether a fact is overridden.
    pub fn has(&self, word: &str, fact: &str) -> bool {
        self.value(word, fact).is_some()
    }

    /// What a fact is overridden with.
    pub(super) fn value(&self, word: &str, fact: &str) -> Option<&Value> {
        self.0.get(word)?.get(fact)
    }

    /// These facts with what differs put in.
    pub(crate) fn apply<T: Facts + DeserializeOwned + Clone>(&self, facts: T) -> T {
        self.apply_but(facts, |_| false)
    }

    /// The same, but for facts that say nothing yet.
    pub(super) fn apply_but<T: Facts + DeserializeOwned + Clone>(
        &self,
        facts: T,
        is_left_out: impl Fn(&str) -> bool,
    ) -> T {
        let Some(differing) = self.0.get(T::WORD) else { return facts };
        let told = T::FACTS.iter().map(|fact| Ok((fact.name.to_owned(), (fact.read)(&facts).to_json()?)));
        let Ok(mut told) = told.collect::<serde_json::Result<Map<_, _>>>() else { return facts };
        let differing = differing.iter().filter(|(name, _)| !is_left_out(name));
        told.extend(differing.map(|(name, value)| (name.clone(), value.clone())));
        // Each was read when it was set.
        serde_json::from_value(Value::Object(told)).unwrap_or(facts)
    }
}

/// Whether a type has this fact, and this value is one for it.
fn check<T: Facts + DeserializeOwned>(fact: &str, value: &Value) -> Result<(), BadOverride> {
    let known: Vec<_> = T::FACTS.iter().map(|fact| fact.name).collect();
    if !known.contains(&fact) {
        let help = suggest::help(fact, &known);
        return Err(BadOverride(format!("`{}` has no fact `{fact}`; {help}", T::WORD)));
    }
    let told = Value::Object([(fact.to_owned(), value.clone())].into_iter().collect());
    let read: Result<T, _> = serde_json::from_value(told);
    read.map(drop).map_err(|error| BadOverride(format!("{}.{fact}: {error}", T::WORD)))
}
