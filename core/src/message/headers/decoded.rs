//! From the octets of a value to what people read, by the library mail-parser.
//!
//! What a peer sends is tamed before the library sees it: one line, UTF-8, of bounded length, and without encoded-words that never
//! end, over which it would go again and again.

use std::borrow::Cow;

use mail_parser::parsers::MessageStream;
use mail_parser::{Address, ContentType, DateTime, HeaderValue};

/// The most octets of a value that are decoded; the rest is cut off.
pub const VALUE: usize = 256 * 1024;

/// An encoded-word has at most 75 octets (RFC 2047 section 2), and in the wild some more.
const WORD: usize = 1024;

/// A value as text: encoded-words decoded, octets without declaration guessed, one line.
pub fn text(value: &[u8]) -> String {
    match MessageStream::new(&tamed(value)).parse_unstructured() {
        HeaderValue::Text(text) => one_line(&text),
        _ => String::new(),
    }
}

/// A decoded text without line ends and other control characters, which encodings can hide: a filter may write it into a field again.
pub(in crate::message) fn one_line(text: &str) -> String {
    text.replace(|letter: char| letter.is_control() && letter != '\t', " ")
}

/// A list of addresses (RFC 5322 section 3.4).
pub(in crate::message) fn addresses(value: &[u8]) -> Option<Address<'static>> {
    match MessageStream::new(&tamed(value)).parse_address().into_owned() {
        HeaderValue::Address(addresses) => Some(addresses),
        _ => None,
    }
}

/// A media type or a disposition with its parameters (RFC 2045, RFC 2183, RFC 2231).
pub(in crate::message) fn parameters(value: &[u8]) -> Option<ContentType<'static>> {
    match MessageStream::new(&joined(&tamed(value))).parse_content_type().into_owned() {
        HeaderValue::ContentType(parameters) => Some(parameters),
        _ => None,
    }
}

/// A date (RFC 5322 section 3.3).
pub(in crate::message) fn date(value: &[u8]) -> Option<DateTime> {
    match MessageStream::new(&tamed(value)).parse_date() {
        HeaderValue::DateTime(date) if date.is_valid() => Some(date),
        _ => None,
    }
}

/// Octets without declaration: UTF-8 if they are, otherwise as Windows has them in the West.
pub(in crate::message) fn guessed(octets: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(octets).0,
    }
}

/// Encoded-words of which no white space stands between two (RFC 2047 section 6.2). In texts the library does that, in parameters,
/// where they have no place and are written all the same, it does not.
fn joined(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(end) = memchr::memmem::find(rest, b"?=") {
        let (word, behind) = rest.split_at(end + 2);
        out.extend_from_slice(word);
        let next = behind.trim_ascii_start();
        rest = if next.starts_with(b"=?") { next } else { behind };
    }
    out.extend_from_slice(rest);
    out
}

/// One line that the library can be given.
fn tamed(value: &[u8]) -> Vec<u8> {
    let value = value.get(..VALUE).unwrap_or(value);
    // A character that was cut in two says nothing of the others.
    let whole = match str::from_utf8(value) {
        Err(error) if error.error_len().is_none() => value.get(..error.valid_up_to()).unwrap_or(value),
        _ => value,
    };
    let mut line = guessed(whole).into_owned().into_bytes();
    for octet in &mut line {
        if matches!(octet, b'\r' | b'\n' | 0) {
            *octet = b' ';
        }
    }
    let starts: Vec<usize> = memchr::memmem::find_iter(&line, b"=?").collect();
    for start in starts {
        let end = line.len().min(start + WORD);
        let ends = line.get(start + 2..end).is_some_and(|rest| memchr::memmem::find(rest, b"?=").is_some());
        if let (false, Some(sign)) = (ends, line.get_mut(start)) {
            *sign = b' ';
        }
    }
    line.push(b'\n');
    line
}
