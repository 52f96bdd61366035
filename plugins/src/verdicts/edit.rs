//! What a filter changes of a message and of its envelope.
//!
//! The same for scripts, plugins and milters; the relay applies them in the order in which they were said.

use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};

/// A header field that is put into a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The field's name: printable ASCII without the colon (RFC 5322 section 2.2).
    pub name: String,
    /// Its value in octets, without the final line end. It may be folded: each line end is followed by a
    /// space or tab.
    pub value: Vec<u8>,
}

impl Header {
    /// A header of text.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into().into_bytes() }
    }
}

/// A change of a message, or of its envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Adds a field behind the last one.
    AddHeader(Header),
    /// Inserts a field before another.
    InsertHeader {
        /// The number of the field that it comes before; 0 is on top, and beyond the last is behind it.
        position: usize,
        /// The field.
        header: Header,
    },
    /// Gives a field another value; adds it where there is none.
    ReplaceHeader {
        /// Which of the fields of that name, from the top; the first is 1.
        occurrence: u32,
        /// The name, and the new value.
        header: Header,
    },
    /// Removes fields.
    RemoveHeader {
        /// Their name.
        name: String,
        /// Which of them, from the top, the first is 1; `None` is all.
        occurrence: Option<u32>,
    },
    /// Gives the envelope another reverse-path. Milters only.
    ReplaceSender(String),
    /// Adds a recipient to the envelope.
    AddRecipient(String),
    /// Removes a recipient from the envelope.
    RemoveRecipient(String),
    /// Replaces everything after the header section; canonical lines.
    #[serde(serialize_with = "size_of")]
    ReplaceBody(Bytes),
    /// Replaces what a part says, in UTF-8.
    ReplacePart {
        /// The part's number as in IMAP (RFC 9051 section 6.4.5), as in `1.2`.
        part: String,
        /// Its media type from now on; `None` is `text/plain`.
        content_type: Option<String>,
        /// What it says.
        text: String,
    },
    /// Removes a part; the others stay octet for octet.
    RemovePart {
        /// The part's number, likewise.
        part: String,
    },
    /// Appends a text, such as a disclaimer, to what the reader is shown first: never to attachments, and
    /// never inside of what is signed or encrypted.
    AppendText {
        /// For the text part.
        plain: String,
        /// For the HTML part; `None` is the plain text, escaped.
        html: Option<String>,
    },
    /// A tag that goes along with the message: later filters, `route`, the log and the queue show it.
    Tag {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

impl Edit {
    /// The word for it, as scripts write it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::AddHeader(_) => "add_header",
            Self::InsertHeader { .. } => "insert_header",
            Self::ReplaceHeader { .. } => "replace_header",
            Self::RemoveHeader { .. } => "remove_header",
            Self::ReplaceSender(_) => "replace_sender",
            Self::AddRecipient(_) => "add_recipient",
            Self::RemoveRecipient(_) => "remove_recipient",
            Self::ReplaceBody(_) => "replace_body",
            Self::ReplacePart { .. } => "replace_part",
            Self::RemovePart { .. } => "remove_part",
            Self::AppendText { .. } => "append_text",
            Self::Tag { .. } => "tag",
        }
    }
}

/// As text; octets that are no UTF-8 are shown as such.
impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}: {}", self.name, String::from_utf8_lossy(&self.value)))
    }
}

/// Of a whole body, logs say only how large it is.
fn size_of<S: Serializer>(body: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{} octets", body.len()))
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, String::from_utf8_lossy(&self.value))
    }
}
