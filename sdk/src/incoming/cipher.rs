//! The ClientHello is read: is what the client can do good enough?

use crate::facts::{Client, Hello};
use crate::verdict;

/// `accept`, `accept_under` or `refuse`. Terms can only narrow those of start.
pub type Verdict = verdict::Verdict<verdict::IncomingCipher>;

/// The ClientHello is read, also one that the TLS library refuses; asked again at MAIL FROM.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// struct NewClientsOnly;
///
/// impl incoming::Cipher for NewClientsOnly {
///     fn cipher(&self, _: &Client, hello: &Hello) -> incoming::cipher::Verdict {
///         if hello.highest_version() < TLS_1_3 { refuse(USUAL, "TLS 1.3 is required") } else { accept() }
///     }
/// }
///
/// let client = testing::clear_client();
/// assert_eq!(NewClientsOnly.cipher(&client, &testing::hello()), accept());
/// let old = testing::hello().highest_version(TLS_1_2);
/// assert_eq!(NewClientsOnly.cipher(&client, &old).word(), "refuse");
/// ```
pub trait Cipher {
    /// Is what the client can do good enough?
    fn cipher(&self, client: &Client, hello: &Hello) -> Verdict;
}
