//! The parts of a message (MIME, RFC 2045 and 2046): a tree, found while the message streams.
//!
//! Broken MIME has a structure too: a part whose end never comes goes on to the end of what holds it, a delimiter of an outer
//! multipart ends all inner ones, and a multipart without boundary is a part without parts.
//!
//! - [`declared`]: what the header fields of a part say of it
//! - [`scan`]: the scan, fed with pieces
//! - `removal`: one part less

pub mod declared;
mod removal;
pub mod scan;

use std::io;
use std::ops::Range;

use waxseal_plugins::content::Content;

use super::headers::HeaderSection;

pub use self::declared::{Declared, Disposition, TransferEncoding};
pub use self::removal::Removal;
pub use self::scan::Scanner;

/// The most parts that are looked at.
pub const PARTS: usize = 1_000;

/// How deep parts within parts are looked at.
pub const DEPTH: usize = 100;

/// How much of a message is read at once, octets.
const PIECE: usize = 64 * 1024;

/// The parts of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// In the order of the message; the first is the message itself.
    pub(super) parts: Vec<Part>,
    pub(super) known: Known,
}

/// How much of a structure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All parts.
    Whole,
    /// There were more than [`PARTS`], or they were deeper than [`DEPTH`], or a part had more header octets than are kept, or a boundary
    /// was longer than is looked at: what is beyond is taken for text without parts.
    Truncated,
}

/// A part of a message. Offsets are octets from the beginning of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number as in IMAP (RFC 9051 section 6.4.5), as in `1.2`; empty where IMAP has none: a multipart that is all of a message.
    pub number: String,
    /// The number in [`Structure::parts`] of what holds it; none for the message itself.
    pub parent: Option<usize>,
    /// The numbers in [`Structure::parts`] of what it holds.
    pub children: Vec<usize>,
    /// What its header fields say.
    pub declared: Declared,
    /// What it holds.
    pub kind: Kind,
    /// All of it, from its delimiter line, if it has one, to the next delimiter line, or to its end where none follows.
    pub extent: Range<u64>,
    /// Its header section, with the empty line.
    pub headers: Range<u64>,
    /// Its body, without the line end that belongs to the next delimiter (RFC 2046 section 5.1.1).
    pub body: Range<u64>,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Content.
    Leaf,
    /// Parts.
    Multipart {
        /// What is before the first delimiter line.
        preamble: Range<u64>,
        /// What is behind the closing delimiter line; none if that never came.
        epilogue: Option<Range<u64>>,
    },
    /// A message: its child.
    Message,
}

impl Structure {
    /// Finds the parts of a message: of its body so much is read as parts can follow in.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn of(headers: &HeaderSection, content: &dyn Content) -> io::Result<Self> {
        let mut scanner = Scanner::behind(headers);
        let mut buffer = Vec::new();
        while let Some(offset) = scanner.wants() {
            buffer.resize(PIECE, 0);
            match content.read_at(offset, &mut buffer)? {
                0 => break,
                length => scanner.read(buffer.get(..length).unwrap_or_default()),
            }
        }
        Ok(scanner.finish(content.size()))
    }

    /// The parts in the order of the message: the first is the message itself, and each comes before what it holds.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The message itself.
    pub fn root(&self) -> Option<&Part> {
        self.parts.first()
    }

    /// The part with this number.
    pub fn part(&self, number: &str) -> Option<&Part> {
        self.parts.iter().find(|part| !number.is_empty() && part.number == number)
    }

    /// What a part holds, in the order of the message.
    pub fn children<'a>(&'a self, part: &'a Part) -> impl DoubleEndedIterator<Item = &'a Part> {
        part.children.iter().filter_map(|index| self.parts.get(*index))
    }

    /// What holds a part, from the innermost to the message itself.
    pub fn ancestors<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = &'a Part> {
        let parent = |part: &&'a Part| part.parent.and_then(|index| self.parts.get(index));
        std::iter::successors(parent(&part), parent)
    }

    /// How much of it is known.
    pub fn known(&self) -> Known {
        self.known
    }

    /// The structure after the header section of the message has got another size, while none of its fields changed that says what
    /// the message is.
    pub(super) fn moved(&mut self, before: u64, now: u64) {
        for (index, part) in self.parts.iter_mut().enumerate() {
            part.shift(|offset| (offset + now).saturating_sub(before));
            if index == 0 {
                (part.extent.start, part.headers.start) = (0, 0);
            }
        }
    }
}

impl Part {
    /// Its media type, in lower case, as in `text/plain`.
    pub fn media_type(&self) -> &str {
        &self.declared.media_type
    }

    /// Whether it is something to be saved rather than to be read on the spot: it says so, or it has a file name.
    pub fn is_attachment(&self) -> bool {
        self.kind == Kind::Leaf
            && (self.declared.disposition == Disposition::Attachment || !self.declared.file_names.is_empty())
    }

    /// All of it lies elsewhere.
    fn shift(&mut self, moved: impl Fn(u64) -> u64) {
        let shift = |range: &mut Range<u64>| *range = moved(range.start)..moved(range.end);
        shift(&mut self.extent);
        shift(&mut self.headers);
        shift(&mut self.body);
        if let Kind::Multipart { preamble, epilogue } = &mut self.kind {
            shift(preamble);
            epilogue.iter_mut().for_each(shift);
        }
    }

    /// Whether it is of a type, as in `multipart/`.
    pub fn begins(&self, media_type: &str) -> bool {
        self.media_type().starts_with(media_type)
    }
}

#[cfg(test)]
mod tests;
