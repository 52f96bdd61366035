//! Lines with their continuations, and which of them are fields.

/// Where a field is among the octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    /// The end of its name, before spaces and the colon.
    pub(super) name: usize,
    /// The first octet behind the colon.
    pub(super) value: usize,
    /// Behind its last line end.
    pub(super) end: usize,
}

/// A line with its continuations.
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether it has its line end, and another line, or the end of the section, was seen behind it.
    pub(super) complete: bool,
}

impl Span {
    /// The field that a line is, if it is one: a name of printable ASCII, perhaps spaces, a colon (RFC 5322 sections 2.2, 4.5.8).
    pub(super) fn of(octets: &[u8], line: &Line) -> Option<Self> {
        let text = octets.get(line.start..line.end)?;
        let colon = memchr::memchr(b':', text)?;
        let name = text.get(..colon)?.trim_ascii_end();
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let (start, end) = (line.start, line.end);
        Some(Self { start, name: start + name.len(), value: start + colon + 1, end })
    }
}

/// The line that begins here, with its continuations.
pub(super) fn next_line(octets: &[u8], start: usize) -> Option<Line> {
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

/// Whether no line feed comes without its carriage return.
pub(super) fn are_canonical(octets: &[u8]) -> bool {
    let has_return = |at: usize| at.checked_sub(1).and_then(|before| octets.get(before)) == Some(&b'\r');
    memchr::memchr_iter(b'\n', octets).all(has_return)
}
