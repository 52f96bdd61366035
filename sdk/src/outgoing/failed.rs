//! The message goes back to its sender. Filters are told.

use crate::facts::{Host, Report};

/// The message goes back to its sender. Filters are told; nothing comes of what they do.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Counted;
///
/// impl outgoing::Failed for Counted {
///     fn failed(&self, _: &Host, report: &Report) {
///         log!("{}: {}", report.id(), report.reply());
///         counters::add("failed", 1);
///     }
/// }
///
/// Counted.failed(&testing::encrypted_host(), &testing::report());
/// assert_eq!(testing::counted("failed"), 1);
/// ```
pub trait Failed {
    /// The message goes back to its sender.
    fn failed(&self, host: &Host, report: &Report);
}
