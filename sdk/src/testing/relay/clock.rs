//! The time stands still until a test moves it.

use super::with;

/// The first of January 2027, 0:00 UTC: the ordinary certificate is valid then.
pub(super) const BEGINNING: i64 = 1_798_761_600;

pub(crate) fn now() -> i64 {
    with(|relay| relay.now)
}

pub(in crate::testing) fn set(seconds: i64) {
    with(|relay| relay.now = seconds);
}
