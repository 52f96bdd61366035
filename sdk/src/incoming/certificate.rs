//! The handshake is done: is this certificate the client's?

use crate::facts::{self, Client};
use crate::verdict;

/// `accept` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::IncomingCertificate>;

/// The handshake is done; asked again at MAIL FROM, when the sender's domain is known.
///
/// The certificate may be none: [`presented`](facts::Certificate::presented) says so.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct TrustedOnly;
///
/// impl incoming::Certificate for TrustedOnly {
///     fn certificate(&self, _: &Client, certificate: &Certificate) -> incoming::certificate::Verdict {
///         if certificate.trusted() { accept() } else { refuse("5.7.5", certificate.problem()) }
///     }
/// }
///
/// let client = testing::encrypted_client();
/// assert_eq!(TrustedOnly.certificate(&client, &testing::certificate()), accept());
/// let verdict = TrustedOnly.certificate(&client, &testing::no_certificate());
/// assert_eq!(verdict, refuse("5.7.5", "no certificate was presented"));
/// ```
pub trait Certificate {
    /// Will this certificate do, or its absence?
    fn certificate(&self, client: &Client, certificate: &facts::Certificate) -> Verdict;
}
