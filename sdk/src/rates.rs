//! Rates: how often something may happen, for each key. The site grants them: `grant = ["rates"]`.
//!
//! What is left of a rate belongs to the plugin's name, and survives reloads. It is kept in memory: after a
//! restart all rates are whole again.

use crate::relay::rates;

/// Whether a rate has one left for a key, which is taken then.
///
/// A rate is written as in `"12 per 1h"`, or `"100 per 1h burst 20"` where less may come at once; times end in
/// `s`, `m`, `h` or `d`. The key is any text.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert!(rates::allows("1 per 1m", "192.0.2.25").unwrap());
/// assert!(!rates::allows("1 per 1m", "192.0.2.25").unwrap());
/// testing::advance_clock(60);
/// assert!(rates::allows("1 per 1m", "192.0.2.25").unwrap());
/// ```
///
/// # Errors
/// The rate is written otherwise.
pub fn allows(rate: &str, key: &str) -> Result<bool, String> {
    rates::allows(rate, key, 1)
}

/// Whether a rate has so many left for a key, which are taken then.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert!(rates::allows_many("10 per 1h", "a@example.org", 8).unwrap());
/// assert!(!rates::allows_many("10 per 1h", "a@example.org", 3).unwrap());
/// ```
///
/// # Errors
/// The rate is written otherwise, or would never have so many.
pub fn allows_many(rate: &str, key: &str, tokens: u32) -> Result<bool, String> {
    rates::allows(rate, key, tokens)
}
