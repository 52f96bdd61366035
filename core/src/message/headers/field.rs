//! One field of a header section.

use std::borrow::Cow;
use std::ops::Range;

use super::decoded;
use super::lines::Span;

/// A field, as it stands in the message.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    /// Its octets, the final line end included.
    octets: &'a [u8],
    span: Span,
}

impl<'a> Field<'a> {
    pub(super) fn new(section: &'a [u8], span: Span) -> Self {
        Self { octets: section.get(span.start..span.end).unwrap_or_default(), span }
    }

    /// Its name, as it was written.
    pub fn name(&self) -> &'a str {
        str::from_utf8(self.name_octets()).unwrap_or_default()
    }

    /// Whether it has this name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name_octets().eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether the colon stands on the line of the name. Readers that are stricter than others take the line for none of a field
    /// where a fold comes between (RFC 5322 section 4.5.8 allows spaces alone).
    pub fn is_named_on_one_line(&self) -> bool {
        let between = self.octets.get(self.span.name - self.span.start..self.span.value - self.span.start);
        !between.unwrap_or_default().contains(&b'\n')
    }

    /// Its octets: name, colon, value, and the final line end.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// All that follows the colon: the octets as they came, folded, with the space in front, and the final line end.
    pub fn value(&self) -> &'a [u8] {
        self.octets.get(self.span.value - self.span.start..).unwrap_or_default()
    }

    /// The same without the final line end.
    pub fn raw(&self) -> &'a [u8] {
        self.value().strip_suffix(b"\r\n").unwrap_or(self.value())
    }

    /// Its value without line ends (RFC 5322 section 2.2.3), and without spaces around it.
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        let raw = self.raw();
        if memchr::memchr(b'\n', raw).is_none() {
            return Cow::Borrowed(raw.trim_ascii());
        }
        let mut unfolded = Vec::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = memchr::memmem::find(rest, b"\r\n") {
            unfolded.extend_from_slice(rest.get(..at).unwrap_or_default());
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        unfolded.extend_from_slice(rest);
        Cow::Owned(unfolded.trim_ascii().to_vec())
    }

    /// What people read: unfolded, encoded-words decoded (RFC 2047), octets without declaration guessed.
    pub fn text(&self) -> String {
        decoded::text(&self.unfolded())
    }

    /// Where it is, in octets from the beginning of the message, the final line end included.
    pub fn range(&self) -> Range<u64> {
        self.span.start as u64..self.span.end as u64
    }

    fn name_octets(&self) -> &'a [u8] {
        self.octets.get(..self.span.name - self.span.start).unwrap_or_default()
    }
}

impl std::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", String::from_utf8_lossy(self.octets).trim_end())
    }
}
