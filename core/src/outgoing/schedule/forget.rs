//! What is remembered of destinations and hosts is bounded.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// The most destinations, and hosts, remembered beside those that are busy.
pub(super) const MOST: usize = 10_000;

/// How long one that is idle is remembered, unless there are too many.
const KEPT: Duration = Duration::from_secs(10 * 60);

/// Forgets those that are idle: the ones unused for long, or all if that leaves too many.
pub(super) fn forget<K, V>(all: &mut HashMap<K, V>, look: impl Fn(&V) -> (bool, Instant), now: Instant) {
    all.retain(|_, one| {
        let (is_idle, used) = look(one);
        !is_idle || now.duration_since(used) < KEPT
    });
    // Half of what may be: the next one that is new must not cost another walk.
    if all.len() > MOST / 2 {
        all.retain(|_, one| !look(one).0);
    }
}
