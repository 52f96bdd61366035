//! The header section of a message, read from where the message lies.

use std::io;
use std::ops::Range;

use memchr::memmem;
use waxseal_plugins::content::Content;

/// The largest header section that is looked at. Few have more than 64 KiB; what is beyond this is made to be a burden.
const LARGEST: usize = 1 << 20;

/// How much is read at once.
const PORTION: usize = 16 << 10;

/// The header section of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderSection {
    octets: Vec<u8>,
    fields: Vec<Range<usize>>,
    /// Where the body begins.
    body: u64,
}

/// A field of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name as written, without what may stand before the colon; empty where the line is no field.
    pub name: &'a [u8],
    /// All behind the colon, with the final line end.
    pub value: &'a [u8],
}

/// A header section that is too large to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header section is larger than {LARGEST} octets")]
pub struct TooLarge;

impl HeaderSection {
    /// Reads it, up to the empty line or the message's end.
    ///
    /// # Errors
    ///
    /// The disk; [`TooLarge`] within where the section is larger than 1 MiB.
    pub fn read(content: &dyn Content) -> io::Result<Result<Self, TooLarge>> {
        let mut octets = Vec::new();
        let mut buffer = vec![0; PORTION];
        loop {
            let read = content.read_at(octets.len() as u64, &mut buffer)?;
            let searched = octets.len().saturating_sub(3);
            octets.extend_from_slice(buffer.get(..read).unwrap_or_default());
            if let Some(end) = end(&octets, searched) {
                octets.truncate(end);
                return Ok(Ok(Self::new(octets, 2)));
            }
            if read == 0 {
                return Ok(Ok(Self::new(octets, 0)));
            }
            if octets.len() > LARGEST {
                return Ok(Err(TooLarge));
            }
        }
    }

    /// `separator`: how many octets stand between the section and the body.
    fn new(octets: Vec<u8>, separator: u64) -> Self {
        let body = octets.len() as u64 + separator;
        let fields = fields(&octets);
        Self { octets, fields, body }
    }

    /// All of it, without the empty line.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Where in the message the body begins.
    pub fn body(&self) -> u64 {
        self.body
    }

    /// Its fields, from the top.
    pub fn fields(&self) -> impl DoubleEndedIterator<Item = Field<'_>> {
        self.fields.iter().map(|range| Field::new(self.octets.get(range.clone()).unwrap_or_default()))
    }

    /// The fields of a name, from the top.
    pub fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = Field<'a>> {
        self.fields().filter(move |field| field.is(name))
    }

    /// Whether each line belongs to a field. Where not, readers differ in what they take for the header section.
    pub fn is_well_formed(&self) -> bool {
        self.fields().all(|field| !field.name.is_empty())
    }
}

impl<'a> Field<'a> {
    fn new(octets: &'a [u8]) -> Self {
        let colon = memchr::memchr(b':', octets);
        let (name, value) = colon.and_then(|at| octets.split_at_checked(at)).unwrap_or((&[], octets));
        let name = name.trim_ascii_end();
        // RFC 5322 section 2.2: printable, without a space.
        let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
        if is_name {
            Self { name, value: value.get(1..).unwrap_or_default() }
        } else {
            Self { name: &[], value: octets }
        }
    }

    /// Whether it has this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Where the header section ends: before the empty line.
fn end(octets: &[u8], from: usize) -> Option<usize> {
    if octets.starts_with(b"\r\n") {
        return Some(0);
    }
    memmem::find(octets.get(from..)?, b"\r\n\r\n").map(|at| from + at + 2)
}

/// Lines that begin with a space or tab belong to the field before them.
fn fields(octets: &[u8]) -> Vec<Range<usize>> {
    let mut fields: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    while start < octets.len() {
        let rest = octets.get(start..).unwrap_or_default();
        let end = start + memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        match (rest.first(), fields.last_mut()) {
            (Some(b' ' | b'\t'), Some(field)) => field.end = end,
            _ => fields.push(start..end),
        }
        start = end;
    }
    fields
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &'static str) -> HeaderSection {
        HeaderSection::read(&Bytes::from_static(text.as_bytes())).unwrap().unwrap()
    }

    #[test]
    fn fields_are_told_apart() {
        let section = read("From: a@example.org\r\nSubject : x\r\n y: z\r\n\r\nbody: no\r\n");
        let names: Vec<_> = section.fields().map(|field| field.name).collect();
        assert_eq!(names, [&b"From"[..], b"Subject"]);
        assert_eq!(section.named("subject").next().unwrap().value, b" x\r\n y: z\r\n");
        assert_eq!(section.body(), 43);
        assert!(section.is_well_formed());
    }

    #[test]
    fn a_message_may_have_no_body_or_no_header() {
        assert_eq!(read("From: a@example.org\r\n").body(), 21);
        assert_eq!(read("\r\nbody\r\n").body(), 2);
        assert_eq!(read("").fields().count(), 0);
    }

    #[test]
    fn a_line_that_is_no_field_is_seen() {
        assert!(!read("From: a\r\nno field\r\nTo: b\r\n\r\n").is_well_formed());
        assert!(!read(" folded: at the top\r\n\r\n").is_well_formed());
        assert!(!read("two words: x\r\n\r\n").is_well_formed());
    }

    #[test]
    fn a_section_without_end_is_not_held() {
        let endless = Bytes::from(b"X: y\r\n".repeat(LARGEST / 6 + PORTION));
        assert_eq!(HeaderSection::read(&endless).unwrap(), Err(TooLarge));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(octets in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), Just(b' '), any::<u8>()], 0..200)) {
            let content = Bytes::from(octets.clone());
            let section = HeaderSection::read(&content).unwrap().unwrap();
            let joined: Vec<u8> = section.fields.iter().flat_map(|range| section.octets[range.clone()].to_vec()).collect();
            prop_assert_eq!(&joined, &section.octets);
            prop_assert!(octets.starts_with(&joined));
            prop_assert!(section.body() <= octets.len() as u64);
        }
    }
}
