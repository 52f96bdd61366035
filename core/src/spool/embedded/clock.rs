//! The clock of the wall, and whether it was set back.
//!
//! Due times are those of the wall, since they outlive the process. A clock that is set forward makes
//! mail due early, which nobody minds. One that is set back would make all that waits wait longer by as
//! much: it is noticed by a clock that nobody sets, and what waits is made due earlier.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::record::nanoseconds;

/// By how much the clock must be set back to be noticed: less delays mail no more than a retry's
/// jitter, and is how clocks are corrected every day.
const NOTICED: Duration = Duration::from_secs(10);

/// Now: nanoseconds since 1970.
pub(super) fn now() -> i64 {
    nanoseconds(Timestamp::now())
}

/// Watches the clock of the wall.
#[derive(Debug)]
pub(super) struct Watch(Mutex<(i64, Instant)>);

impl Watch {
    pub(super) fn begin() -> Self {
        Self(Mutex::new((now(), Instant::now())))
    }

    /// By how much the clock was set back since this was asked last: nanoseconds.
    pub(super) fn set_back(&self) -> Option<i64> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, steady) = std::mem::replace(&mut *last, (now(), Instant::now()));
        set_back(wall, last.0, last.1 - steady)
    }
}

fn set_back(before: i64, after: i64, passed: Duration) -> Option<i64> {
    let expected = before.saturating_add(i64::try_from(passed.as_nanos()).unwrap_or(i64::MAX));
    let by = expected.saturating_sub(after);
    (u128::try_from(by).unwrap_or(0) >= NOTICED.as_nanos()).then_some(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn only_a_clock_that_is_set_back_is_noticed() {
        let minute = Duration::from_secs(60);
        assert_eq!(set_back(1000 * SECOND, 1060 * SECOND, minute), None);
        assert_eq!(set_back(1000 * SECOND, 1055 * SECOND, minute), None, "it is corrected");
        assert_eq!(set_back(1000 * SECOND, 9000 * SECOND, minute), None, "it is set forward");
        assert_eq!(set_back(1000 * SECOND, 960 * SECOND, minute), Some(100 * SECOND));
        assert_eq!(Watch::begin().set_back(), None);
    }
}
