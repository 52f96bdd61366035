//! The header section of a message, octet for octet, and what stands in it.
//!
//! It ends at the first empty line, as DKIM and the relay itself have it. What is no field stays where it is: lines without
//! colon, lines of mbox, continuations of nothing. Such a line is nobody's field, and no edit touches it.
//!
//! - [`field`]: one field: its octets, unfolded, decoded
//! - [`decoded`]: from octets to what people read: RFC 2047, RFC 2231, and guesses where nothing is declared
//! - [`people`]: from whom, to whom, about what, when
//! - [`written`]: a new field in canonical form, that can be nothing but one field

pub mod decoded;
pub mod field;
pub mod people;
pub mod written;

use std::ops::Range;

use bytes::Bytes;

pub use self::field::Field;
pub use self::people::Person;

/// The most octets of a header section that are looked at. Of a longer one the beginning is known; the rest is kept as it is.
pub const SECTION: usize = 1024 * 1024;

/// The most fields that are looked at, likewise.
const FIELDS: usize = 10_000;

/// A header section.
#[derive(Clone, Debug, Default)]
pub struct HeaderSection {
    /// Its octets, from the first of the message, without the empty line; no more than [`SECTION`].
    octets: Bytes,
    fields: Vec<Span>,
    /// Where the fields that are known end.
    known: usize,
    /// Its octets in the message, without the empty line.
    size: u64,
    ending: Ending,
}

/// How a header section ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// With an empty line, after which the body begins.
    EmptyLine,
    /// With the message: it has no body.
    #[default]
    Message,
}

/// Where a field is among the octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: usize,
    /// The end of its name, before spaces and the colon.
    name: usize,
    /// The first octet behind the colon.
    value: usize,
    /// Behind its last line end.
    end: usize,
}

/// A line with its continuations.
struct Line {
    start: usize,
    end: usize,
    /// Whether it has its line end, and another line, or the end of the section, was seen behind it.
    complete: bool,
}

impl HeaderSection {
    /// Parses the octets of a message up to its first empty line, or to their end. What follows the empty line is not looked at.
    pub fn parse(octets: &Bytes) -> Self {
        let (end, ending) = end(octets);
        Self::beginning(octets.slice(..end.min(SECTION)), end as u64, ending)
    }

    /// A section of which the first octets were kept.
    pub(super) fn beginning(octets: Bytes, size: u64, ending: Ending) -> Self {
        let whole = octets.len() as u64 == size;
        let (mut fields, mut known) = (Vec::new(), 0);
        while let Some(line) = next_line(&octets, known) {
            if fields.len() == FIELDS || !(line.complete || whole) {
                break;
            }
            known = line.end;
            fields.extend(Span::of(&octets, &line));
        }
        Self { octets, fields, known, size, ending }
    }

    /// The fields, from the top.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'_>> + DoubleEndedIterator {
        self.fields.iter().map(|span| Field::new(&self.octets, *span))
    }

    /// The fields of a name in any case, from the top.
    pub fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = Field<'a>> {
        self.fields().filter(move |field| field.is(name))
    }

    /// The topmost field of a name in any case.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<Field<'a>> {
        self.fields().find(|field| field.is(name))
    }

    /// The octets that are known: all of them, unless the section is larger than [`SECTION`].
    pub fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// How many octets of the message it has, the empty line aside.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where the body begins, in octets from the beginning of the message.
    pub fn body(&self) -> u64 {
        match self.ending {
            Ending::EmptyLine => self.size + 2,
            Ending::Message => self.size,
        }
    }

    /// How it ends.
    pub fn ending(&self) -> Ending {
        self.ending
    }

    /// Whether all of its fields are known.
    pub fn is_complete(&self) -> bool {
        self.known as u64 == self.size
    }

    /// Where a field would be inserted that comes before the field with this number: before all else at 0, behind all else beyond
    /// the last. Never before a continuation of nothing, which would become the field's own.
    pub(super) fn insertion(&self, position: usize) -> u64 {
        let continuation = self.octets.first().is_some_and(|octet| matches!(octet, b' ' | b'\t'));
        match (position, self.fields.get(position)) {
            (0, _) if continuation => next_line(&self.octets, 0).map_or(self.size, |line| line.end as u64),
            (0, _) => 0,
            (_, Some(span)) => span.start as u64,
            (_, None) => self.size,
        }
    }
}

impl Span {
    /// The field that a line is, if it is one: a name of printable ASCII, perhaps spaces, a colon (RFC 5322 sections 2.2, 4.5.8).
    fn of(octets: &[u8], line: &Line) -> Option<Self> {
        let text = octets.get(line.start..line.end)?;
        let colon = memchr::memchr(b':', text)?;
        let name = text.get(..colon)?.trim_ascii_end();
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let (start, end) = (line.start, line.end);
        Some(Self { start, name: start + name.len(), value: start + colon + 1, end })
    }

    pub(super) fn range(self) -> Range<u64> {
        self.start as u64..self.end as u64
    }
}

/// The line that begins here, with its continuations.
fn next_line(octets: &[u8], start: usize) -> Option<Line> {
    if start >= octets.len() {
        return None;
    }
    let mut end = start;
    loop {
        match line_end(octets, end) {
            None => return Some(Line { start, end: octets.len(), complete: false }),
            Some(next) => end = next,
        }
        match octets.get(end) {
            Some(b' ' | b'\t') => {}
            following => return Some(Line { start, end, complete: following.is_some() }),
        }
    }
}

/// Behind the CRLF that ends the line.
fn line_end(octets: &[u8], start: usize) -> Option<usize> {
    let rest = octets.get(start..)?;
    memchr::memmem::find(rest, b"\r\n").map(|at| start + at + 2)
}

/// Where the section ends, and how.
fn end(octets: &[u8]) -> (usize, Ending) {
    if octets.starts_with(b"\r\n") {
        return (0, Ending::EmptyLine);
    }
    match memchr::memmem::find(octets, b"\r\n\r\n") {
        Some(at) => (at + 2, Ending::EmptyLine),
        None => (octets.len(), Ending::Message),
    }
}

#[cfg(test)]
mod tests;
