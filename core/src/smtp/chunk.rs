//! BDAT, RFC 3030 section 2: a message in chunks whose length is told beforehand. Dots are content.

use memchr::memchr2;

use super::dot::Newlines;

/// What BDAT announces: so many octets follow its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Octets, possibly none.
    pub size: u64,
    /// Where in the message it stands.
    pub place: Place,
}

/// Where in its message a chunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Another chunk follows it.
    Inner,
    /// It is the end of the message: `LAST`.
    Last,
}

impl Chunk {
    /// Parses what stands after `BDAT`; `None` where that is not `size` or `size LAST`.
    pub(super) fn parse(argument: &str) -> Option<Self> {
        let mut words = argument.split_ascii_whitespace();
        let size = words.next().filter(|size| size.bytes().all(|byte| byte.is_ascii_digit()))?;
        let place = match words.next() {
            None => Place::Inner,
            Some(word) if word.eq_ignore_ascii_case("LAST") => Place::Last,
            Some(_) => return None,
        };
        let size = size.parse().ok()?;
        words.next().is_none().then_some(Self { size, place })
    }
}

/// Watches the lines of a message without dots, however it is cut into pieces. A bare CR or LF is
/// refused here as in DATA: the next relay may have to send the message by DATA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    at: Position,
    newlines: Newlines,
}

/// Where in a line we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Position {
    /// After a CRLF, or at the very start.
    #[default]
    LineStart,
    /// Within a line.
    Text,
    /// After a CR.
    Cr,
}

impl Lines {
    /// Reads the next piece of the message.
    pub fn read(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some((first, others)) = rest.split_first() {
            (self.at, rest) = match (self.at, first) {
                (Position::Cr, b'\n') => (Position::LineStart, others),
                (Position::Cr, _) => {
                    self.newlines = Newlines::Bare;
                    (Position::Text, rest)
                }
                (_, b'\r') => (Position::Cr, others),
                (_, b'\n') => {
                    self.newlines = Newlines::Bare;
                    (Position::LineStart, others)
                }
                (Position::LineStart | Position::Text, _) => {
                    let run = memchr2(b'\r', b'\n', rest);
                    (Position::Text, run.and_then(|run| rest.get(run..)).unwrap_or_default())
                }
            };
        }
    }

    /// Ends the message: what makes a line of its last one. The spool keeps whole lines, as DATA
    /// brings them.
    pub fn finish(&mut self) -> &'static [u8] {
        match std::mem::take(&mut self.at) {
            Position::LineStart => b"",
            Position::Text => b"\r\n",
            Position::Cr => {
                self.newlines = Newlines::Bare;
                b""
            }
        }
    }

    /// Whether every line ended with CRLF so far.
    pub fn newlines(&self) -> Newlines {
        self.newlines
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chunk_is_a_size_and_perhaps_the_last() {
        for (argument, expected) in [
            ("0", Some((0, Place::Inner))),
            ("86 last", Some((86, Place::Last))),
            ("18446744073709551615 LAST", Some((u64::MAX, Place::Last))),
            ("18446744073709551616", None),
            ("", None),
            ("LAST", None),
            ("-1", None),
            ("+1", None),
            ("0x10", None),
            ("10 LAST LAST", None),
            ("10 FIRST", None),
        ] {
            let chunk = Chunk::parse(argument).map(|chunk| (chunk.size, chunk.place));
            assert_eq!(chunk, expected, "{argument:?}");
        }
    }

    fn read(pieces: &[&[u8]]) -> (Newlines, &'static [u8]) {
        let mut lines = Lines::default();
        pieces.iter().for_each(|piece| lines.read(piece));
        let rest = lines.finish();
        (lines.newlines(), rest)
    }

    #[test]
    fn the_last_line_is_made_a_line() {
        assert_eq!(read(&[b""]), (Newlines::Canonical, &b""[..]));
        assert_eq!(read(&[b"a\r", b"\n"]), (Newlines::Canonical, &b""[..]));
        assert_eq!(read(&[b"a\r\nb"]), (Newlines::Canonical, &b"\r\n"[..]));
        assert_eq!(read(&[b"a\r"]).0, Newlines::Bare);
    }

    proptest! {
        #[test]
        fn any_split_reads_as_the_whole(
            input in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'a')], 0..30),
            at in 0usize..30,
        ) {
            let (one, two) = input.split_at(at.min(input.len()));
            let bare = String::from_utf8(input.clone()).unwrap().replace("\r\n", "").contains(['\r', '\n']);
            let expected = if bare { Newlines::Bare } else { Newlines::Canonical };
            prop_assert_eq!(read(&[one, two]), read(&[&input]));
            prop_assert_eq!(read(&[one, two]).0, expected);
        }
    }
}
