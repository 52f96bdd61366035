//! From a milter's changes to the edits that everybody's filters make.

use bytes::{Bytes, BytesMut};
use waxseal_plugins::verdicts::{Edit, Header, Reply as Said};

use super::response::{Change, Malformed};
use crate::smtp::address::Mailbox;

/// What a milter's changes come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// In the order in which they were said; the body last.
    pub(super) edits: Vec<Edit>,
    /// Why the message is to be put into quarantine, if it is.
    pub(super) quarantine: Option<String>,
}

/// How the values of header fields are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// The space behind the colon is part of the value.
    Told,
    /// It is not.
    Understood,
}

impl Changes {
    /// Reads the changes.
    ///
    /// # Errors
    ///
    /// A name of a field, or an address, that is none.
    pub(super) fn read(changes: Vec<Change>, space: Space) -> Result<Self, Malformed> {
        let (mut read, mut body) = (Self::default(), None::<BytesMut>);
        for change in changes {
            match change {
                Change::Body(piece) => body.get_or_insert_default().extend_from_slice(&piece),
                Change::Quarantine { reason } => {
                    read.quarantine = Some(Said::cleaned(&String::from_utf8_lossy(&reason)).text);
                }
                change => read.edits.push(edit(change, space)?),
            }
        }
        read.edits.extend(body.map(|body| Edit::ReplaceBody(canonical(&body))));
        Ok(read)
    }
}

/// Positions and occurrences are those of Sendmail, as Postfix has measured them: fields are inserted among
/// all fields, our own Received field being the first, and changed among those that milters are shown, which
/// are those that edits reach.
fn edit(change: Change, space: Space) -> Result<Edit, Malformed> {
    Ok(match change {
        Change::AddHeader { name, value } => Edit::AddHeader(header(&name, &value, space)?),
        Change::InsertHeader { index, name, value } => {
            let position = usize::try_from(index).unwrap_or(usize::MAX);
            Edit::InsertHeader { position, header: header(&name, &value, space)? }
        }
        Change::ReplaceHeader { index, name, value } if value.is_empty() => {
            let name = field_name(&name)?;
            Edit::RemoveHeader { occurrence: Some(occurrence(index)), name }
        }
        Change::ReplaceHeader { index, name, value } => {
            let header = header(&name, &value, space)?;
            Edit::ReplaceHeader { occurrence: occurrence(index), header }
        }
        Change::Sender { path } => Edit::ReplaceSender(sender(&path)?),
        Change::AddRecipient { path, parameters } if parameters.is_empty() => {
            Edit::AddRecipient(mailbox(&path)?)
        }
        Change::AddRecipient { path, parameters } => {
            let parameters = String::from_utf8_lossy(&parameters).into_owned();
            Edit::AddRecipientWith { address: mailbox(&path)?, parameters }
        }
        Change::RemoveRecipient { path } => Edit::RemoveRecipient(mailbox(&path)?),
        Change::Body(piece) => Edit::ReplaceBody(canonical(&piece)),
        // It is no edit: whoever reads changes has taken it already.
        Change::Quarantine { .. } => return Err(Malformed::Data('q')),
    })
}

/// The first is 1, and 0 means the same.
fn occurrence(index: u32) -> u32 {
    index.max(1)
}

fn header(name: &[u8], value: &[u8], space: Space) -> Result<Header, Malformed> {
    let value = match space {
        Space::Told => value.strip_prefix(b" ").unwrap_or(value),
        Space::Understood => value,
    };
    Ok(Header { name: field_name(name)?, value: folded(value) })
}

fn field_name(name: &[u8]) -> Result<String, Malformed> {
    let is_name = !name.is_empty() && name.iter().all(|octet| octet.is_ascii_graphic() && *octet != b':');
    let name = String::from_utf8_lossy(name);
    if is_name { Ok(name.into_owned()) } else { Err(Malformed::Name(name.chars().take(80).collect())) }
}

/// A value with canonical line ends, each followed by white space and a text: what is behind a line end must not become
/// a field of its own, nor the end of the section.
fn folded(value: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(value.len());
    for (number, line) in lines(value).enumerate() {
        if number > 0 {
            if line.trim_ascii().is_empty() {
                continue;
            }
            folded.extend_from_slice(b"\r\n");
            if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                folded.push(b'\t');
            }
        }
        folded.extend_from_slice(line);
    }
    folded
}

/// A body whose lines end with CRLF, the last one too.
fn canonical(body: &[u8]) -> Bytes {
    let mut canonical = BytesMut::with_capacity(body.len());
    let mut rest = lines(body).peekable();
    while let Some(line) = rest.next() {
        if rest.peek().is_some() || !line.is_empty() {
            canonical.extend_from_slice(line);
            canonical.extend_from_slice(b"\r\n");
        }
    }
    canonical.freeze()
}

/// The lines, whether they end with CRLF, LF or CR; an empty one behind the last line end.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let Some(end) = memchr::memchr2(b'\r', b'\n', text) else { return Some(text) };
        let (line, behind) = text.split_at_checked(end)?;
        let behind = behind.strip_prefix(b"\r\n").or_else(|| behind.get(1..)).unwrap_or_default();
        rest = Some(behind);
        Some(line)
    })
}

fn sender(path: &[u8]) -> Result<String, Malformed> {
    if bare(path).is_empty() { Ok(String::new()) } else { mailbox(path) }
}

/// An address, in brackets or not.
fn mailbox(path: &[u8]) -> Result<String, Malformed> {
    let text = String::from_utf8_lossy(bare(path));
    Mailbox::parse(&text)
        .map(|mailbox| mailbox.to_string())
        .map_err(|error| Malformed::Address(error.to_string()))
}

