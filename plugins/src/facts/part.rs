//! A part of a message.

use super::facts;

facts! {
    /// A MIME part of a message (RFC 2045); a message that is not of several parts is one.
    pub struct Part as "part" {
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
        /// Every file name that it is given, decoded. An honest part has one at most; of several, programs choose as they like.
        names: Texts,
        /// Whether it is to be saved rather than read on the spot: it says so, has a file name, or is a message.
        attachment: Flag,
        /// Whether it is within something that is signed or encrypted, so that no edit changes it.
        sealed: Flag,
        /// Its size in octets, as it is encoded.
        size: Number,
        /// What a text part says, decoded, at most 256 KiB, and 1 MiB of all parts together; empty of others.
        text: Text,
    }
}
