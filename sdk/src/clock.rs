//! The time. The site grants it: `grant = ["clock"]`.

use crate::relay::clock;

/// Seconds since 1970, UTC.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn days_left(certificate: &Certificate) -> i64 {
///     (certificate.valid_until() - clock::now()) / 86_400
/// }
///
/// let in_three_days = clock::now() + 3 * 86_400;
/// assert_eq!(days_left(&testing::certificate().valid_until(in_three_days)), 3);
/// ```
#[must_use]
pub fn now() -> i64 {
    clock::now()
}
