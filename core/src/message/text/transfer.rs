//! Transfer encodings (RFC 2045 section 6), decoded while they stream, as broken as mail has them.

use data_encoding::BASE64_MIME;

use crate::message::structure::TransferEncoding;

/// The longest line of quoted-printable, with the sign of a soft line break (RFC 2045 section 6.7).
const LINE: usize = 76;

/// Decodes what a part's octets say, in pieces of any size. What is not of the encoding is kept as it is in quoted-printable, and
/// ignored in base64 (RFC 2045 section 6.8).
#[derive(Clone, Debug)]
pub struct Decoder {
    encoding: TransferEncoding,
    /// Base64: the bits that make no octet yet, and how many digits they are.
    bits: u32,
    digits: u8,
    escape: Escape,
    /// Quoted-printable: spaces that are none of the text if the line ends behind them.
    spaces: Vec<u8>,
}

/// Where in an escape of quoted-printable we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Sign,
    /// After the sign and a digit.
    Digit(u8),
    /// After the sign and spaces, or a CR: the line end is to come.
    SoftBreak,
}

impl Decoder {
    /// A decoder of this encoding. What is written in an unknown way is given as it is.
    pub fn new(encoding: TransferEncoding) -> Self {
        Self { encoding, bits: 0, digits: 0, escape: Escape::None, spaces: Vec::new() }
    }

    /// Decodes a piece, and appends what it says.
    pub fn decode(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        match self.encoding {
            TransferEncoding::Base64 => piece.iter().for_each(|octet| self.digit(*octet, out)),
            TransferEncoding::QuotedPrintable => piece.iter().for_each(|octet| self.printable(*octet, out)),
            _ => out.extend_from_slice(piece),
        }
    }

    /// Appends what an encoding that ends too early still says.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.flush_digits(out);
        match self.escape {
            Escape::Digit(digit) => out.extend_from_slice(&[b'=', digit]),
            Escape::Sign | Escape::SoftBreak | Escape::None => {}
        }
        self.escape = Escape::None;
        self.spaces.clear();
    }

    fn digit(&mut self, octet: u8, out: &mut Vec<u8>) {
        let digit = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            // Encodings that were joined have padding in their midst.
            b'=' => return self.flush_digits(out),
            _ => return,
        };
        self.bits = (self.bits << 6) | u32::from(digit);
        self.digits += 1;
        if self.digits == 4 {
            let [_, octets @ ..] = self.bits.to_be_bytes();
            out.extend_from_slice(&octets);
            (self.bits, self.digits) = (0, 0);
        }
    }

    fn flush_digits(&mut self, out: &mut Vec<u8>) {
        let missing = u32::from(4_u8.saturating_sub(self.digits));
        let [_, octets @ ..] = (self.bits << (6 * missing)).to_be_bytes();
        let whole = usize::from(self.digits).saturating_sub(1);
        out.extend_from_slice(octets.get(..whole).unwrap_or_default());
        (self.bits, self.digits) = (0, 0);
    }

    fn printable(&mut self, octet: u8, out: &mut Vec<u8>) {
        match (self.escape, octet) {
            (Escape::Sign | Escape::SoftBreak, b'\n') => self.escape = Escape::None,
            (Escape::Sign | Escape::SoftBreak, b'\r' | b' ' | b'\t') => self.escape = Escape::SoftBreak,
            (Escape::Sign, _) if octet.is_ascii_hexdigit() => self.escape = Escape::Digit(octet),
            (Escape::Digit(first), _) if octet.is_ascii_hexdigit() => {
                self.escape = Escape::None;
                out.push((value(first) << 4) | value(octet));
            }
            (Escape::None, _) => self.literal(octet, out),
            (broken, _) => {
                self.escape = Escape::None;
                out.push(b'=');
                if let Escape::Digit(first) = broken {
                    out.push(first);
                }
                self.literal(octet, out);
            }
        }
    }

    fn literal(&mut self, octet: u8, out: &mut Vec<u8>) {
        match octet {
            b' ' | b'\t' => return self.spaces.push(octet),
            // Spaces before a line end were added on the way (RFC 2045 section 6.7, rule 3).
            b'\r' | b'\n' => self.spaces.clear(),
            _ => {}
        }
        out.append(&mut self.spaces);
        if octet == b'=' { self.escape = Escape::Sign } else { out.push(octet) }
    }
}

/// All that octets of bounded size say.
pub fn decoded(encoding: TransferEncoding, octets: &[u8]) -> Vec<u8> {
    let (mut decoder, mut out) = (Decoder::new(encoding), Vec::with_capacity(octets.len()));
    decoder.decode(octets, &mut out);
    decoder.finish(&mut out);
    out
}

