//! RCPT TO is read: may this recipient be named?

use crate::facts::{Client, Recipient};
use crate::verdict;

/// `accept`, `defer` or `refuse`.
pub type Verdict = verdict::Verdict<verdict::Passage>;

/// RCPT TO is read. Asked of filters.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// /// The post of the board crosses encrypted connections only.
/// struct Board;
///
/// impl incoming::Rcpt for Board {
///     fn rcpt(&self, client: &Client, recipient: &Recipient) -> incoming::rcpt::Verdict {
///         if recipient.address().starts_with("board@") && !client.encrypted() {
///             return refuse("5.7.0", "The board reads encrypted mail only");
///         }
///         no_opinion()
///     }
/// }
///
/// let client = testing::clear_client();
/// assert_eq!(Board.rcpt(&client, &testing::recipient()), no_opinion());
/// let board = testing::recipient().address("board@example.org");
/// assert_eq!(Board.rcpt(&client, &board).word(), "refuse");
/// ```
pub trait Rcpt {
    /// May this recipient be named?
    fn rcpt(&self, client: &Client, recipient: &Recipient) -> Verdict;
}
