//! The body of a text part as it is written: character set and transfer encoding.

use super::part::Target;
use super::refusal::Why;
use super::rope::Splice;
use crate::message::headers::decoded;
use crate::message::structure::TransferEncoding;
use crate::message::text::{charset, transfer};

/// The longest line that may stand as it is, octets (RFC 5322 section 2.1.1).
const LINE: usize = 998;

/// Octets in a character set.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) octets: Vec<u8>,
    /// The set, if it is not ASCII or not said.
    pub(super) charset: Option<String>,
}

impl Text {
    /// A text in the set that a part has, if that can hold it, otherwise in UTF-8. Its lines end with CRLF.
    pub(super) fn of(text: &str, charset: Option<&str>) -> Self {
        match charset::encode(charset, text) {
            Some(octets) => Self { octets: octets.into_owned(), charset: charset.map(str::to_owned) },
            None => Self { octets: text.as_bytes().to_vec(), charset: Some(charset::UTF8.to_owned()) },
        }
    }

    /// The body that the part gets, and the fields that it needs, of which `others` are changed already.
    pub(super) fn replace(
        &self,
        target: &Target<'_>,
        mut others: Vec<(&str, Option<String>)>,
    ) -> Result<Vec<Splice>, Why> {
        let encoding = self.encoding(target);
        if encoding != target.part.declared.encoding {
            others.push(("Content-Transfer-Encoding", Some(word(encoding).to_owned())));
        }
        if target.part.parent.is_none() && !others.is_empty() && target.value("mime-version").is_none() {
            others.push(("MIME-Version", Some("1.0".to_owned())));
        }
        let mut splices = target.fields(&others)?;
        splices.push(target.body(&written(encoding, &self.octets)));
        Ok(splices)
    }

    /// The encoding that it has, if it can hold these octets, otherwise one that any host takes.
    fn encoding(&self, target: &Target<'_>) -> TransferEncoding {
        let now = target.part.declared.encoding;
        let beyond = self.octets.iter().filter(|octet| !octet.is_ascii()).count();
        let lines = self.octets.split(|octet| *octet == b'\n').all(|line| line.len() <= LINE + 1)
            && memchr::memchr(0, &self.octets).is_none()
            && !target.would_be_cut(&self.octets);
        match now {
            TransferEncoding::SevenBit if lines && beyond == 0 => now,
            TransferEncoding::EightBit | TransferEncoding::Binary if lines => now,
            TransferEncoding::QuotedPrintable | TransferEncoding::Base64 => now,
            _ if beyond > self.octets.len() / 3 => TransferEncoding::Base64,
            _ => TransferEncoding::QuotedPrintable,
        }
    }
}

/// The field Content-Type of a part with another character set; `None` where it says that one already.
pub(super) fn content_type(target: &Target<'_>, charset: &str) -> Option<String> {
    let declared = &target.part.declared;
    if declared.charset.as_deref() == Some(charset) {
        return None;
    }
    let value = target.value("content-type");
    let Some(value) = value.filter(|value| decoded::parameters(value).is_some()) else {
        return Some(format!("{}; charset={charset}", declared.media_type));
    };
    Some(with_charset(&decoded::guessed(&value), charset))
}

/// A value of Content-Type in which the parameter has another value, and all else stays.
fn with_charset(value: &str, charset: &str) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for piece in parameters(value) {
        let name = piece.split('=').next().unwrap_or_default().trim();
        if !name.eq_ignore_ascii_case("charset") && !piece.trim().is_empty() {
            pieces.push(piece.trim().to_owned());
        }
    }
    let first = usize::from(!pieces.is_empty());
    pieces.insert(first, format!("charset={charset}"));
    pieces.join("; ")
}

/// A value cut at its semicolons: not those in quoted strings and comments.
fn parameters(value: &str) -> Vec<&str> {
    let (mut pieces, mut begun, mut quoted, mut comment, mut escaped) = (Vec::new(), 0, false, 0_u32, false);
    for (at, char) in value.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted || comment > 0 => escaped = true,
            '"' if comment == 0 => quoted = !quoted,
            '(' if !quoted => comment += 1,
            ')' if !quoted => comment = comment.saturating_sub(1),
            ';' if !quoted && comment == 0 => {
                pieces.push(value.get(begun..at).unwrap_or_default());
                begun = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(value.get(begun..).unwrap_or_default());
    pieces
}

/// Octets as an encoding has them.
pub(super) fn written(encoding: TransferEncoding, octets: &[u8]) -> Vec<u8> {
    match encoding {
        TransferEncoding::QuotedPrintable => transfer::quoted_printable(octets),
        TransferEncoding::Base64 => transfer::base64(octets),
        _ => octets.to_vec(),
    }
}

fn word(encoding: TransferEncoding) -> &'static str {
    match encoding {
        TransferEncoding::QuotedPrintable => "quoted-printable",
        TransferEncoding::Base64 => "base64",
        TransferEncoding::EightBit => "8bit",
        TransferEncoding::Binary => "binary",
        TransferEncoding::SevenBit | TransferEncoding::Unknown => "7bit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_character_set_leaves_the_other_parameters() {
        let with = |value| with_charset(value, "utf-8");
        assert_eq!(with("text/plain"), "text/plain; charset=utf-8");
        assert_eq!(
            with("text/plain; Charset=\"x;y\"; format=flowed"),
            "text/plain; charset=utf-8; format=flowed"
        );
        assert_eq!(
            with("text/plain (a;b); name=\"c;\\\"d\";"),
            "text/plain (a;b); charset=utf-8; name=\"c;\\\"d\""
        );
    }
}
