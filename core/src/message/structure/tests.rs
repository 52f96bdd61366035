use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::message::anatomy::Anatomy;
use crate::message::headers::{Ending, HeaderSection};

fn structure(text: &str) -> Structure {
    Anatomy::of(&Bytes::from(text.to_owned())).unwrap().structure
}

fn outline(structure: &Structure) -> Vec<(&str, &str)> {
    structure.parts().iter().map(|part| (part.number.as_str(), part.media_type())).collect()
}

fn of<'a>(text: &'a str, range: &Range<u64>) -> &'a str {
    &text[range.start as usize..range.end as usize]
}

const NESTED: &str = "Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\npreamble\r\n--outer\r\n\
    Content-Type: multipart/alternative; boundary=outer2\r\n\r\n--outer2\r\n\r\nplain\r\n\
    --outer2 \t\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n<p>\r\n--outer2--\r\nepilogue\r\n--outer\r\n\
    Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n\r\n\
    --outer\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--outer--\r\nafter\r\n";

#[test]
fn parts_have_the_numbers_of_imap() {
    let structure = structure(NESTED);
    assert_eq!(
        outline(&structure),
        [
            ("", "multipart/mixed"),
            ("1", "multipart/alternative"),
            ("1.1", "text/plain"),
            ("1.2", "text/html"),
            ("2", "message/rfc822"),
            ("", "multipart/mixed"),
            ("2.1", "text/plain"),
            ("3", "application/pdf"),
        ]
    );
    assert_eq!(structure.known(), Known::Whole);
}

#[test]
fn ranges_are_what_belongs_to_a_part() {
    let structure = structure(NESTED);
    let part = |number| structure.part(number).unwrap();
    assert_eq!(of(NESTED, &part("1.1").body), "plain");
    assert_eq!(of(NESTED, &part("1.1").headers), "\r\n");
    assert_eq!(of(NESTED, &part("1.1").extent), "--outer2\r\n\r\nplain\r\n");
    assert_eq!(of(NESTED, &part("1.2").body), "<p>");
    assert_eq!(of(NESTED, &part("2.1").body), "x");
    assert_eq!(of(NESTED, &part("3").body), "QUJD");
    let Kind::Multipart { preamble, epilogue } = &structure.root().unwrap().kind else {
        panic!("no multipart")
    };
    assert_eq!(of(NESTED, preamble), "preamble\r\n");
    assert_eq!(of(NESTED, epilogue.as_ref().unwrap()), "after\r\n");
    let Kind::Multipart { epilogue, .. } = &part("1").kind else { panic!("no multipart") };
    assert_eq!(of(NESTED, epilogue.as_ref().unwrap()), "epilogue");
    assert_eq!(structure.root().unwrap().extent, 0..NESTED.len() as u64);
}

#[test]
fn a_message_without_mime_is_one_part() {
    let text = "Subject: x\r\n\r\n--a\r\nhello\r\n";
    let structure = structure(text);
    assert_eq!(outline(&structure), [("1", "text/plain")]);
    assert_eq!(of(text, &structure.part("1").unwrap().body), "--a\r\nhello\r\n");
}

#[test]
fn broken_mime_has_a_structure_too() {
    // No closing delimiter; an inner multipart that is never closed; a part without an empty line.
    let text = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/x\r\n--b\r\n\r\ntwo\r\n--a\r\n\r\nlast\r\n";
    let found = structure(text);
    let numbers: Vec<_> = found.parts().iter().map(|part| part.number.as_str()).collect();
    assert_eq!(numbers, ["", "1", "1.1", "1.2", "2"]);
    assert_eq!(found.part("1.1").unwrap().media_type(), "text/x");
    assert_eq!(of(text, &found.part("1.1").unwrap().body), "");
    assert_eq!(of(text, &found.part("1.2").unwrap().body), "two");
    assert_eq!(of(text, &found.part("2").unwrap().body), "last\r\n");
    // A multipart without boundary is a leaf.
    assert_eq!(
        outline(&structure("Content-Type: multipart/mixed\r\n\r\n--a\r\n")),
        [("1", "multipart/mixed")]
    );
}

#[test]
fn what_cannot_be_read_is_not_taken_for_text() {
    let of = |value: &str| {
        structure(&format!("Content-Type: {value}\r\n\r\nx")).root().unwrap().media_type().to_owned()
    };
    assert_eq!(of("text"), "text/plain");
    assert_eq!(of("TEXT/HTML; charset=x"), "text/html");
    assert_eq!(of("nonsense"), "application/octet-stream");
    assert_eq!(of("=?x"), "application/octet-stream");
    assert_eq!(structure("Subject: x\r\n\r\n").root().unwrap().media_type(), "text/plain");
}

