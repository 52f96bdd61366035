//! The relay, as the tests of a plugin have it: functions of the same names and types as what a
//! plugin imports. Each thread, and so each test, begins with a fresh one.

pub(crate) mod clock;
pub(crate) mod counters;
pub(crate) mod dns;
pub(crate) mod kv;
pub(crate) mod lists;
pub(crate) mod log;
pub(crate) mod rates;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What the relay knows, keeps, and was told.
struct Relay {
    now: i64,
    said: Vec<(log::Tone, String)>,
    counted: BTreeMap<String, u64>,
    kept: BTreeMap<String, kv::Entry>,
    answers: BTreeMap<(dns::Question, String), Result<Vec<String>, dns::Failure>>,
    lists: BTreeMap<String, BTreeSet<String>>,
    full_at: BTreeMap<(String, String), i64>,
}

thread_local! {
    static RELAY: RefCell<Relay> = const { RefCell::new(Relay::new()) };
}

/// Forgets everything.
pub(super) fn reset() {
    with(|relay| *relay = Relay::new());
}

fn with<T>(run: impl FnOnce(&mut Relay) -> T) -> T {
    RELAY.with_borrow_mut(run)
}

impl Relay {
    const fn new() -> Self {
        Self {
            now: clock::BEGINNING,
            said: Vec::new(),
            counted: BTreeMap::new(),
            kept: BTreeMap::new(),
            answers: BTreeMap::new(),
            lists: BTreeMap::new(),
            full_at: BTreeMap::new(),
        }
    }
}
