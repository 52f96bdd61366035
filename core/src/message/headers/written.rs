//! A field that is put into a message, in canonical form.
//!
//! Whatever a filter or milter gives: what comes of it is exactly one field, or an error. It cannot begin another field, nor end the
//! section.

use mail_builder::headers::Header as _;
use mail_builder::headers::address::{Address as Written, EmailAddress};
use mail_builder::headers::text::Text;
use mail_parser::{Addr, Address};
use thiserror::Error;
use waxseal_plugins::verdicts::Header;

use super::decoded;
use crate::message::received::{FOLD, fold_clause};

/// The most octets of a line, without its end (RFC 5322 section 2.1.1).
const LINE: usize = 998;

/// The most octets of a name.
const NAME: usize = 255;

/// How characters beyond ASCII are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Utf8 {
    /// As encoded-words (RFC 2047): the message goes to hosts without SMTPUTF8.
    #[default]
    Encoded,
    /// As they are: the message came with SMTPUTF8 (RFC 6532).
    Raw,
    /// As they are, whatever octets they are: a milter says them, which may have signed them so.
    AsGiven,
}

/// Why a field cannot be put into a message.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum InvalidHeader {
    /// The name.
    #[error(
        "`{0}` is no name of a header field: printable ASCII without spaces and colon, at most {NAME} characters"
    )]
    Name(String),
    /// A line end that folds nothing, or an octet that no header may have.
    #[error(
        "the value of `{0}` has a line end without a space or tab and a text behind it, or NUL: it would end the field or the headers"
    )]
    Value(String),
    /// The field has no way to say this in ASCII.
    #[error("the value of `{0}` is not ASCII, which this field can be in a message with SMTPUTF8 only")]
    NotAscii(String),
}

/// Fields in which addresses stand: only their names can be encoded.
const ADDRESSES: [&str; 12] = [
    "bcc",
    "cc",
    "disposition-notification-to",
    "from",
    "mail-followup-to",
    "reply-to",
    "resent-bcc",
    "resent-cc",
    "resent-from",
    "resent-sender",
    "resent-to",
    "sender",
];

/// Fields in which an encoded-word means itself.
const PROTOCOL: [&str; 17] = [
    "arc-authentication-results",
    "arc-message-signature",
    "arc-seal",
    "authentication-results",
    "content-disposition",
    "content-id",
    "content-transfer-encoding",
    "content-type",
    "date",
    "dkim-signature",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "received-spf",
    "references",
    "return-path",
];

/// The field in canonical form, with its final line end: folded as it was given, or where it is longer than 78 columns.
///
/// # Errors
///
/// See [`InvalidHeader`].
pub fn field(header: &Header, utf8: Utf8) -> Result<Vec<u8>, InvalidHeader> {
    let name = header.name.as_str();
    let printable = |octet: u8| octet.is_ascii_graphic() && octet != b':';
    if name.is_empty() || name.len() > NAME || !name.bytes().all(printable) {
        return Err(InvalidHeader::Name(name.chars().take(80).collect()));
    }
    let lines = lines(&header.value).ok_or_else(|| InvalidHeader::Value(name.to_owned()))?;
    let field = match utf8 {
        Utf8::AsGiven => joined(name, &lines),
        Utf8::Raw if str::from_utf8(&header.value).is_ok() => kept(name, &lines),
        _ if header.value.is_ascii() => kept(name, &lines),
        _ => encoded(name, &lines.concat(), utf8)?,
    };
    Ok(broken(field))
}

/// The lines of a value, if nothing in it ends the field: each line after the first begins with a space. One that says nothing is left
/// out, since some take it for the end of the section (RFC 5322 section 4.2 has it as obsolete).
fn lines(value: &[u8]) -> Option<Vec<&[u8]>> {
    let ends = memchr::memchr_iter(b'\n', value).count();
    let mut lines = Vec::with_capacity(ends + 1);
    for (number, line) in value.split(|octet| *octet == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").filter(|_| number < ends).unwrap_or(line);
        let continues = matches!(line.first(), Some(b' ' | b'\t'));
        if memchr::memchr2(b'\r', 0, line).is_some() || (number > 0 && !continues) {
            return None;
        }
        if number == 0 || !line.trim_ascii().is_empty() {
            lines.push(line);
        }
    }
    Some(lines)
}

/// A value whose octets stay. A filter that has folded it may have signed it so.
fn kept(name: &str, lines: &[&[u8]]) -> Vec<u8> {
    let field = joined(name, lines);
    if lines.len() > 1 || field.len() <= FOLD + 2 {
        return field;
    }
    let mut folded = String::with_capacity(field.len() + 16);
    fold_clause(String::from_utf8_lossy(&field).trim_end_matches(['\r', '\n']), &mut folded);
    folded.push_str("\r\n");
    folded.into_bytes()
}