#[test]
fn file_names_are_read_in_all_the_forms_that_mailers_make() {
    let is = |fields: &str, expected: &str| assert_eq!(names(fields), [expected], "{fields}");
    is("Content-Disposition: attachment; filename=\"a b.txt\"", "a b.txt");
    is("Content-Disposition: attachment; filename*=utf-8''na%C3%AFve.txt", "naïve.txt");
    is(
        "Content-Disposition: attachment;\r\n filename*0*=utf-8''na%C3%AF;\r\n filename*1=ve.t;\r\n filename*2=xt",
        "naïve.txt",
    );
    is("Content-Disposition: attachment; filename=\"=?utf-8?Q?na=C3=AFve.txt?=\"", "naïve.txt");
    is("Content-Type: text/x; name==?iso-8859-1?Q?na=EFve.txt?=", "naïve.txt");
    is("Content-Disposition: attachment; filename=\"naïve.txt\"", "naïve.txt");
    is("Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: inline", "a.pdf");
    assert_eq!(names("Content-Disposition: attachment"), [""; 0]);
}

#[test]
fn file_names_are_read_as_others_read_what_is_no_name_by_any_rule() {
    let is = |value: &str, expected: &str| {
        let found = names(&format!("Content-Disposition: attachment; {value}"));
        assert_eq!(found, [expected], "{value}");
    };
    is("filename=my setup.exe", "my setup.exe");
    is("filename=\"setup.exe", "setup.exe");
    is("FILENAME = \"setup.exe\"", "setup.exe");
    is("filename*=utf-8''set%75p.exe", "setup.exe");
    is("filename*=setup.ex%65", "setup.exe");
    is("filename*=gb2312''%C4%E3.exe", "你.exe");
    is("filename*0*=utf-8''setup.;\r\n filename*1*=%65xe", "setup.exe");
    is("filename*1=xe; filename*0=setup.e", "setup.exe");
    is("filename*0=\"setup\"; filename*2=\".exe\"", "setup.exe");
    is("filename=\"=?utf-8?B?c2V0dXAuZXhl?=\"", "setup.exe");
    is("filename==?utf-8?B?c2V0dXAuZXhl?=", "setup.exe");
    is("filename=\"=?utf-8?Q?setup.e?=\r\n =?utf-8?Q?xe?=\"", "setup.exe");
    is("filename=\"set\\up.exe\"", "setup.exe");
    is("filename=\"a\r\n b.exe\"", "a b.exe");
    is("filename=\"Grüße.exe\"", "Grüße.exe");
    is("filename=\"setup.e\u{0}xe\"", "setup.e xe");
    is("filename=\"photo\u{202e}gpj.exe\"", "photo\u{202e}gpj.exe");
}

#[test]
fn a_part_with_several_names_has_them_all() {
    let two =
        "Content-Type: application/x; name=setup.exe\r\nContent-Disposition: attachment; filename=a.txt";
    assert_eq!(names(two), ["a.txt", "setup.exe"]);
    for value in ["filename=a.txt; filename=setup.exe", "filename=a.txt; filename*=utf-8''setup.exe"] {
        assert_eq!(
            names(&format!("Content-Disposition: attachment; {value}")),
            ["a.txt", "setup.exe"],
            "{value}"
        );
    }
    let twice =
        "Content-Disposition: attachment; filename=a.txt\r\nContent-Disposition: inline; filename=setup.exe";
    assert_eq!(names(twice), ["a.txt", "setup.exe"]);
    let same = "Content-Type: application/x; name=a.exe\r\nContent-Disposition: attachment; filename=a.exe";
    assert_eq!(names(same), ["a.exe"]);
}

#[test]
fn of_a_long_name_the_end_is_kept() {
    let long = format!("Content-Disposition: attachment; filename=\"é{}.exe\"", "é".repeat(2000));
    let kept = names(&long).remove(0);
    assert!(kept.ends_with("é.exe") && kept.len() <= 1024, "{kept}");
}

fn names(fields: &str) -> Vec<String> {
    structure(&format!("{fields}\r\n\r\nx")).root().unwrap().declared.file_names.clone()
}

