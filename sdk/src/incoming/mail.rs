//! MAIL FROM is read: may the message cross this connection?

use crate::facts::{self, Client};
use crate::verdict;

/// `accept`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::Passage>;

/// MAIL FROM is read: may the message cross this connection as it is?
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct Require;
///
/// impl incoming::Mail for Require {
///     fn mail(&self, client: &Client, _: &Mail) -> incoming::mail::Verdict {
///         if client.encrypted() { accept() } else { refuse("5.7.0", "Must issue a STARTTLS command first") }
///     }
/// }
///
/// let mail = testing::mail();
/// assert_eq!(Require.mail(&testing::encrypted_client(), &mail), accept());
/// assert_eq!(Require.mail(&testing::clear_client(), &mail).code(), Some("5.7.0"));
/// ```
pub trait Mail {
    /// May the message cross this connection as it is?
    fn mail(&self, client: &Client, mail: &facts::Mail) -> Verdict;
}
