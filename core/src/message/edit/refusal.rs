//! Why an edit cannot be done. The message then stays as it was before it; what becomes of it is not decided here.

use thiserror::Error;

use crate::message::headers::written::InvalidHeader;
use crate::smtp::address::InvalidMailbox;

/// An edit that was not done.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{word} was not done: {why}")]
pub struct Refusal {
    /// Its number in the list of edits, from 0.
    pub edit: usize,
    /// The word for it, as scripts write it.
    pub word: &'static str,
    /// Why not.
    pub why: Why,
}

/// Why an edit cannot be done.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Why {
    /// It is no header field.
    #[error(transparent)]
    Header(#[from] InvalidHeader),
    /// It is no address.
    #[error(transparent)]
    Address(#[from] InvalidMailbox),
    /// There is no such part.
    #[error("the message has no part `{0}`; parts are numbered as in IMAP, as in `1` or `2.1`")]
    NoSuchPart(String),
    /// The part is, or is within, what is signed or encrypted.
    #[error("part `{0}` is signed or encrypted, which a change would break")]
    Sealed(String),
    /// The part is all of a message.
    #[error("part `{0}` is all of a message: its text can be replaced, but it cannot be removed")]
    WholeMessage(String),
    /// There is nothing that a text could be appended to.
    #[error("the message has no text part to which a text could be appended")]
    NoText,
    /// The part is written in a way that we do not know.
    #[error("part `{0}` has a transfer encoding that is not known")]
    Encoding(String),
    /// The part is written in a character set that we do not know, or that does not explain all of its octets.
    #[error("part `{part}` is not written in a character set that is known; it says `{charset}`")]
    Charset {
        /// Its number.
        part: String,
        /// What it says.
        charset: String,
    },
    /// It is no media type for a text.
    #[error("`{0}` is no media type of a part with text, as `text/plain` is")]
    MediaType(String),
    /// The part would have to be read as a whole.
    #[error("part `{part}` has more than {limit} octets, and cannot be changed without reading all of it")]
    TooLarge {
        /// Its number.
        part: String,
        /// The most octets of a part that is read as a whole.
        limit: usize,
    },
}
