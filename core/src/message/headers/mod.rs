//! The header section of a message, octet for octet, and what stands in it: read in this one place, for filters, milters, edits and
//! authentication.
//!
//! It ends at the first empty line, as DKIM and the relay itself have it. What is no field stays where it is: lines without
//! colon, lines of mbox, continuations of nothing. Such a line is nobody's field, and no edit touches it.
//!
//! - `read`: from where the message lies, which may be in memory; `lines`: what of it is a field
//! - [`field`]: one field: its octets, unfolded, decoded
//! - [`decoded`]: from octets to what people read: RFC 2047, RFC 2231, and guesses where nothing is declared
//! - [`people`]: from whom, to whom, about what, when
//! - `told`: as filters are told of it
//! - [`written`]: a new field in canonical form, that can be nothing but one field

pub mod decoded;
pub mod field;
mod lines;
pub mod people;
mod read;
mod told;
pub mod written;

use std::sync::Arc;

use bytes::Bytes;

pub use self::field::Field;
use self::lines::{Span, next_line};
pub use self::people::Person;

/// The most octets of a header section that are looked at. Of a longer one the beginning is known; the rest is kept as it is.
pub const SECTION: usize = 1024 * 1024;

/// The most fields that are looked at, likewise.
pub const FIELDS: usize = 10_000;

/// A header section. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct HeaderSection {
    /// Its octets, from the first of the message, without the empty line; no more than [`SECTION`].
    octets: Bytes,
    fields: Arc<[Span]>,
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

/// A header section of which only the beginning is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header section has more than {SECTION} octets, or more than {FIELDS} fields")]
pub struct TooLarge;

impl HeaderSection {
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
        Self { octets, fields: fields.into(), known, size, ending }
    }

    /// The fields, from the top.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = Field<'_>> + DoubleEndedIterator {
        self.fields.iter().map(|span| Field::new(&self.octets, *span))
    }

    /// The field of this number, from 0.
    pub fn field(&self, number: usize) -> Option<Field<'_>> {
        self.fields.get(number).map(|span| Field::new(&self.octets, *span))
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

    /// Itself, if all of its fields are known.
    ///
    /// # Errors
    ///
    /// It is too large for that.
    pub fn whole(&self) -> Result<&Self, TooLarge> {
        if self.is_complete() { Ok(self) } else { Err(TooLarge) }
    }

    /// Whether all of it is fields as RFC 5322 section 2.2 writes them. Where not, readers differ in what they take for a field, and
    /// for the header section.
    pub fn is_well_formed(&self) -> bool {
        let mut end = 0;
        let follow = |span: &Span| std::mem::replace(&mut end, span.end) == span.start;
        self.fields.iter().all(follow)
            && end as u64 == self.size
            && self.fields().all(|field| field.is_named_on_one_line())
            && lines::are_canonical(&self.octets)
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

#[cfg(test)]
mod tests;
