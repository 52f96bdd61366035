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
    framing: Framing,
}

/// What tells the end of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Framing {
    /// The final dot: DATA.
    #[default]
    Dots,
    /// Its size: BDAT (RFC 3030 section 2), where a dot is like any other octet.
    Size,
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
    /// For BDAT: no dots are put in, and none ends it.
    pub fn for_chunks() -> Self {
        Self { framing: Framing::Size, ..Self::default() }
    }

    /// Encodes a piece of a message, and appends it to `out`.
    pub fn encode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        out.reserve(input.len());
        let mut rest = input;
        while !rest.is_empty() {
            let run = self.plain(rest);
            out.extend_from_slice(rest.get(..run).unwrap_or_default());
            if let Some(byte) = rest.get(run) {
                self.step(*byte, out);
            }
            rest = rest.get(run + 1..).unwrap_or_default();
        }
    }

    /// Ends the message: a CRLF if the last line lacks it, and the final dot where there is one.
    pub fn finish(self, out: &mut Vec<u8>) {
        if self.at != Written::LineStart {
            out.extend_from_slice(b"\r\n");
        }
        if self.framing == Framing::Dots {
            out.extend_from_slice(b".\r\n");
        }
    }

    /// How many of these octets are written as they are: whole lines, up to one that begins with a
    /// dot, and to a CR or LF that stands alone or at the end.
    fn plain(&mut self, input: &[u8]) -> usize {
        let mut run = 0;
        loop {
            let dotted = self.framing == Framing::Dots && input.get(run) == Some(&b'.');
            if self.at == Written::Cr || (self.at == Written::LineStart && (dotted || run == input.len())) {
                return run;
            }
            let rest = input.get(run..).unwrap_or_default();
            let Some(end) = memchr::memchr2(b'\r', b'\n', rest) else {
                self.at = Written::Text;
                return input.len();
            };
            if end > 0 {
                self.at = Written::Text;
            }
            if rest.get(end..end + 2) != Some(b"\r\n") {
                return run + end;
            }
            self.at = Written::LineStart;
            run += end + 2;
        }
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
                if byte == b'.' && self.at == Written::LineStart && self.framing == Framing::Dots {
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

    #[test]
    fn chunks_have_no_dots_put_in_and_none_at_the_end() {
        let (mut wire, mut encoder) = (Vec::new(), Encoder::for_chunks());
        encoder.encode(b".a\r\n.\r\n..b\n", &mut wire);
        encoder.encode(b".c", &mut wire);
        encoder.finish(&mut wire);
        assert_eq!(wire, b".a\r\n.\r\n..b\r\n.c\r\n");
    }

    /// What the encoder writes, octet by octet.
    fn slowly(input: &[u8], mut encoder: Encoder) -> Vec<u8> {
        let mut wire = Vec::new();
        input.iter().for_each(|byte| encoder.step(*byte, &mut wire));
        encoder.finish(&mut wire);
        wire
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
        fn runs_are_encoded_as_single_octets_are(input in octets(), split in 0usize..40) {
            for encoder in [Encoder::default(), Encoder::for_chunks()] {
                let (one, two) = input.split_at(split.min(input.len()));
                let (mut wire, mut quick) = (Vec::new(), encoder);
                quick.encode(one, &mut wire);
                quick.encode(two, &mut wire);
                quick.finish(&mut wire);
                prop_assert_eq!(wire, slowly(&input, encoder));
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
