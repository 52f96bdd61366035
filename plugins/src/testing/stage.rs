//! What the functions of a running test share: the bundle under test, and what was answered last.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::trace::Trace;
use crate::bundle::Bundle;
use crate::conversation::Conversation;
use crate::rhai::Fault;
use crate::state::Trial;

/// The stage of one run of tests, which come one after the other.
pub(super) struct Stage {
    pub(super) bundle: Bundle,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was answered last in the test in progress.
    last: Option<Trace>,
    /// The cases that failed in the test in progress.
    failed: Vec<FailedCase>,
    /// The places of the rows that conversations have met, in all tests.
    rows: BTreeSet<String>,
    /// What the test in progress imagines.
    trial: Option<Arc<Trial>>,
    /// What the test in progress did not give, and what holds instead.
    assumed: BTreeSet<String>,
}

/// A case of a table that failed.
pub(super) struct FailedCase {
    pub(super) case: String,
    pub(super) fault: Fault,
    pub(super) trace: Option<Trace>,
}

impl Stage {
    pub(super) fn new(bundle: Bundle) -> Self {
        Self { bundle, state: Mutex::default() }
    }

    /// A test or a case begins: nothing was asked yet.
    pub(super) fn begin(&self) {
        self.state().last = None;
    }

    /// A test begins: of earlier ones nothing is remembered, by those who are asked neither.
    pub(super) fn begin_test(&self) {
        self.begin();
        self.state().failed.clear();
        self.state().assumed.clear();
        let trial = Trial::begin();
        self.bundle.deciders().for_each(|decider| decider.begin_trial(&trial));
        self.state().trial = Some(trial);
    }

    /// What the test in progress imagines.
    pub(super) fn trial(&self) -> Arc<Trial> {
        Arc::clone(self.state().trial.get_or_insert_with(Trial::begin))
    }

    /// Something was answered.
    pub(super) fn answered(&self, trace: Trace) {
        self.state().last = Some(trace);
    }

    /// A conversation was held.
    pub(super) fn held(&self, conversation: &Conversation) {
        let rows = conversation.rows.iter().map(|row| row.place.clone());
        let mut state = self.state();
        state.rows.extend(rows);
        state.assumed.extend(conversation.assumed.iter().cloned());
    }

    /// What the test in progress did not give though it was read, and what holds instead.
    pub(super) fn assumed(&self) -> Vec<String> {
        let mut assumed: Vec<_> = self.state().assumed.iter().cloned().collect();
        assumed.extend(self.unknown_names());
        assumed
    }

    /// The names that were looked up in the test in progress, of which it says nothing.
    pub(super) fn unknown_names(&self) -> Option<String> {
        let names = self.trial().unknown();
        (!names.is_empty()).then(|| {
            let names = names.join("`, `");
            format!("not given: what is published about `{names}`; nothing is. Say it as in dns(#{{ \"mx.example\": [\"192.0.2.1\"] }})")
        })
    }

    /// What was answered last.
    pub(super) fn last(&self) -> Option<Trace> {
        self.state().last.clone()
    }

    /// A case failed.
    pub(super) fn failed(&self, case: FailedCase) {
        self.state().failed.push(case);
    }

    /// The cases that failed in the test in progress.
    pub(super) fn take_failed(&self) -> Vec<FailedCase> {
        std::mem::take(&mut self.state().failed)
    }

    /// The places of the rows that were met.
    pub(super) fn rows(&self) -> BTreeSet<String> {
        self.state().rows.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