fn bare(path: &[u8]) -> &[u8] {
    let path = path.trim_ascii();
    path.strip_prefix(b"<").and_then(|path| path.strip_suffix(b">")).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::headers::written::{self, Utf8};

    fn one(change: Change) -> Result<Edit, Malformed> {
        Changes::read(vec![change], Space::Told).map(|mut changes| changes.edits.remove(0))
    }

    fn bytes(text: &str) -> Bytes {
        Bytes::copy_from_slice(text.as_bytes())
    }

    fn change(index: u32, name: &str, value: &str) -> Change {
        Change::ReplaceHeader { index, name: bytes(name), value: bytes(value) }
    }

    #[test]
    fn numbers_of_fields_are_those_of_sendmail() {
        let removed =
            |name: &str, number| Edit::RemoveHeader { name: name.to_owned(), occurrence: Some(number) };
        assert_eq!(one(change(1, "Subject", "")), Ok(removed("Subject", 1)));
        assert_eq!(one(change(0, "Subject", "")), Ok(removed("Subject", 1)));
        assert_eq!(one(change(1, "received", "")), Ok(removed("received", 1)), "no edit reaches our own");
        let header = Header::new("Subject", "x");
        assert_eq!(one(change(2, "Subject", " x")), Ok(Edit::ReplaceHeader { occurrence: 2, header }));
        let inserted = Change::InsertHeader { index: 1, name: bytes("X"), value: bytes(" y") };
        assert_eq!(one(inserted), Ok(Edit::InsertHeader { position: 1, header: Header::new("X", "y") }));
    }

    #[test]
    fn the_space_behind_the_colon_is_told_or_understood() {
        let added = |value: &str, space| {
            let change = Change::AddHeader { name: bytes("X"), value: bytes(value) };
            match Changes::read(vec![change], space).unwrap().edits.remove(0) {
                Edit::AddHeader(header) => String::from_utf8(header.value).unwrap(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(added(" a", Space::Told), "a");
        assert_eq!(added("  a", Space::Told), " a");
        assert_eq!(added(" a", Space::Understood), " a");
        assert_eq!(added("a\n\tb\r\n c\n", Space::Told), "a\r\n\tb\r\n c");
        assert_eq!(added("a\nBcc: all", Space::Told), "a\r\n\tBcc: all", "no field is smuggled in");
        assert_eq!(added("a\n \n b", Space::Told), "a\r\n b");
        assert_eq!(added("a\n\t", Space::Told), "a");
    }

    #[test]
    fn a_body_is_joined_and_canonical() {
        let changes = vec![Change::Body(bytes("one\ntw")), Change::Body(bytes("o\r\nthree\r"))];
        let read = Changes::read(changes, Space::Told).unwrap();
        assert_eq!(read.edits, [Edit::ReplaceBody(bytes("one\r\ntwo\r\nthree\r\n"))]);
    }

    #[test]
    fn addresses_are_checked() {
        let added = |path: &str| one(Change::AddRecipient { path: bytes(path), parameters: Bytes::new() });
        assert_eq!(added("<a@b.example>"), Ok(Edit::AddRecipient("a@b.example".into())));
        assert_eq!(added("a@b.example"), Ok(Edit::AddRecipient("a@b.example".into())));
        assert!(matches!(added("<>"), Err(Malformed::Address(_))));
        assert!(matches!(added("a@b>\r\nRCPT TO:<c@d"), Err(Malformed::Address(_))));
        assert_eq!(one(Change::Sender { path: bytes("<>") }), Ok(Edit::ReplaceSender(String::new())));
    }

    #[test]
    fn names_of_fields_are_checked() {
        for name in ["", "X Y", "X:Y", "X\r\nY", "Ü"] {
            let change = Change::AddHeader { name: bytes(name), value: bytes("x") };
            assert!(matches!(one(change), Err(Malformed::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn quarantine_is_beside_the_edits() {
        let changes = vec![Change::Quarantine { reason: bytes("spam,\r\n and\u{7} more") }];
        let expected = Changes { edits: vec![], quarantine: Some("spam, and? more".into()) };
        assert_eq!(Changes::read(changes, Space::Told), Ok(expected));
    }

    proptest! {
        #[test]
        fn no_value_becomes_two_fields(value in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), any::<u8>()], 0..80)) {
            let folded = folded(&value);
            for (at, _) in folded.iter().enumerate().filter(|(_, octet)| matches!(octet, b'\r' | b'\n')) {
                let end = folded[at..].starts_with(b"\r\n") || at > 0 && folded[at - 1..].starts_with(b"\r\n");
                prop_assert!(end);
                if folded[at] == b'\n' {
                    prop_assert!(folded.get(at + 1).is_some_and(|octet| matches!(octet, b' ' | b'\t')));
                }
            }
        }

        #[test]
        fn every_value_becomes_a_field(value in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), 1_u8..], 0..80), times in 1_usize..40) {
            let header = Header { name: "X".into(), value: folded(&value.repeat(times)) };
            let field = written::field(&header, Utf8::AsGiven).unwrap();
            let lines: Vec<&[u8]> = field.strip_suffix(b"\r\n").unwrap().split(|octet| *octet == b'\n').collect();
            prop_assert!(lines.iter().all(|line| line.len() <= 999 && !line.trim_ascii().is_empty()));
            prop_assert!(lines.iter().skip(1).all(|line| matches!(line[0], b' ' | b'\t')));
        }

        #[test]
        fn a_canonical_body_stays_as_it_is(lines in prop::collection::vec("[a-z .]{0,9}", 0..9)) {
            let body: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            prop_assert_eq!(canonical(body.as_bytes()), body.as_bytes());
        }
    }
}
