//! Counters of the plugin's own, which become metrics. The site grants them: `grant = ["counters"]`.

use crate::relay::counters;

/// Adds to a counter, which begins at 0.
///
/// It is shown as `waxseal_plugin_counter_total` with the labels `plugin` and `counter`. A name has
/// small letters, digits and `_`; a plugin has at most 32 counters. What is beyond is not counted,
/// and the log says so.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// counters::add("new_keys", 1);
/// counters::add("new_keys", 2);
/// assert_eq!(testing::counted("new_keys"), 3);
/// ```
pub fn add(name: &str, amount: u64) {
    counters::add(name, amount);
}
