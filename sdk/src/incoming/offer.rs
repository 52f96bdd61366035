//! EHLO is to be answered: is TLS offered?

use crate::facts::Client;
use crate::verdict;

/// `advertise`, `withhold` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::IncomingOffer>;

/// EHLO or HELO is to be answered, on a clear connection.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Attempt;
///
/// impl incoming::Offer for Attempt {
///     fn offer(&self, client: &Client) -> incoming::offer::Verdict {
///         if client.recent_failures() > 0 { withhold() } else { advertise() }
///     }
/// }
///
/// assert_eq!(Attempt.offer(&testing::clear_client()), advertise());
/// assert_eq!(Attempt.offer(&testing::clear_client().recent_failures(1)), withhold());
/// ```
pub trait Offer {
    /// Is STARTTLS advertised to this client?
    fn offer(&self, client: &Client) -> Verdict;
}
