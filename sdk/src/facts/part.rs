//! A part of a message.

use super::facts;

facts! {
    /// A MIME part of a message (RFC 2045); a message that is not of several parts is one.
    pub struct Part {
        /// Its number as in IMAP (RFC 9051 section 6.4.5), as in `1.2`.
        number: Text,
        /// Its media type in small letters, as in `text/plain`.
        content_type: Text,
        /// The media type that its first octets show; empty where they show none.
        detected_type: Text,
        /// Its character set; empty where none is given.
        charset: Text,
        /// Its file name, decoded; empty where it has none.
        name: Text,
        /// Whether it is an attachment: declared as one, or neither text nor inline.
        attachment: Flag,
        /// Its size in octets, as it is encoded.
        size: Number,
        /// What a text part says, decoded, at most 256 KiB; empty of others.
        text: Text,
    }
}
