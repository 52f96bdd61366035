//! Finds the parts of a message, whose header section is known, while its body streams; in bounded memory: the beginning of one line,
//! the header section of one part, and the tree.

use std::ops::Range;

use bytes::Bytes;

use super::{DEPTH, Declared, Kind, Known, PARTS, Part, Structure};
use crate::message::headers::{Ending, HeaderSection};

/// The most octets of a part's header section that are looked at.
const PART_HEADERS: usize = 64 * 1024;

/// How much of a line is kept: longer than any delimiter line.
const LINE: usize = 1_024;

/// The scan of one message.
#[derive(Debug)]
pub struct Scanner {
    parts: Vec<Part>,
    /// The parts that are open, outermost first.
    open: Vec<Open>,
    at: Position,
    /// How many octets were read.
    offset: u64,
    line: Line,
    /// The header section of the innermost open part, as far as it is kept.
    headers: Vec<u8>,
    known: Known,
}

/// A part whose end did not come yet.
#[derive(Debug)]
struct Open {
    part: usize,
    /// What its delimiter lines begin with, behind the two signs; none unless parts can follow.
    boundary: Option<Vec<u8>>,
    /// What the numbers of its parts begin with.
    prefix: String,
}

/// Where in the innermost part we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Headers,
    Body,
}

/// The line that is being read.
#[derive(Debug, Default)]
struct Line {
    start: u64,
    /// Its first octets.
    kept: Vec<u8>,
    /// Whether the last octet was a CR.
    cr: bool,
}

/// A delimiter line.
struct Delimiter {
    /// Whose, among the open parts.
    open: usize,
    closing: bool,
}

impl Scanner {
    /// The scan of the message that has this header section: it goes on where the body begins.
    pub fn behind(headers: &HeaderSection) -> Self {
        let mut scanner = Self {
            parts: Vec::new(),
            open: Vec::new(),
            at: Position::Headers,
            offset: 0,
            line: Line::default(),
            headers: Vec::new(),
            known: Known::Whole,
        };
        scanner.begin(None, String::new(), 0);
        (scanner.offset, scanner.line.start) = (headers.body(), headers.body());
        scanner.describe(headers);
        scanner
    }

    /// Where in the message the next piece begins; `None` where no more parts can be found in what is left.
    pub fn wants(&self) -> Option<u64> {
        let ends = self.at == Position::Body && self.open.iter().all(|open| open.boundary.is_none());
        (!ends).then_some(self.offset)
    }

