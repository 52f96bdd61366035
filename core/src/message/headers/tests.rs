use std::io;

use proptest::prelude::*;
use waxseal_plugins::content::Content;

use super::*;

fn parsed(text: &str) -> HeaderSection {
    HeaderSection::parse(&Bytes::from(text.to_owned()))
}

#[test]
fn fields_are_octet_for_octet_what_came() {
    let section =
        parsed("From: a\r\nSubject : =?utf-8?q?caf=C3=A9?=\r\n\tand  more\r\nX:\r\n\r\nFrom: body\r\n");
    let names: Vec<_> = section.fields().map(|field| field.name()).collect();
    assert_eq!(names, ["From", "Subject", "X"]);
    let subject = section.first("SUBJECT").unwrap();
    assert_eq!(subject.raw(), b" =?utf-8?q?caf=C3=A9?=\r\n\tand  more");
    assert_eq!(&*subject.unfolded(), b"=?utf-8?q?caf=C3=A9?=\tand  more");
    assert_eq!(subject.text(), "café and  more");
    assert_eq!(subject.range(), 9..9 + subject.octets().len() as u64);
    assert_eq!(section.body(), section.size() + 2);
    assert_eq!(section.ending(), Ending::EmptyLine);
    assert!(section.is_complete());
}

#[test]
fn junk_is_nobodys_field() {
    let section = parsed(
        " bare folding\r\nFrom me Sat Nov 28 06:00:00 2026\r\nno colon here\r\n more of it\r\nA: 1\r\n\u{e9}: 2\r\n: 3\r\nB: 4",
    );
    let names: Vec<_> = section.fields().map(|field| field.name()).collect();
    assert_eq!(names, ["A", "B"]);
    assert_eq!(section.ending(), Ending::Message);
    assert_eq!(section.body(), section.size());
    assert!(section.is_complete());
    assert_eq!(section.insertion(0), 15, "behind the continuation of nothing");
    assert_eq!(section.insertion(1), section.first("B").unwrap().range().start);
    assert_eq!(section.insertion(2), section.size());
}

#[test]
fn there_may_be_no_headers_at_all() {
    let section = parsed("\r\nonly a body\r\n");
    assert_eq!((section.fields().len(), section.size(), section.body()), (0, 0, 2));
    let section = parsed("");
    assert_eq!((section.fields().len(), section.size(), section.body()), (0, 0, 0));
}

#[test]
fn of_a_huge_section_the_beginning_is_known() {
    let section = parsed(&format!("A: 1\r\nB: {}\r\nC: 3\r\n\r\n", "x".repeat(SECTION)));
    assert_eq!(section.fields().len(), 1);
    assert!(!section.is_complete());
    assert_eq!(section.size(), SECTION as u64 + 17);
    assert_eq!(section.insertion(usize::MAX), section.size());
}

#[test]
fn octets_without_declaration_are_guessed() {
    let latin = HeaderSection::parse(&Bytes::from_static(b"Subject: caf\xe9 \0 ok\r\n\r\n"));
    assert_eq!(latin.first("subject").unwrap().text(), "café   ok");
    let utf8 = parsed("Subject: caf\u{e9}\r\n\r\n");
    assert_eq!(utf8.first("subject").unwrap().text(), "café");
}

#[test]
fn words_that_never_end_stay_as_they_are() {
    let value = b"=?utf-8?q?".repeat(20_000);
    assert!(decoded::text(&value).contains("utf-8?q?"));
}

/// A message that does not lie in memory, and is read in pieces of these sizes.
#[derive(Debug)]
struct Elsewhere {
    octets: Bytes,
    piece: usize,
}

impl Content for Elsewhere {
    fn size(&self) -> u64 {
        self.octets.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.piece);
        self.octets.read_at(offset, &mut buffer[..length])
    }
}

/// Where a field begins, its name, and all behind its colon.
type Plain = (usize, Vec<u8>, Vec<u8>);

/// What the reader should find, said again without it: the section's end, the body's beginning, and each field. `text` has no line ends but CRLF.
fn plainly(text: &[u8]) -> (usize, usize, Vec<Plain>) {
    let (mut at, mut lines): (usize, Vec<(usize, Vec<u8>)>) = (0, Vec::new());
    let mut body = text.len();
    while at < text.len() {
        let length =
            text[at..].iter().position(|octet| *octet == b'\n').map_or(text.len() - at, |end| end + 1);
        let line = &text[at..at + length];
        if line == b"\r\n" {
            body = at + 2;
            break;
        }
        match lines.last_mut() {
            Some((_, last)) if line[0] == b' ' || line[0] == b'\t' => last.extend_from_slice(line),
            _ => lines.push((at, line.to_vec())),
        }
        at += length;
    }
    let field = |(start, line): (usize, Vec<u8>)| {
        let colon = line.iter().position(|octet| *octet == b':')?;
        let name = line[..colon].trim_ascii_end();
        let is_name = !name.is_empty() && name.iter().all(|octet| (33..127).contains(octet));
        is_name.then(|| (start, name.to_vec(), line[colon + 1..].to_vec()))
    };
    (at, body, lines.into_iter().filter_map(field).collect())
}

