//! Dot transparency, RFC 5321 section 4.5.2: reading DATA, and writing it.
//!
//! Exactly `CRLF . CRLF` ends DATA, nothing else, and not at the whim of how the octets were split
//! into reads. A CR or LF that stands alone is where relays disagree on the end of a message, and
//! so where a second message can be smuggled in: such data is read to its real end and refused.

/// Takes the dots away, and finds the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decoder {
    at: Position,
    newlines: Newlines,
}

/// What a piece of input came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of it was content.
    Continue,
    /// The end was found.
    End {
        /// How many octets of this input it took, the end included; the rest are commands.
        used: usize,
    },
}

/// Whether every line ended with CRLF so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newlines {
    /// Every one.
    #[default]
    Canonical,
    /// There was a bare CR or LF (RFC 5321 section 2.3.8): the data is to be refused at its end.
    Bare,
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
    /// After a dot at the start of a line.
    Dot,
    /// After a dot at the start of a line, and a CR.
    DotCr,
}

impl Decoder {
    /// Decodes a piece of input, and appends the content to `out`. Once there was a bare CR or LF
    /// nothing more is appended, only the end is looked for.
    pub fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) -> Progress {
        let mut used = 0;
        while let Some(rest) = input.get(used..).filter(|rest| !rest.is_empty()) {
            // Runs of text are copied at once: this is where the time of a large message goes.
            let run = match self.at {
                Position::Text => next_newline(rest).unwrap_or(rest.len()),
                _ => 0,
            };
            self.emit(rest.get(..run).unwrap_or_default(), out);
            used += run;
            if let Some(byte) = rest.get(run) {
                used += 1;
                if self.step(*byte, out) {
                    return Progress::End { used };
                }
            }
        }
        Progress::Continue
    }

    /// Whether every line ended with CRLF so far.
    pub fn newlines(&self) -> Newlines {
        self.newlines
    }

    /// Takes one octet; true at the end of the data.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        self.at = match (self.at, byte) {
            (Position::DotCr, b'\n') => return true,
            (Position::LineStart, b'.') => Position::Dot,
            (Position::Dot, b'\r') => Position::DotCr,
            (Position::LineStart | Position::Text, b'\r') => Position::Cr,
            (Position::Cr, b'\n') => {
                self.emit(b"\r\n", out);
                Position::LineStart
            }
            (Position::Cr | Position::DotCr, b'\r') => self.bare(Position::Cr),
            (Position::Cr | Position::DotCr, _) | (_, b'\n') => self.bare(Position::Text),
            (Position::LineStart | Position::Text | Position::Dot, _) => {
                self.emit(&[byte], out);
                Position::Text
            }
        };
        false
    }

    fn bare(&mut self, at: Position) -> Position {
        self.newlines = Newlines::Bare;
        at
    }

    fn emit(&self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.newlines == Newlines::Canonical {
            out.extend_from_slice(bytes);
        }
    }
}

/// Puts the dots in, and writes the end.
///
/// What the spool holds is canonical already. A bare CR or LF that got into it all the same is
/// written as CRLF, since nothing of ours may ever be read as two messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoder {
    at: Written,
}

/// Where in a line the encoder is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Written {
    /// After a CRLF, or at the very start.
    #[default]
    LineStart,
    /// Within a line.
    Text,
    /// After a CR that is not written yet.
    Cr,
}

impl Encoder {
    /// Encodes a piece of a message, and appends it to `out`.
    pub fn encode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some(first) = rest.first() {
            let run = match (self.at, first) {
                (Written::Text, _) => next_newline(rest).unwrap_or(rest.len()),
                _ => 0,
            };
            out.extend_from_slice(rest.get(..run).unwrap_or_default());
            if let Some(byte) = rest.get(run) {
                self.step(*byte, out);
            }
            rest = rest.get(run + 1..).unwrap_or_default();
        }
    }

    /// Ends the message: a CRLF if the last line lacks it, and the final dot.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.at != Written::LineStart {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.at == Written::Cr {
            out.extend_from_slice(b"\r\n");
            self.at = Written::LineStart;
            if byte == b'\n' {
                return;
            }
        }
        self.at = match byte {
            b'\r' => Written::Cr,
            b'\n' => {
                out.extend_from_slice(b"\r\n");
                Written::LineStart
            }
            _ => {
                if byte == b'.' && self.at == Written::LineStart {
                    out.push(b'.');
                }
                out.push(byte);
                Written::Text
            }
        };
    }
}

