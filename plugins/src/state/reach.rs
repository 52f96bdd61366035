//! All that one script or plugin has besides facts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::counters::Counters;
use super::kv::{Kv, Memory};
use super::lookups::{LOOKING_UP, LOOKUPS};
use super::rates::{Key, Rates};
use super::{Clock, Lists, Lookups, Manner, Rate, State, Trial};
use crate::outside::{Forgotten, LookupFailure, Outside, Query};

/// What one script or plugin reaches, as it is asked or tried.
#[derive(Debug)]
pub(crate) struct Reach {
    /// The stem of its file: what memory, rates and counters go by.
    name: Arc<str>,
    counters: Arc<Counters>,
    lists: Arc<Lists>,
    beyond: Beyond,
    /// Read when it is first needed.
    kv: OnceLock<Arc<Kv>>,
    /// Whether it was said that a call has made all of its lookups.
    spent_lookups: AtomicBool,
}

/// What lies beyond it.
#[derive(Debug)]
enum Beyond {
    /// The relay.
    Real(Arc<State>),
    /// A trial.
    Imagined(Arc<Trial>),
}

/// As one is asked, and as it is tried.
#[derive(Debug)]
pub(crate) struct Reaches {
    asked: Arc<Reach>,
    tried: Mutex<Arc<Reach>>,
}

impl Reaches {
    /// For who has this name, with these lists.
    pub(crate) fn new(state: &Arc<State>, name: &Arc<str>, lists: &Arc<Lists>) -> Self {
        let reach = |beyond| Reach {
            name: Arc::clone(name),
            counters: Arc::default(),
            lists: Arc::clone(lists),
            beyond,
            kv: OnceLock::new(),
            spent_lookups: AtomicBool::new(false),
        };
        Self {
            asked: Arc::new(reach(Beyond::Real(Arc::clone(state)))),
            tried: Mutex::new(Arc::new(reach(Beyond::Imagined(Trial::begin())))),
        }
    }

