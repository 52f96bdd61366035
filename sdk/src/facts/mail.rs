//! A message that is about to cross a connection.

use super::facts;

facts! {
    /// The envelope of a message (RFC 5321 section 2.3.1), as far as it is known.
    pub struct Mail {
        /// The reverse-path; empty for the null sender of a bounce.
        sender: Text,
        /// The domain of the reverse-path; empty for the null sender and for address literals.
        sender_domain: Text,
        /// Outgoing: the domain of the recipients. Incoming: empty, they are not known yet.
        recipient_domain: Text,
        /// The size in octets: incoming as declared by SIZE (0: not declared), outgoing as it is.
        size: Number,
        /// Outgoing: how many attempts were made before this one.
        attempts: Number,
        /// Outgoing: the recipients of that domain. Incoming: none, they are not known yet.
        recipients: Texts,
        /// Outgoing: what filters have tagged the message with.
        tags: Fields,
    }
}
