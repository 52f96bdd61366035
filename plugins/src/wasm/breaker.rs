//! A plugin that fails again and again is not asked for a while.
//!
//! Its mail is deferred all the same: a breaker never lets mail through. It saves the time of making
//! an instance for each failure, and says once, loudly, what would be said for each mail.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many failures in a row are no accident.
const FAILURES: u32 = 10;
/// How long it is left alone. Then one call tries it.
const REST: Duration = Duration::from_secs(10);

/// Counts the failures of a plugin.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    in_a_row: u32,
    resting_until: Option<Instant>,
}

/// What a call that has ended changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// It rests from now on.
    Rests,
    /// It answers again.
    Recovered,
}

impl Breaker {
    /// How long the plugin still rests, if it does. When the rest is over one call is let through: if it
    /// fails, the next rest begins.
    pub(super) fn resting(&self, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        let until = state.resting_until?;
        if now < until {
            return Some(until - now);
        }
        state.resting_until = Some(now + REST);
        None
    }

    /// A call went well.
    pub(super) fn succeeded(&self) -> Change {
        let mut state = self.state();
        let rested = state.resting_until.is_some();
        *state = State::default();
        if rested { Change::Recovered } else { Change::None }
    }

    /// A call failed.
    pub(super) fn failed(&self, now: Instant) -> Change {
        let mut state = self.state();
        state.in_a_row = state.in_a_row.saturating_add(1);
        if state.in_a_row < FAILURES {
            return Change::None;
        }
        let rests = state.resting_until.is_none();
        state.resting_until = Some(now + REST);
        if rests { Change::Rests } else { Change::None }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rests_after_failures_in_a_row() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        for _ in 1..FAILURES {
            assert_eq!(breaker.failed(now), Change::None);
        }
        assert_eq!(breaker.succeeded(), Change::None);
        for _ in 1..FAILURES {
            assert_eq!(breaker.failed(now), Change::None);
        }
        assert_eq!(breaker.resting(now), None);
        assert_eq!(breaker.failed(now), Change::Rests);
        assert_eq!(breaker.resting(now), Some(REST));
    }

    #[test]
    fn one_call_tries_it_when_the_rest_is_over() {
        let (breaker, now) = (Breaker::default(), Instant::now());
        (0..FAILURES).for_each(|_| _ = breaker.failed(now));
        let later = now + REST;
        assert_eq!(breaker.resting(later), None);
        assert!(breaker.resting(later).is_some(), "others wait for what it comes to");
        assert_eq!(breaker.failed(later), Change::None);
        assert_eq!(breaker.resting(later + REST), None);
        assert_eq!(breaker.succeeded(), Change::Recovered);
        assert_eq!(breaker.resting(later), None);
    }
}
