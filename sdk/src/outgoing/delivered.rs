//! A host has taken the message. Filters are told.

use crate::facts::{Host, Report};

/// A host has taken the message. Filters are told; nothing comes of what they do.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Counted;
///
/// impl outgoing::Delivered for Counted {
///     fn delivered(&self, _: &Host, report: &Report) {
///         log!("{}: {}", report.id(), report.reply());
///         counters::add("delivered", 1);
///     }
/// }
///
/// Counted.delivered(&testing::encrypted_host(), &testing::report());
/// assert_eq!(testing::counted("delivered"), 1);
/// ```
pub trait Delivered {
    /// A host has taken the message.
    fn delivered(&self, host: &Host, report: &Report);
}
