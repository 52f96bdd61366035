//! A recipient that an incoming transaction names.

use super::facts;

facts! {
    /// One RCPT TO of an incoming transaction.
    pub struct Recipient {
        /// The forward-path.
        address: Text,
        /// Its domain.
        domain: Text,
        /// The transaction's reverse-path; empty for the null sender.
        sender: Text,
        /// How many recipients were accepted before it in this transaction.
        accepted: Number,
    }
}
