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
    /// Adds a recipient with parameters of RCPT TO (RFC 3461). Milters only.
    AddRecipientWith {
        /// The recipient.
        address: String,
        /// The parameters, with spaces between them.
        parameters: String,
    },
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
        #[serde(serialize_with = "size_of")]
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
        #[serde(serialize_with = "size_of")]
        plain: String,
        /// For the HTML part; `None` is the plain text, escaped.
        #[serde(serialize_with = "size_of_some")]
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
            Self::AddRecipient(_) | Self::AddRecipientWith { .. } => "add_recipient",
            Self::RemoveRecipient(_) => "remove_recipient",
            Self::ReplaceBody(_) => "replace_body",
            Self::ReplacePart { .. } => "replace_part",
            Self::RemovePart { .. } => "remove_part",
            Self::AppendText { .. } => "append_text",
            Self::Tag { .. } => "tag",
        }
    }
}

/// In words, as in `add_header X-Spam: yes`; of texts only how long they are.
impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match self {
            Self::AddHeader(header) | Self::ReplaceHeader { header, .. } => write!(f, "{word} {header:?}"),
            Self::InsertHeader { position, header } => write!(f, "{word} {position} {header:?}"),
            Self::RemoveHeader { name: text, .. }
            | Self::ReplaceSender(text)
            | Self::AddRecipient(text)
            | Self::AddRecipientWith { address: text, .. }
            | Self::RemoveRecipient(text)
            | Self::RemovePart { part: text } => write!(f, "{word} {text}"),
            Self::ReplaceBody(body) => write!(f, "{word} {} octets", body.len()),
            Self::ReplacePart { part, text, .. } => write!(f, "{word} {part} {} octets", text.len()),
            Self::AppendText { plain, .. } => write!(f, "{word} {} octets", plain.len()),
            Self::Tag { name, value } => write!(f, "{word} {name}={value}"),
        }
    }
}

/// The most octets of a field's name (its line has at most 998, RFC 5322 section 2.1.1).
const NAME_LENGTH: usize = 200;
/// The most changes of one verdict.
const MOST: usize = 1000;
/// The most octets that the changes of one verdict have together: as the largest message usually has.
const OCTETS: usize = 50 << 20;

impl Edit {
    /// The longest name of a tag, octets.
    pub const TAG_NAME: usize = 64;
    /// The longest value of a tag, octets.
    pub const TAG_VALUE: usize = 256;

    /// Puts it behind the changes of a verdict, if it makes sense by itself.
    ///
    /// # Errors
    ///
    /// See [`check`](Self::check); or there are too many.
    pub(crate) fn put(self, onto: &mut Vec<Self>) -> Result<(), String> {
        self.check()?;
        if onto.len() == MOST {
            return Err(format!("a verdict changes a message in at most {MOST} places"));
        }
        let octets: usize = onto.iter().chain([&self]).map(Self::octets).sum();
        if octets > OCTETS {
            return Err(format!("the changes of a verdict have at most {} MiB together", OCTETS >> 20));
        }
        onto.push(self);
        Ok(())
    }

    /// How much it holds in memory.
    fn octets(&self) -> usize {
        match self {
            Self::AddHeader(header)
            | Self::InsertHeader { header, .. }
            | Self::ReplaceHeader { header, .. } => header.name.len() + header.value.len(),
            Self::RemoveHeader { name: text, .. }
            | Self::ReplaceSender(text)
            | Self::AddRecipient(text)
            | Self::RemoveRecipient(text)
            | Self::RemovePart { part: text } => text.len(),
            Self::AddRecipientWith { address: one, parameters: other }
            | Self::Tag { name: one, value: other } => one.len() + other.len(),
            Self::ReplaceBody(body) => body.len(),
            Self::ReplacePart { part, content_type, text } => {
                part.len() + content_type.as_ref().map_or(0, String::len) + text.len()
            }
            Self::AppendText { plain, html } => plain.len() + html.as_ref().map_or(0, String::len),
        }
    }

    /// Whether it makes sense by itself, whatever the message.
    ///
    /// # Errors
    ///
    /// What is wrong, and what would be right.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::AddHeader(header)
            | Self::InsertHeader { header, .. }
            | Self::ReplaceHeader { header, .. } => {
                check_name(&header.name)?;
                check_value(&header.value)
            }
            Self::RemoveHeader { name, .. } => check_name(name),
            Self::AddRecipient(address)
            | Self::AddRecipientWith { address, .. }
            | Self::RemoveRecipient(address) => check_address(address),
            Self::ReplacePart { part, .. } | Self::RemovePart { part } => check_part(part),
            Self::Tag { name, value } => check_tag(name, value),
            Self::ReplaceSender(_) | Self::ReplaceBody(_) | Self::AppendText { .. } => Ok(()),
        }
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let right = (1..=NAME_LENGTH).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b':');
    if right {
        Ok(())
    } else {
        Err(format!("`{}` is no name of a header: write one like \"X-Checked\"", name.escape_debug()))
    }
}

/// Lines may be folded, but neither end the field nor stand empty.
fn check_value(value: &[u8]) -> Result<(), String> {
    let mut lines = value.split(|byte| *byte == b'\n').skip(1);
    let folded =
        lines.all(|line| matches!(line.first(), Some(b' ' | b'\t')) && !line.trim_ascii().is_empty());
    let bare = value.iter().enumerate().any(|(at, byte)| *byte == b'\r' && value.get(at + 1) != Some(&b'\n'));
    if folded && !bare && !value.contains(&0) {
        return Ok(());
    }
    Err("the value of a header is one line: a line end in it would begin another header".to_owned())
}

/// As far as it can be told here; the relay reads it as it reads RCPT TO.
pub(crate) fn check_address(address: &str) -> Result<(), String> {
    let (local, domain) = address.rsplit_once('@').unwrap_or_default();
    let wrong = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    if !local.is_empty() && !domain.is_empty() && address.len() <= 320 && !address.contains(wrong) {
        return Ok(());
    }
    Err(format!("`{}` is no address: write one like \"someone@example.org\"", address.escape_debug()))
}

fn check_part(part: &str) -> Result<(), String> {
    let number = |number: &str| number.parse::<u32>().is_ok_and(|number| number > 0);
    if part.split('.').all(number) {
        Ok(())
    } else {
        Err(format!("`{part}` is no number of a part: write one like \"1.2\""))
    }
}

fn check_tag(name: &str, value: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || name.len() > Edit::TAG_NAME || !name.chars().all(word) {
        return Err(format!(
            "`{}` is no name of a tag: letters, digits, `_`, `-` and `.`",
            name.escape_debug()
        ));
    }
    if value.len() > Edit::TAG_VALUE || value.chars().any(char::is_control) {
        return Err(format!(
            "the value of the tag `{name}` is one line of at most {} octets",
            Edit::TAG_VALUE
        ));
    }
    Ok(())
}

/// As text; octets that are no UTF-8 are shown as such.
impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}: {}", self.name, String::from_utf8_lossy(&self.value)))
    }
}

/// Of what a message says from now on, logs say only how large it is.
fn size_of<T: AsRef<[u8]>, S: Serializer>(text: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{} octets", text.as_ref().len()))
}

fn size_of_some<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        Some(text) => size_of(text, serializer),
        None => serializer.serialize_none(),
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, String::from_utf8_lossy(&self.value))
    }
}

#[cfg(test)]
mod tests;
