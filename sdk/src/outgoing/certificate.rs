//! The handshake is done: is this certificate the host's?

use crate::facts::{self, Host};
use crate::verdict;

/// `accept`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::Passage>;

/// The handshake is done, before any SMTP octet: the chain and its judgement.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Verified;
///
/// impl outgoing::Certificate for Verified {
///     fn certificate(&self, _: &Host, certificate: &Certificate) -> outgoing::certificate::Verdict {
///         if certificate.verified() { accept() } else { defer("4.7.5", certificate.problem()) }
///     }
/// }
///
/// let host = testing::encrypted_host();
/// assert_eq!(Verified.certificate(&host, &testing::certificate()), accept());
/// assert_eq!(Verified.certificate(&host, &testing::expired_certificate()).word(), "defer");
/// ```
pub trait Certificate {
    /// Is this certificate the host's?
    fn certificate(&self, host: &Host, certificate: &facts::Certificate) -> Verdict;
}
