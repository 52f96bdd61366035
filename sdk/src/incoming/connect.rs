//! A client has connected.

use crate::facts::Client;
use crate::verdict;

/// `accept`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::Passage>;

/// A client has connected. Asked of filters.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// /// Serves one network only.
/// struct OneNetwork;
///
/// impl incoming::Connect for OneNetwork {
///     fn connect(&self, client: &Client) -> incoming::connect::Verdict {
///         if client.address().starts_with("192.0.2.") { accept() } else { refuse("5.7.1", "Not from here") }
///     }
/// }
///
/// assert_eq!(OneNetwork.connect(&testing::clear_client()), accept());
/// assert_eq!(OneNetwork.connect(&testing::clear_client().address("203.0.113.1")).word(), "refuse");
/// ```
pub trait Connect {
    /// May this client be served?
    fn connect(&self, client: &Client) -> Verdict;
}
