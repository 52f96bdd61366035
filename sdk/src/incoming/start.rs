//! STARTTLS is read: is the handshake started, and under which terms?

use crate::facts::Client;
use crate::verdict;

/// `accept`, `accept_under` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::IncomingStart>;

/// STARTTLS is read, or an implicit-TLS connection opens.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct AskForCertificates;
///
/// impl incoming::Start for AskForCertificates {
///     fn start(&self, _: &Client) -> incoming::start::Verdict {
///         accept_under(Terms::new().client_certificate(ClientCertificate::Request))
///     }
/// }
///
/// let verdict = AskForCertificates.start(&testing::clear_client());
/// assert_eq!(verdict.terms().unwrap().client_certificate, Some(ClientCertificate::Request));
/// ```
pub trait Start {
    /// Is the handshake started, and under which terms?
    fn start(&self, client: &Client) -> Verdict;
}
