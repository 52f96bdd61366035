//! Character sets: read by mail-parser, which knows the old ones too, and written by encoding_rs.

use std::borrow::Cow;

use encoding_rs::Encoding;
use mail_parser::decoders::charsets::map::charset_decoder;

use crate::message::headers::decoded::guessed;

/// Labels under which the Encoding Standard writes more characters than the set has: those in the octets of C1 are not of it.
const WITHOUT_C1: [&str; 12] = [
    "iso-8859-1",
    "iso8859-1",
    "latin1",
    "l1",
    "iso_8859-1",
    "cp819",
    "iso-8859-9",
    "iso8859-9",
    "latin5",
    "iso-8859-11",
    "tis-620",
    "iso_8859-9",
];

/// Whether a label names no set of its own: what is beyond ASCII is guessed.
fn is_ascii(label: &str) -> bool {
    matches!(label, "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "unknown" | "default")
}

/// What octets of a set say; `None` if the set is not known. Without a label, or with ASCII, octets beyond it are guessed.
pub fn decode<'a>(label: Option<&str>, octets: &'a [u8]) -> Option<Cow<'a, str>> {
    let label = label.unwrap_or_default();
    if is_ascii(label) {
        return Some(guessed(octets));
    }
    if let Some(encoding) = standard(label) {
        return Some(encoding.decode_with_bom_removal(octets).0);
    }
    if Encoding::for_label(label.as_bytes()).is_some() {
        // The Encoding Standard names it to refuse it.
        return None;
    }
    charset_decoder(label.as_bytes()).map(|decode| Cow::Owned(decode(octets)))
}

/// A text in a set; `None` if the set is not known, or cannot hold it.
pub fn encode<'a>(label: Option<&str>, text: &'a str) -> Option<Cow<'a, [u8]>> {
    let label = label.unwrap_or_default();
    if is_ascii(label) {
        return text.is_ascii().then_some(Cow::Borrowed(text.as_bytes()));
    }
    let encoding = standard(label).filter(|encoding| encoding.output_encoding() == *encoding)?;
    let (octets, _, lossy) = encoding.encode(text);
    let beyond = WITHOUT_C1.contains(&label) && octets.iter().any(|octet| (0x80..0xa0).contains(octet));
    (!lossy && !beyond).then_some(octets)
}

/// Whether ASCII stands for itself in a set, and nothing else looks like its signs: HTML can be read, and ASCII appended, without
/// decoding.
pub fn holds_ascii(label: Option<&str>) -> bool {
    let label = label.unwrap_or_default();
    is_ascii(label) || standard(label).is_some_and(Encoding::is_ascii_compatible)
}

/// The label under which a text is written that the set of a part cannot hold.
pub const UTF8: &str = "utf-8";

fn standard(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_and_written() {
        for (label, text) in [
            ("utf-8", "Grüße, 世界"),
            ("iso-8859-1", "Grüße"),
            ("windows-1252", "„Grüße“ €"),
            ("koi8-r", "Привет"),
            ("shift_jis", "ハロー・ワールド"),
            ("iso-2022-jp", "日本語テキスト"),
            ("euc-kr", "안녕하세요"),
            ("gb18030", "你好，世界"),
            ("big5", "你好"),
        ] {
            let octets = encode(Some(label), text).unwrap_or_else(|| panic!("{label}"));
            assert_eq!(decode(Some(label), &octets).unwrap(), text, "{label}");
        }
    }

    #[test]
    fn what_a_set_cannot_hold_is_not_written_in_it() {
        assert_eq!(encode(Some("iso-8859-1"), "€"), None);
        assert_eq!(encode(Some("us-ascii"), "é"), None);
        assert_eq!(encode(None, "é"), None);
        assert_eq!(encode(Some("koi8-r"), "日本"), None);
        assert_eq!(encode(Some("utf-16"), "a"), None);
        assert_eq!(encode(Some("x-nobody-knows"), "a"), None);
    }

    #[test]
    fn what_is_not_declared_is_guessed() {
        assert_eq!(decode(None, "é".as_bytes()).unwrap(), "é");
        assert_eq!(decode(Some("us-ascii"), b"\xe9").unwrap(), "é");
        assert_eq!(decode(Some("utf-7"), b"+AOk-").unwrap(), "é");
        assert_eq!(decode(Some("iso-2022-kr"), b"x"), None);
        assert_eq!(decode(Some("x-nobody-knows"), b"x"), None);
    }
}
