//! The time, as those who are asked are told it; what tests imagine can be moved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A clock that goes as the machine's does, and may be ahead of it.
#[derive(Debug)]
pub(crate) struct Clock {
    begun: Instant,
    /// Milliseconds.
    ahead: AtomicU64,
}

impl Clock {
    /// Seconds since 1970, UTC.
    pub(crate) fn now(&self) -> i64 {
        let ahead = i64::try_from(self.ahead().as_secs()).unwrap_or(i64::MAX);
        Timestamp::now().as_second().saturating_add(ahead)
    }

    /// How long it has gone: never set back, as the time of the day may be.
    pub(super) fn gone(&self) -> Duration {
        self.begun.elapsed().saturating_add(self.ahead())
    }

    /// Moves it ahead.
    pub(super) fn advance(&self, by: Duration) {
        self.ahead.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead.load(Ordering::Relaxed))
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Instant::now(), ahead: AtomicU64::new(0) }
    }
}
