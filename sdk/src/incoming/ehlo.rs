//! EHLO or HELO is read: may it call itself so?

use crate::facts::Client;
use crate::verdict;

/// `accept`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::Passage>;

/// EHLO or HELO is read, clear or inside TLS. Asked of filters.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// /// Nobody else has our name.
/// struct Ours;
///
/// impl incoming::Ehlo for Ours {
///     fn ehlo(&self, client: &Client) -> incoming::ehlo::Verdict {
///         if client.ehlo() == "mx.example.org" { refuse("5.7.1", "That is my name") } else { no_opinion() }
///     }
/// }
///
/// assert_eq!(Ours.ehlo(&testing::clear_client()), no_opinion());
/// assert_eq!(Ours.ehlo(&testing::clear_client().ehlo("mx.example.org")).word(), "refuse");
/// ```
pub trait Ehlo {
    /// May it call itself so?
    fn ehlo(&self, client: &Client) -> Verdict;
}
