//! The header section of a message as milters are told of it: field by field, folds as bare newlines.

use super::command::CHUNK;
use crate::message::headers::{self, HeaderSection};

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name, without the colon.
    pub(super) name: Vec<u8>,
    /// All that is behind the colon, the space included, folds as bare newlines. What no milter could take,
    /// beyond 64 KiB, is cut.
    pub(super) value: Vec<u8>,
}

/// The fields of a message from the top, to an empty line or a line that is no field, and where the body begins for milters: behind
/// them. Of a section that is larger than what is looked at, which only a milter before can have made of it, the rest is of the body.
pub(super) fn told(section: &HeaderSection) -> (Vec<headers::Field<'_>>, u64) {
    let mut given = 0;
    let follows = |field: &headers::Field<'_>| {
        let follows = field.range().start == given && field.is_named_on_one_line();
        if follows {
            given = field.range().end;
        }
        follows
    };
    let fields = section.fields().take_while(follows).collect();
    (fields, if given == section.size() { section.body() } else { given })
}

impl Field {
    pub(super) fn of(field: &headers::Field<'_>) -> Self {
        let name = field.name().as_bytes().to_vec();
        let room = CHUNK.saturating_sub(name.len() + 2);
        let text = field.value().strip_suffix(b"\n").unwrap_or(field.value());
        let mut value = Vec::with_capacity(text.len().min(room));
        for (number, line) in text.split(|octet| *octet == b'\n').enumerate() {
            if number > 0 {
                value.push(b'\n');
            }
            value.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            if value.len() >= room {
                value.truncate(room);
                break;
            }
        }
        Self { name, value }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::message::headers::FIELDS;

    fn read(message: &[u8]) -> (Vec<(String, String)>, u64) {
        let section = HeaderSection::parse(&Bytes::copy_from_slice(message));
        let (fields, body) = told(&section);
        let text = |octets| String::from_utf8(octets).unwrap();
        let fields = fields.iter().map(Field::of).map(|Field { name, value }| (text(name), text(value)));
        (fields.collect(), body)
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

    #[test]
    fn what_is_not_looked_at_of_a_large_section_is_of_the_body() {
        let large = "A: 1\r\n".repeat(FIELDS + 2) + "\r\nbody";
        let (fields, body) = read(large.as_bytes());
        assert_eq!((fields.len(), body as usize), (FIELDS, 6 * FIELDS));
    }

    proptest! {
        #[test]
        fn any_octets_have_a_body(message in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b':'), Just(b' '), any::<u8>()], 0..400)) {
            let octets = Bytes::from(message);
            let section = HeaderSection::parse(&octets);
            let (fields, body) = told(&section);
            prop_assert!(body <= octets.len() as u64);
            if section.is_well_formed() {
                prop_assert_eq!((fields.len(), body), (section.fields().len(), section.body()));
            }
        }
    }
}