/// Name and value, in the lines that the value has.
fn joined(name: &str, lines: &[&[u8]]) -> Vec<u8> {
    let mut field = name.as_bytes().to_vec();
    field.push(b':');
    if lines.first().is_some_and(|first| !matches!(first.first(), None | Some(b' ' | b'\t'))) {
        field.push(b' ');
    }
    field.extend_from_slice(&lines.join(b"\r\n".as_slice()));
    field.extend_from_slice(b"\r\n");
    field
}

/// The field with no line that is longer than any host must take.
fn broken(field: Vec<u8>) -> Vec<u8> {
    if field.split(|octet| *octet == b'\n').all(|line| line.len() <= LINE + 1) {
        return field;
    }
    let mut broken = Vec::with_capacity(field.len() + field.len() / 256);
    for line in field.strip_suffix(b"\r\n").unwrap_or(&field).split(|octet| *octet == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE {
            break_line(line, &mut broken);
        } else {
            broken.extend_from_slice(line);
        }
        broken.extend_from_slice(b"\r\n");
    }
    broken
}

/// Writes a line that is too long as several: broken at spaces, of which one is left of each run, and where a word does not fit within
/// it, but not within a character.
fn break_line(line: &[u8], broken: &mut Vec<u8>) {
    let continues = |octet: Option<&u8>| octet.is_some_and(|octet| octet & 0b1100_0000 == 0b1000_0000);
    let (mut column, is_continuation) = (0, line.starts_with(b" ") || line.starts_with(b"\t"));
    let words = line.split(|octet| matches!(octet, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (number, mut word) in words.enumerate() {
        // Never between the name and what follows it: some take that for an empty field.
        if (number > 1 || (is_continuation && number > 0)) && column + 1 + word.len() > LINE {
            broken.extend_from_slice(b"\r\n");
            column = 0;
        }
        if number > 0 || is_continuation {
            broken.push(b' ');
            column += 1;
        }
        while column + word.len() > LINE {
            let room = LINE - column;
            let end =
                (room.saturating_sub(3)..=room).rev().find(|at| !continues(word.get(*at))).unwrap_or(room);
            let (fits, rest) = word.split_at_checked(end).unwrap_or((word, b""));
            broken.extend_from_slice(fits);
            broken.extend_from_slice(b"\r\n ");
            (column, word) = (1, rest);
        }
        broken.extend_from_slice(word);
        column += word.len();
    }
}

/// A value beyond ASCII as encoded-words. Octets that are no UTF-8 are taken for what they most probably are.
fn encoded(name: &str, value: &[u8], utf8: Utf8) -> Result<Vec<u8>, InvalidHeader> {
    let text = decoded::guessed(value.trim_ascii());
    if utf8 == Utf8::Raw {
        return Ok(kept(name, &[text.as_bytes()]));
    }
    let of = |names: &[&str]| names.iter().any(|each| name.eq_ignore_ascii_case(each));
    let not_ascii = || InvalidHeader::NotAscii(name.to_owned());
    let mut field = format!("{name}: ").into_bytes();
    let column = field.len();
    if of(&PROTOCOL) {
        return Err(not_ascii());
    } else if of(&ADDRESSES) {
        let addresses = decoded::addresses(text.as_bytes()).ok_or_else(not_ascii)?;
        written(addresses).ok_or_else(not_ascii)?.write_header(&mut field, column);
    } else {
        Text::new(text).write_header(&mut field, column);
    }
    if field.is_ascii() { Ok(field) } else { Err(not_ascii()) }
}

/// The addresses as they are written, unless one is not ASCII itself.
fn written(addresses: Address<'static>) -> Option<Written<'static>> {
    let list = |addresses: Vec<Addr<'static>>| addresses.into_iter().map(address).collect::<Option<Vec<_>>>();
    match addresses {
        Address::List(addresses) => list(addresses).map(Written::new_list),
        Address::Group(groups) => groups
            .into_iter()
            .map(|group| list(group.addresses).map(|addresses| Written::new_group(group.name, addresses)))
            .collect::<Option<Vec<_>>>()
            .map(Written::new_list),
    }
}

fn address(address: Addr<'static>) -> Option<Written<'static>> {
    let email = address.address.filter(|email| email.is_ascii())?;
    Some(Written::Address(EmailAddress { name: address.name, email }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, value: &str) -> Result<String, InvalidHeader> {
        field(&Header::new(name, value), Utf8::Encoded).map(|field| String::from_utf8(field).unwrap())
    }

    #[test]
    fn a_short_value_is_written_as_it_is() {
        assert_eq!(written("X-Spam", "yes").unwrap(), "X-Spam: yes\r\n");
        assert_eq!(written("X-Spam", "  yes").unwrap(), "X-Spam:  yes\r\n");
        assert_eq!(written("X-Spam", "").unwrap(), "X-Spam:\r\n");
    }

    #[test]
    fn a_folded_value_keeps_its_folds() {
        let signature = "v=1; a=rsa-sha256;\r\n\tb=abc";
        assert_eq!(written("DKIM-Signature", signature).unwrap(), format!("DKIM-Signature: {signature}\r\n"));
        assert_eq!(written("X", "a\n b").unwrap(), "X: a\r\n b\r\n");
        assert_eq!(written("X", "\r\n b").unwrap(), "X:\r\n b\r\n");
    }

    #[test]
    fn a_long_value_is_folded_at_its_spaces() {
        let value = "word ".repeat(60);
        let field = written("X-Words", value.trim_end()).unwrap();
        assert!(field.lines().all(|line| line.len() <= 78), "{field}");
        assert_eq!(field.replace("\r\n ", " "), format!("X-Words: {}\r\n", value.trim_end()));
    }

    #[test]
    fn what_has_no_space_is_broken_within_a_word() {
        let value = format!("short {}", "ü".repeat(2_000));
        for utf8 in [Utf8::Raw, Utf8::AsGiven] {
            let field = field(&Header::new("X", value.as_str()), utf8).unwrap();
            let field = String::from_utf8(field).unwrap();
            assert!(field.lines().all(|line| (1..=998).contains(&line.trim().len())), "{field}");
            assert_eq!(
                field.replace("\r\n ", "").replace(' ', ""),
                format!("X:{}\r\n", value.replace(' ', ""))
            );
        }
        assert!(written("X", &"a".repeat(1_000)).unwrap().lines().all(|line| line.len() <= 998));
        assert!(written("X", &" ".repeat(3_000)).unwrap().lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn lines_that_say_nothing_are_left_out() {
        assert_eq!(written("X", "a\r\n \r\n b").unwrap(), "X: a\r\n b\r\n");
        assert_eq!(written("X", "a\n\t").unwrap(), "X: a\r\n");
    }

    #[test]
    fn what_a_milter_says_stays_octet_for_octet() {
        let given = |name: &str, value: &[u8]| {
            field(&Header { name: name.into(), value: value.to_vec() }, Utf8::AsGiven).unwrap()
        };
        assert_eq!(given("Message-ID", b"<\xfc@example.org>"), b"Message-ID: <\xfc@example.org>\r\n");
        let long = "word ".repeat(60);
        assert_eq!(given("X", long.as_bytes()), format!("X: {long}\r\n").into_bytes());
    }

    #[test]
    fn nothing_ends_the_field_or_the_section() {
        for value in ["a\r\nBcc: x@y", "a\r\n\r\nbody", "a\r\n \r\nb", "a\n", "a\r\n", "a\rb", "a\0", "a\r"] {
            assert!(matches!(written("X", value), Err(InvalidHeader::Value(_))), "{value:?}");
        }
        for name in ["", "a b", "a:", "é", "a\r\nb"] {
            assert!(matches!(written(name, "x"), Err(InvalidHeader::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn other_letters_become_encoded_words() {
        let subject = written("Subject", &"Grüße aus Köln ".repeat(12)).unwrap();
        assert!(subject.is_ascii() && subject.lines().all(|line| line.len() <= 78), "{subject}");
        assert_eq!(
            decoded::text(subject.split_once(':').unwrap().1.replace("\r\n", "").as_bytes()),
            "Grüße aus Köln ".repeat(12).trim_end()
        );
        let from = written("From", "Jörg Müller <jm@example.org>").unwrap();
        assert!(from.is_ascii() && from.contains("<jm@example.org>"), "{from}");
        assert!(matches!(written("From", "<jörg@example.org>"), Err(InvalidHeader::NotAscii(_))));
        assert!(matches!(written("Message-ID", "<ü@example.org>"), Err(InvalidHeader::NotAscii(_))));
        let latin = Header { name: "X".into(), value: b"caf\xe9".to_vec() };
        assert!(field(&latin, Utf8::Encoded).unwrap().is_ascii());
    }

    #[test]
    fn with_smtputf8_letters_stay() {
        let header = Header::new("Subject", "Grüße");
        assert_eq!(field(&header, Utf8::Raw).unwrap(), "Subject: Grüße\r\n".as_bytes());
    }
}
