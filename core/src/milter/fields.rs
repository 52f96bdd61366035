//! The header section of a message as milters are told of it: field by field, folds as bare newlines.

use std::io;

use waxseal_plugins::content::Content;

use super::command::CHUNK;

/// So much is read at once. Octets.
const BUFFER: usize = 16 * 1024;

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name, without the colon.
    pub(super) name: Vec<u8>,
    /// All that is behind the colon, the space included, folds as bare newlines. What no milter could take,
    /// beyond 64 KiB, is cut.
    pub(super) value: Vec<u8>,
}

/// Reads the fields of a message, from the top.
pub(super) struct Fields<'a> {
    content: &'a dyn Content,
    /// The offset behind what `buffer` has.
    read: u64,
    buffer: Vec<u8>,
    /// How much of the buffer was taken.
    taken: usize,
    /// The line behind the last field.
    ahead: Option<Line>,
    /// Where the body begins, once that is known.
    body: Option<u64>,
}

struct Line {
    start: u64,
    text: Vec<u8>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(content: &'a dyn Content) -> Self {
        Self { content, read: 0, buffer: Vec::new(), taken: 0, ahead: None, body: None }
    }

    /// The next field; `None` at the end of the header section: an empty line, or a line that is no field.
    ///
    /// # Errors
    ///
    /// The content cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Field>> {
        if self.body.is_some() {
            return Ok(None);
        }
        let first = match self.ahead.take() {
            Some(line) => Some(line),
            None => self.line()?,
        };
        let Some(Line { start, text }) = first else {
            self.body = Some(self.content.size());
            return Ok(None);
        };
        if text.is_empty() {
            self.body = Some(self.position());
            return Ok(None);
        }
        let Some((name, value)) = split(&text) else {
            self.body = Some(start);
            return Ok(None);
        };
        let mut field = Field { name: name.to_vec(), value: value.to_vec() };
        while let Some(line) = self.line()? {
            if !line.text.starts_with(b" ") && !line.text.starts_with(b"\t") {
                self.ahead = Some(line);
                break;
            }
            field.value.push(b'\n');
            field.value.extend_from_slice(&line.text);
            field.value.truncate(CHUNK);
        }
        field.value.truncate(CHUNK.saturating_sub(field.name.len() + 2));
        Ok(Some(field))
    }

    /// Where the body begins; the end of the content while that is not known.
    pub(super) fn body(&self) -> u64 {
        self.body.unwrap_or_else(|| self.content.size())
    }

    fn position(&self) -> u64 {
        let rest = self.buffer.len().saturating_sub(self.taken);
        self.read - rest as u64
    }

    /// The next line without its end, cut where no milter could take it; `None` at the end of the content.
    fn line(&mut self) -> io::Result<Option<Line>> {
        let start = self.position();
        let mut text = Vec::new();
        loop {
            let rest = self.buffer.get(self.taken..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest);
            let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            text.extend_from_slice(part.get(..CHUNK.saturating_sub(text.len())).unwrap_or(part));
            self.taken += end.map_or(rest.len(), |end| end + 1);
            if end.is_some() {
                break;
            }
            if !self.fill()? {
                if text.is_empty() && start == self.position() {
                    return Ok(None);
                }
                break;
            }
        }
        if text.last() == Some(&b'\r') {
            text.pop();
        }
        Ok(Some(Line { start, text }))
    }

    /// Reads on; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.resize(BUFFER, 0);
        self.taken = 0;
        let read = self.content.read_at(self.read, &mut self.buffer);
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        self.read += self.buffer.len() as u64;
        read.map(|read| read > 0)
    }
}

/// Name and value of a field's first line. White space before the colon is obsolete, and met (RFC 5322
/// section 4.5).
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some((name, value.get(1..)?))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn read(message: &[u8]) -> (Vec<(String, String)>, u64) {
        let content = Bytes::copy_from_slice(message);
        let mut fields = Fields::new(&content);
        let mut all = Vec::new();
        while let Some(Field { name, value }) = fields.next().unwrap() {
            all.push((String::from_utf8(name).unwrap(), String::from_utf8(value).unwrap()));
        }
        (all, fields.body())
    }

    fn field(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn fields_end_at_the_empty_line() {
        let (fields, body) = read(b"A: 1\r\nB:\t2\r\n  more\r\nC :3\r\n\r\nD: 4\r\n");
        assert_eq!(fields, [field("A", " 1"), field("B", "\t2\n  more"), field("C", "3")]);
        assert_eq!(body, 28);
    }

    #[test]
    fn a_line_that_is_no_field_is_of_the_body() {
        assert_eq!(read(b"A: 1\r\nno field\r\nB: 2\r\n"), (vec![field("A", " 1")], 6));
        assert_eq!(read(b"\r\nbody\r\n"), (vec![], 2));
        assert_eq!(read(b" folded first\r\n"), (vec![], 0));
        assert_eq!(read(b""), (vec![], 0));
        assert_eq!(read(b"A: 1\r\n"), (vec![field("A", " 1")], 6));
    }

    #[test]
    fn what_no_milter_could_take_is_cut() {
        let long = format!("A: {}\r\n\t{}\r\nB: 2\r\n\r\nbody", "x".repeat(100_000), "y".repeat(100_000));
        let (fields, body) = read(long.as_bytes());
        assert_eq!((fields[0].1.len(), &fields[1]), (CHUNK - 3, &field("B", " 2")));
        assert_eq!(body, long.len() as u64 - 4);
    }

    proptest! {
        #[test]
        fn any_octets_have_a_body(message in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b':'), Just(b' '), any::<u8>()], 0..400)) {
            let content = Bytes::from(message);
            let mut fields = Fields::new(&content);
            while fields.next().unwrap().is_some() {}
            prop_assert!(fields.body() <= content.size());
        }
    }
}
