//! Every field of a header section, however large it is.

use std::io;

use bytes::Bytes;
use waxseal_plugins::content::Content;

use super::lines::{Line, Span};
use super::{Ending, Field, HeaderSection};

/// How much is read at once of what is beyond the known part of a section, octets. Of a field that is larger the beginning is given.
const WINDOW: u64 = 64 * 1024;

/// The fields of a section from the top, up to a line that is none, or to the section's end: who takes the body to begin at such a line
/// sees none of those behind it.
#[derive(Debug)]
pub struct Every<'a> {
    content: &'a dyn Content,
    /// What is looked at of it: the known part of the section, or a window behind that.
    window: HeaderSection,
    /// Where in the message the window begins.
    base: u64,
    /// Where in the message the lines end of which the window knows.
    known: u64,
    /// The number of the next field in the window.
    next: usize,
    /// Where in the message the fields end that were given.
    given: u64,
    /// Where in the message the section ends, and the body begins.
    end: u64,
    body: u64,
}

impl<'a> Every<'a> {
    /// Those of a message's section.
    pub fn of(section: &HeaderSection, content: &'a dyn Content) -> Self {
        let (window, known, end) = (section.clone(), section.known as u64, section.size());
        Self { content, window, base: 0, known, next: 0, given: 0, end, body: section.body() }
    }

    /// The next field. Its range is none of the message.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn next_field(&mut self) -> io::Result<Option<Field<'_>>> {
        if self.given == self.known && self.known < self.end {
            self.read_on()?;
        }
        let field = self.window.field(self.next).filter(Field::is_named_on_one_line);
        let field = field.filter(|field| self.base + field.range().start == self.given);
        if let Some(field) = &field {
            self.next += 1;
            let is_last = self.next == self.window.fields.len() && self.window.known == 0;
            self.given = if is_last { self.known } else { self.base + field.range().end };
        }
        Ok(field)
    }

    /// Where the body begins for who has seen no other fields than those that were given: where they end, or behind the empty line.
    pub fn body(&self) -> u64 {
        if self.given == self.end { self.body } else { self.given }
    }

    /// The window behind this one.
    fn read_on(&mut self) -> io::Result<()> {
        let rest = self.end - self.known;
        let octets = self.octets(self.known, rest.min(WINDOW))?;
        let size = octets.len();
        (self.base, self.next) = (self.known, 0);
        self.window = HeaderSection::beginning(octets, rest, Ending::Message);
        self.known += self.window.known as u64;
        if self.window.known == 0 {
            let cut = Line { start: 0, end: size, complete: false };
            self.window.fields = Span::of(&self.window.octets, &cut).into_iter().collect();
            self.known = self.end_of_line(self.base + size as u64)?;
        }
        Ok(())
    }

    /// The end of the line with its continuations that has begun before an offset.
    fn end_of_line(&self, mut offset: u64) -> io::Result<u64> {
        // Its line end may lie across.
        offset = offset.saturating_sub(2);
        while offset + 2 < self.end {
            let octets = self.octets(offset, (self.end - offset).min(WINDOW))?;
            let ends = memchr::memmem::find_iter(&octets, b"\r\n").map(|at| at + 2);
            let mut ends =
                ends.filter(|end| octets.get(*end).is_some_and(|next| !matches!(next, b' ' | b'\t')));
            if let Some(end) = ends.next() {
                return Ok(offset + end as u64);
            }
            offset += octets.len() as u64 - 2;
        }
        Ok(self.end)
    }

    /// So many octets of the message, all of which must be there.
    fn octets(&self, offset: u64, length: u64) -> io::Result<Bytes> {
        let mut octets = vec![0; usize::try_from(length).unwrap_or_default()];
        let mut filled = 0;
        while let Some(rest) = octets.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.content.read_at(offset + filled as u64, rest)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(octets.into())
    }
}
