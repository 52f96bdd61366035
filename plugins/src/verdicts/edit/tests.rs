use super::*;

fn added(name: &str, value: &str) -> Result<(), String> {
    Edit::AddHeader(Header::new(name, value)).check()
}

#[test]
fn a_header_cannot_begin_another() {
    assert_eq!(added("X-Checked", "yes"), Ok(()));
    assert_eq!(added("X-Checked", "a;\r\n b"), Ok(()));
    for value in ["a\r\nBcc: b", "a\nb", "a\r b", "a\r\n", "a\r\n \r\n b", "a\0b"] {
        assert!(added("X-Checked", value).is_err(), "{value:?}");
    }
    for name in ["", "X Y", "X:", "X\r\nY", "Ä"] {
        assert!(added(name, "yes").is_err(), "{name:?}");
    }
}

#[test]
fn the_changes_of_a_verdict_are_bounded_together() {
    let body = |size| Edit::ReplaceBody(Bytes::from(vec![b'x'; size]));
    let mut edits = Vec::new();
    body(OCTETS - 1).put(&mut edits).unwrap();
    Edit::RemovePart { part: "1".to_owned() }.put(&mut edits).unwrap();
    let problem = Edit::RemovePart { part: "2".to_owned() }.put(&mut edits).unwrap_err();
    assert!(problem.contains("50 MiB together") && edits.len() == 2, "{problem}");
    let header = || Edit::AddHeader(Header::new("X", "y"));
    let mut edits = Vec::new();
    for _ in 0..MOST {
        header().put(&mut edits).unwrap();
    }
    assert!(header().put(&mut edits).is_err());
}

#[test]
fn addresses_parts_and_tags_are_looked_at() {
    let recipient = |address: &str| Edit::AddRecipient(address.to_owned()).check().is_ok();
    assert!(recipient("a@example.org") && recipient("\"a@b\"@example.org"));
    assert!(!recipient("a") && !recipient("<a@b>") && !recipient("a@") && !recipient("a b@c"));
    let part = |part: &str| Edit::RemovePart { part: part.to_owned() }.check().is_ok();
    assert!(part("1") && part("2.10") && !part("0") && !part("1.") && !part(""));
    let tag = |name: &str, value: &str| Edit::Tag { name: name.into(), value: value.into() }.check().is_ok();
    assert!(tag("spam.score", "7.5") && !tag("a b", "") && !tag("a", "b\nc"));
}
