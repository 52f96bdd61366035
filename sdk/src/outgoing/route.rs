//! An attempt begins: where does the message go?

use crate::facts::{Host, Mail};
use crate::verdict;

/// `accept` with a next hop, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::OutgoingRoute>;

/// An attempt begins, and where it goes is to be chosen; no host is known yet: of the host there are only the
/// domain and its row. Asked of filters.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// /// Large mail goes its own way.
/// struct Large;
///
/// impl outgoing::Route for Large {
///     fn route(&self, _: &Host, mail: &Mail) -> outgoing::route::Verdict {
///         if mail.size() > 20_000_000 { accept_by(NextHop::new().transport("large")) } else { no_opinion() }
///     }
/// }
///
/// let host = testing::clear_host();
/// assert_eq!(Large.route(&host, &testing::mail()), no_opinion());
/// let verdict = Large.route(&host, &testing::mail().size(30_000_000));
/// assert_eq!(verdict, accept_by(NextHop::new().transport("large")));
/// ```
pub trait Route {
    /// Where does it go?
    fn route(&self, host: &Host, mail: &Mail) -> Verdict;
}