/// Octets that look like a header section, with all that is odd about them; no line ends but CRLF.
fn odd() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just("\r\n"),
        Just("\r\n"),
        Just("\r\n\r\n"),
        Just("\r\n "),
        Just("\r\n\t"),
        Just(" "),
        Just(":"),
        Just("A: b\r\n"),
        Just("From : x@y"),
        Just("From me Sat"),
        Just("Authentication-Results"),
        Just("\u{e9}"),
        Just("\r"),
        Just("\0"),
        Just("x"),
    ];
    let text = prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat().into_bytes());
    // A CR of its own before a CRLF would be one with it.
    text.prop_map(|text| if text.windows(3).any(|three| three == b"\r\r\n") { Vec::new() } else { text })
}

#[test]
fn what_is_in_memory_is_not_copied() {
    let content = Bytes::from_static(b"Subject: x\r\n\r\nbody");
    let section = HeaderSection::read(&content).unwrap();
    assert_eq!(section.octets().as_ptr(), content.as_ptr());
    assert_eq!(section.clone().first("subject").unwrap().octets().as_ptr(), content.as_ptr());
}

#[test]
fn a_fold_before_the_colon_is_where_readers_differ() {
    let section = parsed("A: 1\r\nFrom\r\n : x@y\r\nB : 2\r\n\r\n");
    let names: Vec<_> = section.fields().map(|field| (field.name(), field.is_named_on_one_line())).collect();
    assert_eq!(names, [("A", true), ("From", false), ("B", true)]);
    assert!(!section.is_well_formed());
}

#[test]
fn a_section_is_well_formed_if_all_of_it_is_fields() {
    for good in ["", "\r\n", "A: 1\r\nB : 2\r\n\tmore\r\n\r\nno field\r\n"] {
        assert!(parsed(good).is_well_formed(), "{good:?}");
    }
    for odd in [
        " a: b\r\n",
        "A: 1\r\nno field\r\nB: 2\r\n",
        "A: 1\r\nno field",
        "two words: x\r\n",
        "A: 1\nB: 2\r\n",
    ] {
        assert!(!parsed(odd).is_well_formed(), "{odd:?}");
    }
}

#[test]
fn of_a_section_that_is_too_large_the_beginning_is_known_wherever_it_lies() {
    let many = "A: 1\r\n".repeat(FIELDS + 1);
    let long = format!("A: 1\r\nB: {}\r\nC: 3\r\n", "x".repeat(SECTION));
    let endless = "A: 1\r\n".repeat(SECTION / 6 + 1);
    for (text, fields) in [(&many, FIELDS), (&long, 1), (&endless, FIELDS)] {
        for end in ["", "\r\nbody"] {
            let octets = Bytes::from(format!("{text}{end}"));
            let elsewhere = Elsewhere { octets: octets.clone(), piece: 10_000 };
            for section in [HeaderSection::parse(&octets), HeaderSection::read(&elsewhere).unwrap()] {
                assert_eq!(section.fields().len(), fields);
                assert_eq!(section.whole().unwrap_err(), TooLarge);
                assert!(!section.is_well_formed() && section.octets().len() <= SECTION);
                let body = text.len() + if end.is_empty() { 0 } else { 2 };
                assert_eq!((section.size(), section.body()), (text.len() as u64, body as u64));
            }
        }
    }
}

proptest! {
    #[test]
    fn what_stands_in_a_section_is_read_wherever_it_lies(text in odd(), piece in 1..20_usize) {
        let (size, body, fields) = plainly(&text);
        let octets = Bytes::from(text);
        let elsewhere = Elsewhere { octets: octets.clone(), piece };
        for section in [HeaderSection::parse(&octets), HeaderSection::read(&octets).unwrap(), HeaderSection::read(&elsewhere).unwrap()] {
            let found: Vec<_> = section.fields().map(|field| {
                (field.range().start as usize, field.name().as_bytes().to_vec(), field.value().to_vec())
            }).collect();
            prop_assert_eq!(&found, &fields);
            prop_assert_eq!((section.size(), section.body()), (size as u64, body as u64));
            prop_assert_eq!(section.octets(), &octets[..size]);
            let lines: usize = fields.iter().map(|(_, name, value)| name.len() + value.len()).sum();
            prop_assert!(!section.is_well_formed() || lines + fields.len() <= size);
        }
    }

    #[test]
    fn any_octets_are_parsed_and_add_up(octets in prop::collection::vec(
        prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), Just(b' '), Just(b'a'), Just(b'='), Just(b'?'), any::<u8>()], 0..400)) {
        let octets = Bytes::from(octets);
        let section = HeaderSection::parse(&octets);
        let mut last = 0;
        for field in section.fields() {
            let range = field.range();
            prop_assert!(range.start >= last && range.end <= section.size());
            prop_assert_eq!(field.octets(), &octets[range.start as usize..range.end as usize]);
            last = range.end;
            field.text();
            decoded::addresses(&field.unfolded());
            decoded::parameters(&field.unfolded());
            decoded::date(&field.unfolded());
        }
        prop_assert!(section.body() <= octets.len() as u64);
    }
}