    /// Reads the next piece of the body, of any size.
    pub fn read(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() && self.wants().is_some() {
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (run, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            self.take(run);
            rest = after;
        }
    }

    /// The parts of the message, which has so many octets.
    pub fn finish(mut self, size: u64) -> Structure {
        if !self.line.kept.is_empty() {
            self.end_line();
        }
        if self.at == Position::Headers {
            self.end_headers(self.offset, Ending::Message);
        }
        self.close(0, size, size);
        Structure { parts: self.parts, known: self.known }
    }

    /// Takes octets of which no other than the last can end a line.
    fn take(&mut self, run: &[u8]) {
        let room = LINE.saturating_sub(self.line.kept.len());
        self.line.kept.extend_from_slice(run.get(..room).unwrap_or(run));
        if self.at == Position::Headers {
            let room = PART_HEADERS.saturating_sub(self.headers.len());
            self.headers.extend_from_slice(run.get(..room).unwrap_or(run));
        }
        self.offset += run.len() as u64;
        let ended = match run {
            [.., b'\r', b'\n'] => true,
            [b'\n'] => self.line.cr,
            _ => false,
        };
        self.line.cr = run.last() == Some(&b'\r');
        if ended {
            self.end_line();
            self.line.kept.clear();
            self.line.start = self.offset;
        }
    }

    fn end_line(&mut self) {
        if let Some(delimiter) = self.delimiter() {
            return self.delimit(&delimiter);
        }
        if self.at == Position::Headers && self.line.kept == b"\r\n" {
            self.end_headers(self.offset, Ending::EmptyLine);
        }
    }

    /// Whose delimiter the line is: the innermost multipart's that has it (RFC 2046 section 5.1.2).
    fn delimiter(&self) -> Option<Delimiter> {
        if self.line.kept.len() >= LINE {
            return None;
        }
        let line = self.line.kept.strip_prefix(b"--")?.trim_ascii_end();
        let of = |(open, each): (usize, &Open)| {
            let after = line.strip_prefix(each.boundary.as_deref()?)?;
            (after.is_empty() || after == b"--").then_some(Delimiter { open, closing: !after.is_empty() })
        };
        self.open.iter().enumerate().rev().find_map(of)
    }

    fn delimit(&mut self, delimiter: &Delimiter) {
        let start = self.line.start;
        if self.at == Position::Headers {
            self.end_headers(start, Ending::Message);
        }
        self.close(delimiter.open + 1, start, start);
        self.at = Position::Body;
        let Some(open) = self.open.last_mut() else { return };
        let Some(part) = self.parts.get_mut(open.part) else { return };
        if let Kind::Multipart { preamble, epilogue } = &mut part.kind {
            if part.children.is_empty() && epilogue.is_none() {
                preamble.end = start;
            }
            if delimiter.closing {
                *epilogue = Some(self.offset..self.offset);
                open.boundary = None;
                return;
            }
        }
        let number = format!("{}{}", open.prefix, part.children.len() + 1);
        let parent = open.part;
        if self.parts.len() == PARTS {
            self.known = Known::Truncated;
            return;
        }
        self.begin(Some(parent), number, start);
    }

    /// Begins a part.
    fn begin(&mut self, parent: Option<usize>, number: String, start: u64) {
        let part = self.parts.len();
        if let Some(parent) = parent.and_then(|parent| self.parts.get_mut(parent)) {
            parent.children.push(part);
        }
        self.parts.push(Part {
            number,
            parent,
            children: Vec::new(),
            declared: Declared::of(&HeaderSection::default(), "text/plain"),
            kind: Kind::Leaf,
            extent: start..start,
            headers: self.offset..self.offset,
            body: self.offset..self.offset,
        });
        self.open.push(Open { part, boundary: None, prefix: String::new() });
        self.headers.clear();
        self.at = Position::Headers;
    }

    /// The header section of the innermost part ends here.
    fn end_headers(&mut self, end: u64, ending: Ending) {
        let start = self
            .open
            .last()
            .and_then(|open| self.parts.get(open.part))
            .map_or(end, |part| part.headers.start);
        let size = end - start - if ending == Ending::EmptyLine { 2 } else { 0 };
        self.headers.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let octets = Bytes::from(std::mem::take(&mut self.headers));
        self.describe(&HeaderSection::beginning(octets, size, ending));
    }

    /// What the innermost part is, by its header section.
    fn describe(&mut self, section: &HeaderSection) {
        let Some(index) = self.open.last().map(|open| open.part) else { return };
        let default = self.default_type(index);
        let prefix = self.prefix(index);
        let deeper = self.open.len() < DEPTH;
        let more = self.parts.len() < PARTS;
        let Some(part) = self.parts.get_mut(index) else { return };
        let end = part.headers.start + section.body();
        part.headers.end = end;
        part.body = end..end;
        if !section.is_complete() {
            self.known = Known::Truncated;
        }
        part.declared = Declared::of(section, default);
        if part.declared.has_longer_boundary && part.begins("multipart/") {
            self.known = Known::Truncated;
        }
        self.at = Position::Body;
        let boundary = part.declared.boundary.as_ref().filter(|_| part.begins("multipart/"));
        let boundary = boundary.map(|boundary| boundary.clone().into_bytes());
        let message = matches!(part.media_type(), "message/rfc822" | "message/global")
            && part.declared.encoding.is_identity();
        if !deeper && (boundary.is_some() || message) {
            self.known = Known::Truncated;
        } else if boundary.is_some() {
            part.kind = Kind::Multipart { preamble: end..end, epilogue: None };
        } else if message && section.ending() == Ending::EmptyLine && more {
            part.kind = Kind::Message;
        }
        self.number(index, prefix, boundary.filter(|_| deeper));
    }

    /// Numbers a part as IMAP does, now that it is known what it holds, and opens the message that it is.
    fn number(&mut self, index: usize, prefix: String, boundary: Option<Vec<u8>>) {
        let (Some(part), Some(open)) = (self.parts.get_mut(index), self.open.last_mut()) else { return };
        let whole = part.number.is_empty();
        if whole && boundary.is_none() {
            part.number = format!("{prefix}1");
        }
        open.prefix = if part.number.is_empty() { prefix } else { format!("{}.", part.number) };
        open.boundary = boundary;
        if part.kind == Kind::Message {
            self.begin(Some(index), String::new(), self.offset);
        }
    }

    /// What the number of a part begins with that is all of a message.
    fn prefix(&self, index: usize) -> String {
        let holder = self.parts.get(index).and_then(|part| part.parent);
        let holder =
            holder.and_then(|holder| self.parts.get(holder)).filter(|holder| holder.kind == Kind::Message);
        holder.map_or_else(String::new, |holder| format!("{}.", holder.number))
    }

    /// RFC 2046 section 5.1.5.
    fn default_type(&self, index: usize) -> &'static str {
        let holder =
            self.parts.get(index).and_then(|part| part.parent).and_then(|holder| self.parts.get(holder));
        match holder {
            Some(holder) if holder.media_type() == "multipart/digest" => "message/rfc822",
            _ => "text/plain",
        }
    }

    /// Ends all parts from this one of the open ones on. Their extent goes to a delimiter line, or to the end of the message.
    fn close(&mut self, from: usize, end: u64, extent: u64) {
        let at_end = self.open.len() > from && from == 0;
        for open in self.open.drain(from.min(self.open.len())..) {
            let Some(part) = self.parts.get_mut(open.part) else { continue };
            let body = if at_end { end } else { before_line_end(&part.body, end) };
            part.body.end = body;
            part.extent.end = extent;
            if let Kind::Multipart { preamble, epilogue } = &mut part.kind {
                if part.children.is_empty() && epilogue.is_none() {
                    preamble.end = body;
                }
                if let Some(epilogue) = epilogue {
                    epilogue.end = body.max(epilogue.start);
                }
            }
        }
    }
}

/// The line end before a delimiter line belongs to it.
fn before_line_end(body: &Range<u64>, line: u64) -> u64 {
    if line > body.start { (line - 2).max(body.start) } else { body.start }
}
