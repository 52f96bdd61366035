//! The message waits for another attempt. Filters are told.

use crate::facts::{Host, Report};

/// The message waits for another attempt. Filters are told; nothing comes of what they do.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Counted;
///
/// impl outgoing::Deferred for Counted {
///     fn deferred(&self, _: &Host, report: &Report) {
///         log!("{}: {}", report.id(), report.reply());
///         counters::add("deferred", 1);
///     }
/// }
///
/// Counted.deferred(&testing::encrypted_host(), &testing::report());
/// assert_eq!(testing::counted("deferred"), 1);
/// ```
pub trait Deferred {
    /// The message waits for another attempt.
    fn deferred(&self, host: &Host, report: &Report);
}
