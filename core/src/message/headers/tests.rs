use proptest::prelude::*;

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

proptest! {
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