#[test]
fn too_many_parts_are_not_followed() {
    let part = "--a\r\n\r\nx\r\n";
    let text =
        format!("Content-Type: multipart/mixed; boundary=a\r\n\r\n{}--a--\r\nend", part.repeat(PARTS + 5));
    let found = structure(&text);
    assert_eq!(found.parts().len(), PARTS);
    assert_eq!(found.known(), Known::Truncated);
    assert_eq!(of(&text, &found.part("7").unwrap().extent), part);
    let deep: String = (0..DEPTH + 20)
        .map(|depth| format!("--b{depth}\r\nContent-Type: multipart/mixed; boundary=b{}\r\n\r\n", depth + 1))
        .collect();
    let found = structure(&format!("Content-Type: multipart/mixed; boundary=b0\r\n\r\n{deep}"));
    assert_eq!(found.parts().len(), DEPTH);
    assert_eq!(found.known(), Known::Truncated);
}

/// What is read of it is noted.
#[derive(Debug)]
struct Noting {
    octets: Bytes,
    read: std::sync::Mutex<u64>,
}

impl Content for Noting {
    fn size(&self) -> u64 {
        self.octets.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.octets.read_at(offset, buffer)?;
        let mut read = self.read.lock().unwrap();
        *read = (*read).max(offset + length as u64);
        Ok(length)
    }
}

#[test]
fn no_more_is_read_than_parts_can_follow_in() {
    let read = |head: &str| {
        let octets = Bytes::from(format!("{head}\r\n{}", "x\r\n".repeat(1 << 20)));
        let noting = Noting { octets, read: std::sync::Mutex::default() };
        let found = Anatomy::of(&noting).unwrap().structure;
        assert_eq!(found.root().unwrap().body.end, noting.size());
        *noting.read.lock().unwrap()
    };
    assert!(read("Subject: text\r\n") <= 16 * 1024);
    let closed = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n";
    assert!(read(closed) <= 2 * PIECE as u64);
    assert!(read("Content-Type: multipart/mixed; boundary=a\r\n") > 3 << 20);
}

/// Octets that look like MIME.
fn mime() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        Just(b"--a".to_vec()),
        Just(b"--a--".to_vec()),
        Just(b"--ab".to_vec()),
        Just(b"--ab--".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"Content-Type: multipart/mixed; boundary=a\r\n".to_vec()),
        Just(b"Content-Type: multipart/digest; boundary=\"ab\"\r\n".to_vec()),
        Just(b"Content-Type: message/rfc822\r\n".to_vec()),
        Just(b"Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%A4\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn pieces_are_scanned_as_the_whole(octets in mime(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12)) {
        let (headers, size) = (HeaderSection::parse(&Bytes::from(octets.clone())), octets.len() as u64);
        let body = &octets[headers.body() as usize..];
        let mut whole = Scanner::behind(&headers);
        whole.read(body);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let mut pieces = Scanner::behind(&headers);
        for cut in cuts.windows(2) {
            pieces.read(&body[cut[0]..cut[1]]);
        }
        let structure = whole.finish(size);
        prop_assert_eq!(&structure, &pieces.finish(size));
        prop_assert_eq!(&structure, &Structure::of(&headers, &Bytes::from(octets)).unwrap());
    }

    /// A part that is a message has the same parts as that message.
    #[test]
    fn a_message_within_is_read_as_one_by_itself(octets in mime()) {
        let alone = Anatomy::of(&Bytes::from(octets.clone())).unwrap();
        prop_assume!(alone.headers.ending() == Ending::EmptyLine);
        let wrap = b"Content-Type: message/rfc822\r\n\r\n".to_vec();
        let within = Anatomy::of(&Bytes::from([wrap.clone(), octets].concat())).unwrap();
        let by = wrap.len() as u64;
        let of = |part: &Part, by: u64| {
            let range = |range: &Range<u64>| range.start + by..range.end + by;
            (part.media_type().to_owned(), range(&part.headers), range(&part.body))
        };
        let expected: Vec<_> = alone.structure.parts().iter().map(|part| of(part, by)).collect();
        let found: Vec<_> = within.structure.parts()[1..].iter().map(|part| of(part, 0)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn parts_lie_within_what_holds_them(octets in mime()) {
        let found = Anatomy::of(&Bytes::from(octets.clone())).unwrap().structure;
        for part in found.parts() {
            prop_assert!(part.headers.start <= part.headers.end);
            prop_assert!(part.headers.end == part.body.start && part.body.start <= part.body.end);
            prop_assert!(part.extent.start <= part.headers.start && part.body.end <= part.extent.end);
            let mut last = part.body.start;
            for child in found.children(part) {
                prop_assert!(child.extent.start >= last && child.extent.end <= part.extent.end);
                last = child.extent.end;
            }
        }
        let numbers: Vec<_> = found.parts().iter().map(|part| &part.number).filter(|number| !number.is_empty()).collect();
        let mut unique = numbers.clone();
        unique.sort();
        unique.dedup();
        prop_assert_eq!(numbers.len(), unique.len());
    }
}
