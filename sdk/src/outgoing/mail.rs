//! An envelope is about to cross: may it?

use crate::facts::{self, Host};
use crate::verdict;

/// `accept`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::Passage>;

/// An envelope is about to cross this connection as it is.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Require;
///
/// impl outgoing::Mail for Require {
///     fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
///         if host.encrypted() { accept() } else { defer("4.7.5", format!("TLS is required: {}", host.tls_failure())) }
///     }
/// }
///
/// let mail = testing::mail();
/// assert_eq!(Require.mail(&testing::encrypted_host(), &mail), accept());
/// let verdict = Require.mail(&testing::clear_host(), &mail);
/// assert_eq!(verdict, defer("4.7.5", "TLS is required: STARTTLS is not offered"));
/// ```
pub trait Mail {
    /// May the envelope cross this connection as it is?
    fn mail(&self, host: &Host, mail: &facts::Mail) -> Verdict;
}