    pub(crate) fn of(&self, manner: Manner) -> Arc<Reach> {
        match manner {
            Manner::Asked => Arc::clone(&self.asked),
            Manner::Tried => Arc::clone(&self.tried.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Begins a trial: what was imagined before is forgotten.
    pub(crate) fn begin_trial(&self, trial: &Arc<Trial>) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        *tried = Arc::new(Reach {
            name: Arc::clone(&tried.name),
            counters: Arc::default(),
            lists: Arc::clone(&tried.lists),
            beyond: Beyond::Imagined(Arc::clone(trial)),
            kv: OnceLock::new(),
            spent_lookups: AtomicBool::new(false),
        });
    }

    /// Its lists.
    pub(crate) fn lists(&self) -> &Arc<Lists> {
        &self.asked.lists
    }
}

impl Reach {
    /// What it remembers.
    pub(crate) fn kv(&self) -> &Arc<Kv> {
        self.kv.get_or_init(|| self.memory().of(&self.name))
    }

    /// Puts a value for a time, in the place of what ends next where there is no room.
    ///
    /// # Errors
    ///
    /// It is beyond a bound.
    pub(crate) fn remember(&self, key: &str, value: Vec<u8>, time: Duration) -> Result<(), String> {
        let forgotten = self.kv().remember(key, value, time)?;
        self.note_forgotten(Forgotten::Memory, forgotten);
        Ok(())
    }

    /// The same where nothing is remembered under the key, and whether that was so.
    ///
    /// # Errors
    ///
    /// It is beyond a bound.
    pub(crate) fn remember_first(&self, key: &str, value: Vec<u8>, time: Duration) -> Result<bool, String> {
        let forgotten = self.kv().remember_first(key, value, time)?;
        self.note_forgotten(Forgotten::Memory, forgotten.unwrap_or(0));
        Ok(forgotten.is_some())
    }

    /// Adds to the number that is remembered under a key, in the place of what ends next where there is no room: the
    /// sum.
    ///
    /// # Errors
    ///
    /// It is beyond a bound, or there is no number.
    pub(crate) fn add(&self, key: &str, amount: i64, time: Duration) -> Result<i64, String> {
        let (sum, forgotten) = self.kv().add(key, amount, time)?;
        self.note_forgotten(Forgotten::Memory, forgotten);
        Ok(sum)
    }

    /// Whether a rate has so much left for a key; then it is taken.
    ///
    /// # Errors
    ///
    /// It would never have so much.
    pub(crate) fn allows(&self, rate: &Rate, key: &str, tokens: u32) -> Result<bool, String> {
        if tokens > rate.burst {
            return Err(format!(
                "{tokens} at once are more than the rate ever allows, which is {}",
                rate.burst
            ));
        }
        let key = Key { owner: &self.name, text: key };
        let taken = self.rates().take(rate, key, tokens, self.clock().gone());
        self.note_forgotten(Forgotten::Rate, usize::from(taken.forgot));
        Ok(taken.allowed)
    }

    /// Counts. What cannot be counted is not, and that is said once.
    pub(crate) fn count(&self, counter: &str, amount: i64) {
        match u64::try_from(amount) {
            Ok(amount) => self.count_up(counter, amount),
            Err(_) => self.say(self.counters.refuse_less(counter, amount)),
        }
    }

    /// The same for an amount that cannot be less than 0.
    pub(crate) fn count_up(&self, counter: &str, amount: u64) {
        match (self.counters.admit(counter), &self.beyond) {
            (Ok(()), Beyond::Real(state)) => state.outside.count(&self.name, counter, amount),
            (Ok(()), Beyond::Imagined(trial)) => trial.count(counter, amount),
            (Err(why), _) => self.say(why),
        }
    }

    /// Whether a call may make one more lookup. That one has made all of them is said once.
    pub(crate) fn may_look_up(&self, lookups: &mut Lookups) -> bool {
        let may = lookups.may_look_up();
        if !may && !self.spent_lookups.swap(true, Ordering::Relaxed) {
            let why = format!(
                "asks for more names than a call may, which is {LOOKUPS} within {} seconds: what is beyond is not looked up",
                LOOKING_UP.as_secs()
            );
            self.say(Some(why));
        }
        may
    }

    /// Tells the operator, unless nothing has happened.
    fn say(&self, why: Option<String>) {
        if let (Some(why), Beyond::Real(_)) = (why, &self.beyond) {
            tracing::warn!(name = %self.name, "{why}");
        }
    }

    /// Whether a text is in a list.
    ///
    /// # Errors
    ///
    /// The list cannot be used.
    pub(crate) fn is_in_list(&self, list: &str, text: &str) -> Result<bool, String> {
        self.lists.contains(list, text)
    }

    /// Seconds since 1970, UTC.
    pub(crate) fn now(&self) -> i64 {
        self.clock().now()
    }

    /// Looks a name up. What is imagined is answered at once.
    ///
    /// # Errors
    ///
    /// There is no answer.
    pub(crate) async fn look_up(&self, query: Query) -> Result<Vec<String>, LookupFailure> {
        match &self.beyond {
            Beyond::Real(state) => state.outside.look_up(query).await,
            Beyond::Imagined(trial) => trial.look_up(&query),
        }
    }

    /// How it is used.
    pub(crate) fn manner(&self) -> Manner {
        match self.beyond {
            Beyond::Real(_) => Manner::Asked,
            Beyond::Imagined(_) => Manner::Tried,
        }
    }

    /// The state of the relay; `None` where it is imagined.
    pub(crate) fn state(&self) -> Option<&Arc<State>> {
        match &self.beyond {
            Beyond::Real(state) => Some(state),
            Beyond::Imagined(_) => None,
        }
    }

    fn memory(&self) -> &Arc<Memory> {
        match &self.beyond {
            Beyond::Real(state) => &state.memory,
            Beyond::Imagined(trial) => &trial.memory,
        }
    }

    fn rates(&self) -> &Rates {
        match &self.beyond {
            Beyond::Real(state) => &state.rates,
            Beyond::Imagined(trial) => &trial.rates,
        }
    }

    fn clock(&self) -> &Clock {
        match &self.beyond {
            Beyond::Real(state) => &state.clock,
            Beyond::Imagined(trial) => &trial.clock,
        }
    }

    fn note_forgotten(&self, what: Forgotten, count: usize) {
        let outside: Option<&dyn Outside> = self.state().map(|state| &*state.outside);
        if let Some(outside) = outside.filter(|_| count > 0) {
            outside.forgot(&self.name, what, count as u64);
        }
    }
}
