//! Rates in use: a token bucket for each key, of which only the time is kept at which it will be full.
//!
//! A bucket that is full says no more than one that is not there, so forgetting it changes nothing:
//! those go first where room is needed. Buckets are kept in memory alone: a restart fills them all.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::rate::Rate;

/// Parts with a lock each, and the buckets of one: all together hold some 900 000, of 18 octets.
const PARTS: usize = 64;
const BUCKETS: usize = 14_336;
/// Where nothing is full, one of so many is forgotten.
const SAMPLE: usize = 8;
/// How often a part that has no room looks for full buckets.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(1);

/// The buckets of all who ask.
#[derive(Debug)]
pub(crate) struct Rates {
    /// Keys are kept as hashes, which nobody outside can foresee.
    hashing: RandomState,
    parts: Vec<Mutex<Part>>,
    buckets: usize,
}

#[derive(Debug, Default)]
struct Part {
    /// When each will be full, in nanoseconds of the clock.
    full_at: HashMap<u64, u64, BuildHasherDefault<AsItIs>>,
    swept_at: Duration,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// Whether there was enough; then it is taken.
    pub(super) allowed: bool,
    /// Whether a bucket that was not full had to be forgotten.
    pub(super) forgot: bool,
}

/// What asks for a bucket: who, and the key that he makes.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) struct Key<'a> {
    pub(super) owner: &'a str,
    pub(super) text: &'a str,
}

impl Rates {
    /// Those of a relay.
    pub(super) fn new() -> Self {
        Self::with(PARTS, BUCKETS)
    }

    /// A few, for what is only imagined.
    pub(super) fn few() -> Self {
        Self::with(1, BUCKETS)
    }

    fn with(parts: usize, buckets: usize) -> Self {
        let parts = std::iter::repeat_with(Mutex::default).take(parts).collect();
        Self { hashing: RandomState::new(), parts, buckets }
    }

    /// Takes so many tokens of a key's bucket, if it has them. `now` is a time that never goes back.
    pub(super) fn take(&self, rate: &Rate, key: Key<'_>, tokens: u32, now: Duration) -> Taken {
        let hash = self.hashing.hash_one((rate, key));
        let at = usize::try_from(hash >> 32).unwrap_or(0) % self.parts.len().max(1);
        let Some(part) = self.parts.get(at) else { return Taken { allowed: true, forgot: false } };
        part.lock().unwrap_or_else(PoisonError::into_inner).take(hash, rate, tokens, now, self.buckets)
    }
}

impl Part {
    fn take(&mut self, hash: u64, rate: &Rate, tokens: u32, now: Duration, most: usize) -> Taken {
        let (time, now) = (nanoseconds(now), now);
        let for_one = nanoseconds(rate.per) / u64::from(rate.amount);
        let full_at = self.full_at.get(&hash).copied().unwrap_or(0).max(time);
        let then = full_at.saturating_add(for_one.saturating_mul(u64::from(tokens)));
        // The whole bucket takes this long to fill.
        let allowed = then - time <= for_one.saturating_mul(u64::from(rate.burst));
        if !allowed {
            return Taken { allowed, forgot: false };
        }
        let forgot = !self.full_at.contains_key(&hash) && self.make_room(now, most);
        self.full_at.insert(hash, then);
        Taken { allowed, forgot }
    }

