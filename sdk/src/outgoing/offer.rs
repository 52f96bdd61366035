//! The host's EHLO reply is read: is TLS started?

use crate::facts::Host;
use crate::verdict;

/// `start_tls`, `stay_clear`, `defer` or `refuse`; of a filter also `require`.
pub type Verdict = verdict::Verdict<verdict::OutgoingOffer>;

/// The host's EHLO reply is read, STARTTLS offered or not.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Require;
///
/// impl outgoing::Offer for Require {
///     fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
///         if host.offers_tls() { start_tls() } else { defer("4.7.4", "TLS is required, but was not offered") }
///     }
/// }
///
/// assert_eq!(Require.offer(&testing::clear_host().offers_tls(true)), start_tls());
/// assert_eq!(Require.offer(&testing::clear_host()).code(), Some("4.7.4"));
/// ```
pub trait Offer {
    /// Is TLS started with this host?
    fn offer(&self, host: &Host) -> Verdict;
}
