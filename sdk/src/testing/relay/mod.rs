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
use std::collections::BTreeMap;

/// What the relay knows, keeps, and was told.
struct Relay {
    now: i64,
    said: Vec<(log::Tone, String)>,
    counted: BTreeMap<String, u64>,
    kept: BTreeMap<String, kv::Entry>,
    answers: BTreeMap<(dns::Question, String), Result<Vec<String>, dns::Failure>>,
    lists: BTreeMap<String, lists::List>,
    full_at: BTreeMap<(rates::Rate, String), u64>,
    /// Whether it was said that something is not counted.
    complained: bool,
    call: Call,
}

/// What the call in progress has done of what is bounded.
struct Call {
    lines: u32,
    lookups: u32,
}

thread_local! {
    static RELAY: RefCell<Relay> = const { RefCell::new(Relay::new()) };
}

/// Forgets everything.
pub(super) fn reset() {
    with(|relay| *relay = Relay::new());
}

/// A call is over: the next has all its lines and lookups.
pub(crate) fn next_call() {
    with(|relay| relay.call = Call { lines: 0, lookups: 0 });
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
            complained: false,
            call: Call { lines: 0, lookups: 0 },
        }
    }
}