    /// Says whether it had to forget one that was not full.
    fn make_room(&mut self, now: Duration, most: usize) -> bool {
        if self.full_at.len() < most {
            return false;
        }
        if now.saturating_sub(self.swept_at) >= BETWEEN_SWEEPS {
            self.swept_at = now;
            let time = nanoseconds(now);
            self.full_at.retain(|_, full_at| *full_at > time);
        }
        if self.full_at.len() < most {
            return false;
        }
        let fullest = self.full_at.iter().take(SAMPLE).min_by_key(|(_, full_at)| **full_at);
        let Some((hash, full_at)) = fullest.map(|(hash, full_at)| (*hash, *full_at)) else { return false };
        self.full_at.remove(&hash);
        full_at > nanoseconds(now)
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The keys are hashes already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(text: &str) -> Key<'_> {
        Key { owner: "test", text }
    }

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    fn allows(rates: &Rates, text: &str, of: &str, now: Duration) -> bool {
        rates.take(&rate(text), key(of), 1, now).allowed
    }

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let rates = Rates::few();
        assert!((0..12).all(|_| allows(&rates, "12 per 1m", "a", SECOND)));
        assert!(!allows(&rates, "12 per 1m", "a", SECOND), "it is empty");
        assert!(allows(&rates, "12 per 1m", "b", SECOND), "another key has its own");
        assert!(!allows(&rates, "12 per 1m", "a", SECOND * 5));
        assert!(allows(&rates, "12 per 1m", "a", SECOND * 6), "one is there after five seconds");
        assert!(!allows(&rates, "12 per 1m", "a", SECOND * 6));
        assert!((0..12).all(|_| allows(&rates, "12 per 1m", "a", SECOND * 120)), "never more than all");
        assert!(!allows(&rates, "12 per 1m", "a", SECOND * 120));
    }

    #[test]
    fn a_burst_is_what_may_come_at_once() {
        let rates = Rates::few();
        let text = "100 per 100s burst 3";
        assert!((0..3).all(|_| allows(&rates, text, "a", SECOND)) && !allows(&rates, text, "a", SECOND));
        assert!(!rates.take(&rate(text), key("b"), 4, SECOND).allowed, "no bucket holds four");
        assert!(rates.take(&rate(text), key("b"), 3, SECOND).allowed, "and nothing was taken");
    }

    #[test]
    fn who_asks_and_the_rate_are_part_of_the_key() {
        let rates = Rates::few();
        assert!(allows(&rates, "1 per 1h", "a", SECOND) && allows(&rates, "1 per 2h", "a", SECOND));
        let other = Key { owner: "other", text: "a" };
        assert!(rates.take(&rate("1 per 1h"), other, 1, SECOND).allowed);
        assert!(!allows(&rates, "1 per 1h", "a", SECOND));
    }

    #[test]
    fn full_ones_are_forgotten_first() {
        let rates = Rates::with(1, 100);
        // The first 99 are full again after a second, the last after an hour.
        for number in 0..99 {
            rates.take(&rate("1 per 1s"), key(&number.to_string()), 1, SECOND);
        }
        assert!(allows(&rates, "1 per 1h", "slow", SECOND));
        for number in 0..50 {
            let taken = rates.take(&rate("1 per 1h"), key(&format!("new {number}")), 1, SECOND * 3);
            assert_eq!(taken, Taken { allowed: true, forgot: false });
        }
        assert!(!allows(&rates, "1 per 1h", "slow", SECOND * 3), "it is remembered");
    }

    #[test]
    fn memory_is_bounded_however_many_keys_come() {
        let rates = Rates::with(2, 100);
        let forgot = (0..10_000)
            .filter(|number| rates.take(&rate("1 per 1h"), key(&number.to_string()), 1, SECOND).forgot)
            .count();
        assert_eq!(forgot, 9_800);
        let kept: usize = rates.parts.iter().map(|part| part.lock().unwrap().full_at.len()).sum();
        assert_eq!(kept, 200);
    }

    proptest! {
        /// Whatever the times, no more passes than the burst and what the time has given.
        #[test]
        fn no_more_passes_than_the_rate_says(
            amount in 1_u32..50, seconds in 1_u64..100, burst in 1_u32..50,
            steps in proptest::collection::vec((0_u64..5_000, 1_u32..4), 1..200),
        ) {
            let rate = Rate { amount, per: Duration::from_secs(seconds), burst };
            let rates = Rates::few();
            let (mut now, mut passed) = (SECOND, 0_u64);
            for (milliseconds, tokens) in steps {
                now += Duration::from_millis(milliseconds);
                passed += u64::from(tokens) * u64::from(rates.take(&rate, key("a"), tokens, now).allowed);
                let given = (now - SECOND).as_secs_f64() * f64::from(amount) / rate.per.as_secs_f64();
                #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
                let passed = passed as f64;
                prop_assert!(passed <= f64::from(burst) + given + 1e-3, "{passed} of {burst} and {given}");
            }
        }
    }
}
