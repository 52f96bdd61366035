//! What became of an attempt.

use super::facts;

facts! {
    /// What became of a message at an attempt, for the recipients for whom it came to that.
    pub struct Report {
        /// The message's id, as the log and the queue have it.
        id: Text,
        /// The reverse-path; empty for the null sender.
        sender: Text,
        /// The recipients that it is about, all of one domain.
        recipients: Texts,
        /// The size in octets.
        size: Number,
        /// What filters have tagged it with.
        tags: Fields,
        /// The enhanced status code (RFC 3463), as in `4.4.1`; empty where there is none.
        code: Text,
        /// What the host said, or why it was not reached, in words.
        reply: Text,
        /// How many attempts were made, this one included.
        attempts: Number,
        /// The age of the message in seconds.
        age: Number,
        /// In how many seconds it is tried again; 0 where it is not.
        next_attempt: Number,
    }
}
