//! STARTTLS is about to be sent: under which terms?

use crate::facts::Host;
use crate::verdict;

/// `accept`, `accept_under`, `stay_clear`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::OutgoingStart>;

/// STARTTLS is about to be sent.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Modern;
///
/// impl outgoing::Start for Modern {
///     fn start(&self, _: &Host) -> outgoing::start::Verdict {
///         accept_under(Terms::new().min_version(TLS_1_3))
///     }
/// }
///
/// let verdict = Modern.start(&testing::clear_host().offers_tls(true));
/// assert_eq!(verdict.terms().unwrap().min_version, Some(TLS_1_3));
/// ```
pub trait Start {
    /// Is STARTTLS sent, and under which terms?
    fn start(&self, host: &Host) -> Verdict;
}
