//! What the header fields of a part say of it.

use mail_parser::ContentType;

use crate::message::headers::{HeaderSection, decoded};

/// The longest boundary, octets. RFC 2046 section 5.1.1 allows 70.
const BOUNDARY: usize = 500;

/// The longest text that is taken from a header field, octets.
const TEXT: usize = 1_024;

/// What a part says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its media type in lower case; what RFC 2045 section 5.2 says where there is none, and `application/octet-stream` where it
    /// cannot be read.
    pub media_type: String,
    /// The character set in lower case, if one is named.
    pub charset: Option<String>,
    /// The boundary of a multipart.
    pub boundary: Option<String>,
    /// Whether there is a boundary that is longer than is looked at: others may see parts.
    pub(super) has_longer_boundary: bool,
    /// How its octets are written.
    pub encoding: TransferEncoding,
    /// How it wants to be shown.
    pub disposition: Disposition,
    /// The names of the file that it is, decoded, each once: Content-Disposition's before Content-Type's. Where there are several,
    /// programs choose as they like.
    pub file_names: Vec<String>,
    /// Its Content-ID, without brackets.
    pub content_id: Option<String>,
    /// How lines of plain text are to be read.
    pub lines: Lines,
}

/// How the octets of a part are written (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransferEncoding {
    /// As they are, ASCII; also where nothing is said.
    #[default]
    SevenBit,
    /// As they are.
    EightBit,
    /// As they are, without lines.
    Binary,
    /// Quoted-printable.
    QuotedPrintable,
    /// Base64.
    Base64,
    /// In a way that we do not know.
    Unknown,
}

/// How a part wants to be shown (RFC 2183).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disposition {
    /// It does not say.
    #[default]
    Unsaid,
    /// On the spot.
    Inline,
    /// As a file; also where it says something unknown (RFC 2183 section 2.8).
    Attachment,
}

/// How lines of plain text are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lines {
    /// As they are.
    #[default]
    Fixed,
    /// A space at their end says that they go on (RFC 3676).
    Flowed,
    /// Likewise, and that space is none of the text (`DelSp=yes`).
    FlowedWithoutSpace,
}

impl Declared {
    /// What the header fields of a part say, in a multipart whose parts are of this type by default.
    pub(super) fn of(headers: &HeaderSection, default: &str) -> Self {
        let value = |name| headers.first(name).map(|field| field.unfolded());
        let content_type = value("content-type").map(|value| decoded::parameters(&value));
        let media_type = match &content_type {
            None => default.to_owned(),
            Some(content_type) => content_type.as_ref().map_or_else(unreadable, media_type),
        };
        let content_type = content_type.flatten();
        let disposition = value("content-disposition").and_then(|value| decoded::parameters(&value));
        let boundary = content_type.as_ref().and_then(boundary);
        let named =
            |from: &Option<ContentType<'_>>, name| from.as_ref().and_then(|from| parameter(from, name));
        let id = headers.first("content-id").map(|field| field.text());
        Self {
            charset: named(&content_type, "charset").map(|charset| charset.to_ascii_lowercase()),
            boundary: boundary.clone().filter(|boundary| boundary.len() <= BOUNDARY),
            has_longer_boundary: boundary.is_some_and(|boundary| boundary.len() > BOUNDARY),
            encoding: value("content-transfer-encoding")
                .map(|value| TransferEncoding::of(&value))
                .unwrap_or_default(),
            disposition: disposition.as_ref().map(Disposition::of).unwrap_or_default(),
            file_names: file_names(headers),
            content_id: id.map(|id| bounded(id.trim_matches(['<', '>', ' ']))).filter(|id| !id.is_empty()),
            lines: content_type.as_ref().map(Lines::of).unwrap_or_default(),
            media_type,
        }
    }
}

/// All names, of all fields: also of those that no honest mailer writes twice.
fn file_names(headers: &HeaderSection) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (field, parameter) in [("content-disposition", "filename"), ("content-type", "name")] {
        let fields = headers.all(field).filter_map(|field| decoded::parameters(&field.unfolded()));
        let attributes = fields.flat_map(|field| field.attributes.into_iter().flatten());
        let named = attributes.filter(|attribute| attribute.name.eq_ignore_ascii_case(parameter));
        for name in named.map(|attribute| file_name(attribute.value.trim())) {
            if !name.is_empty() && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// A name of bounded length. Its end is kept, which says what kind of file it is.
fn file_name(name: &str) -> String {
    let start = name.ceil_char_boundary(name.len().saturating_sub(TEXT));
    without_controls(name.get(start..).unwrap_or(name))
}

impl TransferEncoding {
    fn of(value: &[u8]) -> Self {
        // Comments and parameters are not allowed here, and met all the same.
        let word =
            value.split(|octet| matches!(octet, b';' | b' ' | b'(' | b'\t')).next().unwrap_or_default();
        match word.to_ascii_lowercase().as_slice() {
            b"" | b"7bit" | b"7-bit" | b"us-ascii" => Self::SevenBit,
            b"8bit" | b"8-bit" => Self::EightBit,
            b"binary" => Self::Binary,
            b"quoted-printable" => Self::QuotedPrintable,
            b"base64" => Self::Base64,
            _ => Self::Unknown,
        }
    }

    /// Whether the octets stand as they are.
    pub fn is_identity(self) -> bool {
        matches!(self, Self::SevenBit | Self::EightBit | Self::Binary)
    }
}

impl Disposition {
    fn of(disposition: &ContentType<'_>) -> Self {
        if disposition.c_type.eq_ignore_ascii_case("inline") { Self::Inline } else { Self::Attachment }
    }
}

impl Lines {
    fn of(content_type: &ContentType<'_>) -> Self {
        let says = |name, value: &str| {
            parameter(content_type, name).is_some_and(|said| said.eq_ignore_ascii_case(value))
        };
        match (says("format", "flowed"), says("delsp", "yes")) {
            (false, _) => Self::Fixed,
            (true, false) => Self::Flowed,
            (true, true) => Self::FlowedWithoutSpace,
        }
    }
}

/// Type and subtype. Some mailers write the type alone.
fn media_type(content_type: &ContentType<'_>) -> String {
    let main = content_type.c_type.trim();
    let (main, sub) =
        match (main, content_type.c_subtype.as_deref().map(str::trim).filter(|sub| !sub.is_empty())) {
            (main, Some(sub)) => (main, sub),
            (main, None) if main.eq_ignore_ascii_case("text") => (main, "plain"),
            (main, None) if main.eq_ignore_ascii_case("multipart") => (main, "mixed"),
            _ => return unreadable(),
        };
    let readable =
        |text: &str| !text.is_empty() && text.chars().all(|char| char.is_ascii_graphic() && char != '/');
    let whole = bounded(&format!("{main}/{sub}")).to_ascii_lowercase();
    if readable(main) && readable(sub) { whole } else { unreadable() }
}

/// The type of what does not say what it is, so that nobody takes it for text.
fn unreadable() -> String {
    "application/octet-stream".to_owned()
}

fn parameter(of: &ContentType<'_>, name: &str) -> Option<String> {
    let mut all = of.attributes.iter().flatten();
    let value = all.find(|attribute| attribute.name.eq_ignore_ascii_case(name))?.value.trim();
    (!value.is_empty()).then(|| bounded(value))
}

/// A boundary never ends with a space (RFC 2046 section 5.1.1).
fn boundary(content_type: &ContentType<'_>) -> Option<String> {
    parameter(content_type, "boundary")
}

fn bounded(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT);
    without_controls(text.get(..end).unwrap_or(text))
}

fn without_controls(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).collect()
}