fn next_newline(text: &[u8]) -> Option<usize> {
    memchr::memchr2(b'\r', b'\n', text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by looking at the whole: content, newlines, octets used.
    fn naive(input: &[u8]) -> Option<(Vec<u8>, Newlines, usize)> {
        let whole = [b"\r\n", input].concat();
        let end = whole.windows(5).position(|window| window == b"\r\n.\r\n")?;
        let text = String::from_utf8_lossy(&whole[..end + 2]).into_owned();
        let bare = text.replace("\r\n", "").contains(['\r', '\n']);
        let lines = text[2..].split_inclusive("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line));
        let newlines = if bare { Newlines::Bare } else { Newlines::Canonical };
        Some((lines.collect::<String>().into_bytes(), newlines, end + 3))
    }

    fn decoded(pieces: &[&[u8]]) -> (Vec<u8>, Newlines, Option<usize>) {
        let (mut decoder, mut out, mut before) = (Decoder::default(), Vec::new(), 0);
        for piece in pieces {
            if let Progress::End { used } = decoder.decode(piece, &mut out) {
                return (out, decoder.newlines(), Some(before + used));
            }
            before += piece.len();
        }
        (out, decoder.newlines(), None)
    }

    #[test]
    fn nothing_but_crlf_dot_crlf_ends_data() {
        for smuggled in [
            "a\n.\nQUIT",
            "a\n.\r\nQUIT",
            "a\r\n.\nQUIT",
            "a\r.\rQUIT",
            "a\r\n.\rQUIT",
            "a\r\n\0.\r\nQ",
            "a\r\n..\r\nQ",
        ] {
            assert_eq!(decoded(&[smuggled.as_bytes()]).2, None, "{smuggled:?} ended the data");
        }
        assert_eq!(decoded(&[b".\r\nQUIT"]), (Vec::new(), Newlines::Canonical, Some(3)));
    }

    #[test]
    fn a_bare_newline_is_remembered_to_the_end() {
        let (_, newlines, used) = decoded(&[b"a\nb\r\n.\r\n"]);
        assert_eq!((newlines, used), (Newlines::Bare, Some(8)));
    }

    #[test]
    fn bare_newlines_never_leave_us() {
        let mut wire = Vec::new();
        let mut encoder = Encoder::default();
        for piece in [&b"a\n.\nb\r"[..], b".\r", b"\nc"] {
            encoder.encode(piece, &mut wire);
        }
        encoder.finish(&mut wire);
        assert_eq!(wire, b"a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n");
    }

    /// Mostly the octets that matter.
    fn octets() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'.'), Just(b'a')], 0..40)
    }

    proptest! {
        #[test]
        fn any_split_reads_as_the_whole(mut input in octets(), first in 0usize..50, second in 0usize..50) {
            input.extend_from_slice(b"\r\n.\r\nREST");
            let (low, high) = (first.min(second).min(input.len()), first.max(second).min(input.len()));
            let (content, newlines, used) = decoded(&[&input[..low], &input[low..high], &input[high..]]);
            let expected = naive(&input).unwrap();
            prop_assert_eq!((newlines, used), (expected.1, Some(expected.2)));
            if newlines == Newlines::Canonical {
                prop_assert_eq!(content, expected.0);
            }
        }

        #[test]
        fn what_is_encoded_decodes_to_itself(lines in proptest::collection::vec("[.a]{0,5}", 0..8), split in 0usize..40) {
            let message: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let (one, two) = message.as_bytes().split_at(split.min(message.len()));
            let (mut wire, mut encoder) = (Vec::new(), Encoder::default());
            encoder.encode(one, &mut wire);
            encoder.encode(two, &mut wire);
            encoder.finish(&mut wire);
            let length = wire.len();
            prop_assert_eq!(decoded(&[&wire]), (message.into_bytes(), Newlines::Canonical, Some(length)));
        }
    }
}
