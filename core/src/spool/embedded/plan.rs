//! When to choose again: as soon as something has changed, or when the next is due.

use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::record;

/// How long to wait at most for what is due later: the clock may be set forward meanwhile, and a
/// wait is measured by another one.
const CLOCK: Duration = Duration::from_secs(60);

/// When to choose again.
#[derive(Debug, Default)]
pub(super) struct Plan {
    changes: AtomicU64,
    wake: Notify,
    last: Mutex<Last>,
}

/// What the last choice saw.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    /// After so many changes; `None` if there was no choice yet.
    changes: Option<u64>,
    /// When something may be due that it did not have: nanoseconds since 1970.
    next: Option<i64>,
}

impl Plan {
    /// Something has changed: a choice may come to something else.
    pub(super) fn changed(&self) {
        self.count();
        self.wake();
    }

    /// Counts a change: whoever begins to wait from now on does not.
    pub(super) fn count(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
    }

    /// Wakes those that wait already.
    pub(super) fn wake(&self) {
        self.wake.notify_waiters();
    }

    /// How often something has changed: to be read before a choice.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// After so many changes it was chosen, and the next is due then.
    pub(super) fn chosen(&self, changes: u64, next: Option<i64>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Last { changes: Some(changes), next };
    }

    /// Waits until a choice may come to something else than the last one.
    pub(super) async fn wait(&self) {
        loop {
            let mut woken = pin!(self.wake.notified());
            // From here on no change is missed.
            woken.as_mut().enable();
            let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.changes != Some(self.changes()) {
                return;
            }
            let wait = last.next.map_or(CLOCK, |next| {
                record::time(next).duration_since(Timestamp::now()).try_into().unwrap_or_default()
            });
            // Whoever is woken for a change that the last choice has seen already waits on.
            if timeout(wait.min(CLOCK), woken).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_already_wakes_nobody() {
        let plan = Plan::default();
        assert!(plan.wait().now_or_never().is_some(), "there was no choice yet");
        plan.count();
        plan.chosen(plan.changes(), None);
        let mut waits = pin!(plan.wait());
        assert!(waits.as_mut().now_or_never().is_none());
        plan.wake();
        assert!(waits.as_mut().now_or_never().is_none());
        plan.changed();
        assert!(waits.as_mut().now_or_never().is_some());
    }
}
