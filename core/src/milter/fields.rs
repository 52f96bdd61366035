//! The header section of a message as milters are told of it: field by field, folds as bare newlines.

use std::io;

use waxseal_plugins::content::Content;

use super::command::CHUNK;
use crate::message::headers::{self, Every, HeaderSection};

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name, without the colon.
    pub(super) name: Vec<u8>,
    /// All that is behind the colon, the space included, folds as bare newlines. What no milter could take,
    /// beyond 64 KiB, is cut.
    pub(super) value: Vec<u8>,
}

/// The fields of a message, from the top, to an empty line or a line that is no field: there the body begins for milters.
pub(super) struct Fields<'a>(Every<'a>);

impl<'a> Fields<'a> {
    pub(super) fn new(section: &HeaderSection, content: &'a dyn Content) -> Self {
        Self(Every::of(section, content))
    }

    /// The next field; `None` behind the last.
    ///
    /// # Errors
    ///
    /// The content cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Field>> {
        Ok(self.0.next_field()?.map(|field| Field::of(&field)))
    }

    /// Where the body begins, once there is no further field.
    pub(super) fn body(&self) -> u64 {
        self.0.body()
    }
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

    fn read(message: &[u8]) -> (Vec<(String, String)>, u64) {
        let content = Bytes::copy_from_slice(message);
        let section = HeaderSection::read(&content).unwrap();
        let mut fields = Fields::new(&section, &content);
        let mut all = Vec::new();
        while let Some(Field { name, value }) = fields.next().unwrap() {
            all.push((String::from_utf8(name).unwrap(), String::from_utf8(value).unwrap()));
        }
        (all, fields.body())
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

    proptest! {
        #[test]
        fn any_octets_have_a_body(message in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b':'), Just(b' '), any::<u8>()], 0..400)) {
            let content = Bytes::from(message);
            let section = HeaderSection::read(&content).unwrap();
            let mut fields = Fields::new(&section, &content);
            while fields.next().unwrap().is_some() {}
            prop_assert!(fields.body() <= content.size());
        }
    }
}