/// Where in quoted-printable the octet is written that is the so-many-th once it is decoded; the end, if there are not so many.
pub(in crate::message) fn written_at(octets: &[u8], decoded: usize) -> usize {
    let (mut decoder, mut out) = (Decoder::new(TransferEncoding::QuotedPrintable), Vec::new());
    let mut begun = 0;
    for (at, octet) in octets.iter().enumerate() {
        if decoder.escape == Escape::None {
            begun = at;
        }
        decoder.decode(std::slice::from_ref(octet), &mut out);
        if out.len() > decoded {
            return begun;
        }
    }
    octets.len()
}

/// Octets in quoted-printable. Line ends of text stay line ends.
pub(in crate::message) fn quoted_printable(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + octets.len() / 8);
    for (number, line) in lines(octets).enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\r\n");
        }
        let mut column = 0;
        for (at, octet) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            // A dot that begins a line, and `From `, are changed by some on the way; hyphens could begin a delimiter of parts.
            let is_plain = |column: usize| match octet {
                b' ' | b'\t' => !last,
                b'.' | b'F' | b'-' => column > 0,
                b'=' => false,
                _ => octet.is_ascii_graphic(),
            };
            let width = |column| if is_plain(column) { 1 } else { 3 };
            if column + width(column) + usize::from(!last) > LINE {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            let width = width(column);
            if is_plain(column) {
                out.push(*octet);
            } else {
                out.extend_from_slice(format!("={octet:02X}").as_bytes());
            }
            column += width;
        }
    }
    out
}

/// Octets in base64, in lines of 76 columns, without a line end behind the last.
pub(in crate::message) fn base64(octets: &[u8]) -> Vec<u8> {
    let mut out = BASE64_MIME.encode(octets).into_bytes();
    out.truncate(out.trim_ascii_end().len());
    out
}

/// The lines between line ends, which are CRLF.
fn lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(octets);
    std::iter::from_fn(move || {
        let octets = rest?;
        let Some(at) = memchr::memmem::find(octets, b"\r\n") else { return rest.take() };
        rest = octets.get(at + 2..);
        octets.get(..at)
    })
}

/// The value of a digit that is one.
fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(encoding: TransferEncoding, octets: &str) -> String {
        String::from_utf8(decoded(encoding, octets.as_bytes())).unwrap()
    }

    #[test]
    fn quoted_printable_is_read_as_it_is_met() {
        let qp = |octets| text(TransferEncoding::QuotedPrintable, octets);
        assert_eq!(qp("caf=C3=A9 =\r\nau lait  \r\nx=3D=3d\r\n"), "café au lait\r\nx==\r\n");
        assert_eq!(qp("a=  \r\nb=ZZ=4"), "ab=ZZ=4");
        assert_eq!(qp("a=\nb="), "ab");
    }

    #[test]
    fn base64_is_read_as_it_is_met() {
        let base64 = |octets| text(TransferEncoding::Base64, octets);
        assert_eq!(base64("aGVs\r\nbG8=\r\n"), "hello");
        assert_eq!(base64("aGVsbG8=aGVsbG8"), "hellohello");
        assert_eq!(base64("a!G*V s\r\nbG8"), "hello");
        assert_eq!(base64("a"), "");
    }

    #[test]
    fn lines_that_are_written_have_at_most_76_columns() {
        let long =
            format!(".{}\r\nFrom {} \r\n--b\r\n{}", "é= ".repeat(200), "word ".repeat(40), "-".repeat(99));
        let written = String::from_utf8(quoted_printable(long.as_bytes())).unwrap();
        assert!(
            written.lines().all(|line| line.len() <= 76 && !line.starts_with(['.', 'F', '-'])),
            "{written}"
        );
        assert!(String::from_utf8(base64(&[7; 500])).unwrap().lines().all(|line| line.len() <= 76));
    }

    #[test]
    fn the_place_of_an_octet_is_found_again() {
        let octets = b"a=\r\nb =3Cc  \r\n<d";
        assert_eq!(decoded(TransferEncoding::QuotedPrintable, octets), b"ab <c\r\n<d");
        assert_eq!(written_at(octets, 1), 4);
        assert_eq!(written_at(octets, 3), 6);
        assert_eq!(written_at(octets, 7), 14);
        assert_eq!(written_at(octets, 99), octets.len());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(decoded(TransferEncoding::QuotedPrintable, &quoted_printable(&octets)), octets.clone());
            prop_assert_eq!(decoded(TransferEncoding::Base64, &base64(&octets)), octets);
        }

        #[test]
        fn pieces_are_decoded_as_the_whole(octets in "[=0-9A-F \r\nx/+]{0,80}", at in any::<prop::sample::Index>()) {
            let (one, two) = octets.as_bytes().split_at(at.index(octets.len() + 1));
            for encoding in [TransferEncoding::QuotedPrintable, TransferEncoding::Base64] {
                let (mut decoder, mut out) = (Decoder::new(encoding), Vec::new());
                decoder.decode(one, &mut out);
                decoder.decode(two, &mut out);
                decoder.finish(&mut out);
                prop_assert_eq!(&out, &decoded(encoding, octets.as_bytes()));
            }
        }
    }
}
