//! What the operator is told. Every plugin may: nothing has to be granted.
//!
//! The macros take what `format!` takes. A call may say a few lines, each cut at 400 characters.
//! While a plugin is merely tried, at load, nothing is heard.

use crate::relay::log;

/// For whoever reads the log.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// log!("{} has a new key", "mx.example.org");
/// assert_eq!(testing::logged(), ["mx.example.org has a new key"]);
/// ```
#[macro_export]
macro_rules! log {
    ($($text:tt)*) => { $crate::log::info(&::std::format!($($text)*)) };
}

/// What the operator must mend: a warning in the log.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// alarm!("{} fell back to TLS 1.2", "mx.example.org");
/// assert_eq!(testing::alarms(), ["mx.example.org fell back to TLS 1.2"]);
/// ```
#[macro_export]
macro_rules! alarm {
    ($($text:tt)*) => { $crate::log::alarm(&::std::format!($($text)*)) };
}

/// For whoever looks closely.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// debug!("asked about {}", "mx.example.org");
/// assert!(testing::logged().is_empty());
/// ```
#[macro_export]
macro_rules! debug {
    ($($text:tt)*) => { $crate::log::debug(&::std::format!($($text)*)) };
}

/// Says a line, as [`log!`](crate::log!) does.
///
/// ```
/// waxseal_sdk::log::info("a new key");
/// assert_eq!(waxseal_sdk::testing::logged(), ["a new key"]);
/// ```
pub fn info(text: &str) {
    log::info(text);
}

/// Says a line, as [`alarm!`](crate::alarm!) does.
///
/// ```
/// waxseal_sdk::log::alarm("a new key");
/// assert_eq!(waxseal_sdk::testing::alarms(), ["a new key"]);
/// ```
pub fn alarm(text: &str) {
    log::alarm(text);
}

/// Says a line, as [`debug!`](crate::debug!) does.
///
/// ```
/// waxseal_sdk::log::debug("a new key");
/// ```
pub fn debug(text: &str) {
    log::debug(text);
}
