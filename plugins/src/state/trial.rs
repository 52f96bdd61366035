//! What those have who are only tried: a state of its own, a clock that can be moved, and answers
//! about names that are given beforehand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Clock;
use super::kv::Memory;
use super::rates::Rates;
use crate::names::normal;
use crate::outside::{LookupFailure, Query};

/// How many names are remembered of which nothing was said.
const NAMES: usize = 5;

/// An imagined state: nothing of it reaches those who are asked.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(super) memory: Arc<Memory>,
    pub(super) rates: Rates,
    pub(super) clock: Arc<Clock>,
    answers: Mutex<BTreeMap<String, Imagined>>,
    /// The names that were looked up, and of which nothing was said.
    unknown: Mutex<BTreeSet<String>>,
    counted: Mutex<BTreeMap<String, u64>>,
}

/// What is answered about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Imagined {
    /// This, whatever is asked.
    Anything(Vec<String>),
    /// These, by the word of the question: `addresses`, `mx`, `txt` or `names`.
    Records(BTreeMap<String, Vec<String>>),
    /// It cannot be found out.
    Unavailable,
}

impl Trial {
    /// Nothing remembered, nothing known.
    pub(crate) fn begin() -> Arc<Self> {
        let clock = Arc::<Clock>::default();
        Arc::new(Self {
            memory: Arc::new(Memory::new(None, Arc::clone(&clock))),
            rates: Rates::few(),
            clock,
            answers: Mutex::default(),
            unknown: Mutex::default(),
            counted: Mutex::default(),
        })
    }

    /// So much time goes by.
    pub(crate) fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// What is answered about a name from now on.
    pub(crate) fn answer(&self, name: &str, answer: Imagined) {
        self.answers().insert(normal(name), answer);
    }

    /// What has been counted under a name, by whoever counts.
    pub(crate) fn counted(&self, counter: &str) -> u64 {
        self.counts().get(counter).copied().unwrap_or(0)
    }

    pub(super) fn count(&self, counter: &str, amount: u64) {
        let mut counts = self.counts();
        let count = counts.entry(counter.to_owned()).or_default();
        *count = count.saturating_add(amount);
    }

    /// Of most names nothing is published.
    pub(super) fn look_up(&self, query: &Query) -> Result<Vec<String>, LookupFailure> {
        let (Query::Addresses(name) | Query::Mx(name) | Query::Txt(name) | Query::Names(name)) = query;
        let found = match self.answers().get(&normal(name)) {
            None => {
                self.note(name);
                None
            }
            Some(Imagined::Anything(answer)) => Some(answer.clone()),
            Some(Imagined::Records(records)) => records.get(query.word()).cloned(),
            Some(Imagined::Unavailable) => {
                return Err(LookupFailure::Unavailable("the test says so".to_owned()));
            }
        };
        found.filter(|found| !found.is_empty()).ok_or(LookupFailure::NoRecord)
    }

    /// The names that were looked up and of which nothing was said, a few of them.
    pub(crate) fn unknown(&self) -> Vec<String> {
        self.names().iter().cloned().collect()
    }

    fn note(&self, name: &str) {
        let mut names = self.names();
        if names.len() < NAMES {
            names.insert(normal(name));
        }
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answers(&self) -> MutexGuard<'_, BTreeMap<String, Imagined>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
