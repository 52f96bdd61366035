//! Milters that fail: since when, how often and why. They are known by their names in the configuration, of which
//! there are few, and forgotten with their next good answer.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest reason that is kept, in characters.
const REASON: usize = 300;

/// The milters that fail now.
#[derive(Debug, Default)]
pub struct Outages {
    /// How many there are: the one thing that is looked at where all is well.
    open: AtomicUsize,
    known: Mutex<BTreeMap<String, Known>>,
}

#[derive(Debug)]
struct Known {
    outage: Outage,
    /// How far in a message it was when it last failed.
    reached: usize,
}

/// A milter that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outage {
    /// Its name in the configuration.
    pub milter: String,
    /// Where it is said to listen, as in `127.0.0.1:11332`.
    pub address: String,
    /// What becomes of mail meanwhile.
    pub meanwhile: Meanwhile,
    /// Since when.
    pub since: Timestamp,
    /// How often it has failed since.
    pub failures: u64,
    /// When it last failed.
    pub last: Timestamp,
    /// How it last failed.
    pub reason: String,
}

/// What becomes of mail while a milter fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meanwhile {
    /// It is deferred.
    Deferred,
    /// It goes on without the milter.
    GoesOn,
}

impl Outages {
    /// A milter has failed; `reached` is how far in a message it was asked, a number that grows.
    pub fn failed(&self, milter: (&str, &str, Meanwhile), reached: usize, reason: &str) {
        let (name, address, meanwhile) = milter;
        let now = Timestamp::now();
        let mut known = self.known();
        let failing = known.entry(name.to_owned()).or_insert_with(|| Known {
            outage: Outage {
                milter: name.to_owned(),
                address: address.to_owned(),
                meanwhile,
                since: now,
                failures: 0,
                last: now,
                reason: String::new(),
            },
            reached,
        });
        failing.reached = reached;
        let outage = &mut failing.outage;
        (outage.last, outage.failures) = (now, outage.failures + 1);
        outage.reason = reason.chars().take(REASON).collect();
        self.open.store(known.len(), Ordering::Relaxed);
    }

    /// A milter has answered. That ends an outage if it is at least as far in a message as where it failed: one that
    /// fails at each message's end is not well because it is good at the beginning. Gives what has ended.
    pub fn answered(&self, milter: &str, reached: usize) -> Option<Outage> {
        if self.open.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut known = self.known();
        if known.get(milter)?.reached > reached {
            return None;
        }
        let ended = known.remove(milter);
        self.open.store(known.len(), Ordering::Relaxed);
        ended.map(|known| known.outage)
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<Outage> {
        self.known().values().map(|known| known.outage.clone()).collect()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meanwhile {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Deferred => "mail is deferred",
            Self::GoesOn => "MAIL GOES ON WITHOUT IT",
        }
    }
}

/// As in `milter rspamd (127.0.0.1:11332) fails since 2026-03-01T10:20:30Z, 12 times, and mail is deferred; last: it
/// cannot be reached: Connection refused`.
impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { milter, address, meanwhile, since, failures, reason, .. } = self;
        let times = if *failures == 1 { "once".to_owned() } else { format!("{failures} times") };
        let meanwhile = meanwhile.words();
        write!(
            f,
            "milter {milter} ({address}) fails since {since:.0}, {times}, and {meanwhile}; last: {reason}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSPAMD: (&str, &str, Meanwhile) = ("rspamd", "127.0.0.1:11332", Meanwhile::Deferred);

    #[test]
    fn an_outage_lasts_until_the_next_good_answer() {
        let outages = Outages::default();
        outages.failed(RSPAMD, 2, "it cannot be reached");
        outages.failed(RSPAMD, 2, &"it is silent".repeat(100));
        let [outage] = <[Outage; 1]>::try_from(outages.all()).unwrap();
        assert_eq!((outage.failures, outage.reason.len()), (2, REASON));
        let words = outage.to_string();
        assert!(words.starts_with("milter rspamd (127.0.0.1:11332) fails since 20"), "{words}");
        assert!(words.contains(", 2 times, and mail is deferred; last: it is silent"), "{words}");
        assert_eq!(outages.answered("another", 9), None);
        assert_eq!(outages.answered("rspamd", 2), Some(outage));
        assert_eq!(outages.all(), []);
    }

    #[test]
    fn who_fails_at_the_end_is_not_well_at_the_beginning() {
        let outages = Outages::default();
        outages.failed(RSPAMD, 8, "it cannot be reached");
        assert_eq!(outages.answered("rspamd", 2), None);
        assert!(outages.answered("rspamd", 8).is_some());
    }
}
