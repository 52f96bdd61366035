use bytes::Bytes;
use proptest::prelude::*;
use waxseal_plugins::verdicts::Header;

use super::*;

mod never;
mod properties;

fn draft(text: impl Into<Vec<u8>>) -> Draft {
    let content = Bytes::from(text.into());
    let anatomy = Anatomy::of(&content).unwrap();
    Draft::new(Arc::new(content), anatomy, Utf8::Encoded)
}

fn octets(draft: &Draft) -> Vec<u8> {
    draft.content().chunks().flat_map(|chunk| chunk.unwrap()).collect()
}

/// The message after one edit.
fn edited(text: &str, edit: Edit) -> String {
    let mut draft = draft(text);
    let applied = draft.apply(&[edit]).unwrap();
    assert_eq!(applied.refused, [], "of\n{text}");
    String::from_utf8(octets(&draft)).unwrap()
}

fn refused(text: &str, edit: Edit) -> Why {
    let mut draft = draft(text);
    let mut applied = draft.apply(&[edit]).unwrap();
    assert!(draft.is_as_it_came());
    applied.refused.remove(0).why
}

fn header(name: &str, value: &str) -> Header {
    Header::new(name, value)
}

fn disclaimer(plain: &str) -> Edit {
    Edit::AppendText { plain: plain.into(), html: None }
}

fn replace(part: &str, text: &str) -> Edit {
    Edit::ReplacePart { part: part.into(), content_type: None, text: text.into() }
}

fn remove(part: &str) -> Edit {
    Edit::RemovePart { part: part.into() }
}

const PLAIN: &str = "From: a@b\r\nX: 1\r\nSubject: s\r\nX: 2\r\n\r\nbody\r\n";

const MIXED: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n\r\nhello\r\n--b\r\n\
    Content-Type: application/zip; name=x.zip\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=x.zip\r\n\r\nUEsDBA==\r\n--b--\r\npost\r\n";

#[test]
fn fields_are_added_inserted_replaced_and_removed() {
    assert_eq!(
        edited(PLAIN, Edit::AddHeader(header("Y", "z"))),
        PLAIN.replace("X: 2\r\n", "X: 2\r\nY: z\r\n")
    );
    let insert = |position| Edit::InsertHeader { position, header: header("Y", "z") };
    assert_eq!(edited(PLAIN, insert(0)), format!("Y: z\r\n{PLAIN}"));
    assert_eq!(edited(PLAIN, insert(2)), PLAIN.replace("Subject", "Y: z\r\nSubject"));
    assert_eq!(edited(PLAIN, insert(99)), PLAIN.replace("X: 2\r\n", "X: 2\r\nY: z\r\n"));
    let other = |name: &str, occurrence| Edit::ReplaceHeader { occurrence, header: header(name, "z") };
    assert_eq!(edited(PLAIN, other("x", 2)), PLAIN.replace("X: 2", "x: z"));
    assert_eq!(edited(PLAIN, other("x", 3)), PLAIN.replace("X: 2\r\n", "X: 2\r\nx: z\r\n"));
    let gone = |name: &str, occurrence| Edit::RemoveHeader { name: name.into(), occurrence };
    assert_eq!(edited(PLAIN, gone("x", Some(1))), PLAIN.replace("X: 1\r\n", ""));
    assert_eq!(edited(PLAIN, gone("x", None)), PLAIN.replace("X: 1\r\n", "").replace("X: 2\r\n", ""));
    assert_eq!(edited(PLAIN, gone("none", None)), PLAIN);
}

#[test]
fn a_field_is_a_line_of_its_own_wherever_it_comes() {
    let top = || Edit::InsertHeader { position: 0, header: header("Y", "z") };
    assert_eq!(edited("", top()), "Y: z\r\n");
    assert_eq!(edited("\r\nbody\r\n", top()), "Y: z\r\n\r\nbody\r\n");
    assert_eq!(edited("A: 1", Edit::AddHeader(header("Y", "z"))), "A: 1\r\nY: z\r\n");
    // A continuation of nothing would become the field's own.
    assert_eq!(edited(" forged\r\nA: 1\r\n\r\n", top()), " forged\r\nY: z\r\nA: 1\r\n\r\n");
}

#[test]
fn nothing_is_smuggled_in_by_a_field() {
    let injected = Edit::AddHeader(header("Y", "z\r\nBcc: x@y"));
    assert!(matches!(refused(PLAIN, injected), Why::Header(_)));
}

#[test]
fn edits_are_done_in_order_each_on_what_the_last_left() {
    let mut draft = draft(PLAIN);
    let applied = draft
        .apply(&[
            Edit::InsertHeader { position: 0, header: header("X", "0") },
            Edit::RemoveHeader { name: "X".into(), occurrence: Some(2) },
            Edit::AddRecipient("no address".into()),
            Edit::AddRecipient("<c@d.example>".into()),
            Edit::ReplaceSender("<>".into()),
            Edit::Tag { name: "spam".into(), value: "9".into() },
            Edit::ReplaceBody(Bytes::from_static(b"new\nlines")),
        ])
        .unwrap();
    let expected =
        format!("X: 0\r\n{}", PLAIN.replace("X: 1\r\n", "").replace("body\r\n", "new\r\nlines\r\n"));
    assert_eq!(String::from_utf8(octets(&draft)).unwrap(), expected);
    assert_eq!(applied.tags, [("spam".to_owned(), "9".to_owned())]);
    assert_eq!(applied.envelope.len(), 2);
    assert_eq!(
        (applied.refused.len(), applied.refused[0].edit, applied.refused[0].word),
        (1, 2, "add_recipient")
    );
}

#[test]
fn what_was_not_edited_is_kept_as_a_range() {
    let mut draft = draft(PLAIN);
    draft.apply(&[Edit::InsertHeader { position: 2, header: header("Y", "z") }]).unwrap();
    let (end, size) = ("From: a@b\r\nX: 1\r\n".len() as u64, PLAIN.len() as u64);
    assert_eq!(
        draft.rope().pieces(),
        [Piece::Kept(0..end), Piece::New(Bytes::from_static(b"Y: z\r\n")), Piece::Kept(end..size)]
    );
}

#[test]
fn a_part_is_removed_with_its_delimiter_line() {
    let zip = MIXED.find("--b\r\nContent-Type: application").unwrap();
    assert_eq!(edited(MIXED, remove("2")), format!("{}--b--\r\npost\r\n", &MIXED[..zip]));
    assert_eq!(edited(MIXED, remove("1")), MIXED.replace("--b\r\n\r\nhello\r\n", ""));
    let one = MIXED.replace("--b\r\n\r\nhello\r\n", "");
    let emptied = edited(&one, remove("1"));
    assert!(emptied.ends_with("\r\n\r\npre\r\n--b\r\n\r\n\r\n--b--\r\npost\r\n"), "{emptied}");
    assert_eq!(refused(PLAIN, remove("1")), Why::WholeMessage("1".into()));
    assert_eq!(refused(MIXED, remove("3")), Why::NoSuchPart("3".into()));
    assert_eq!(refused(MIXED, remove("")), Why::NoSuchPart(String::new()));
}

#[test]
fn a_part_gets_another_text() {
    let notice = edited(MIXED, replace("2", "Removed: x.zip\n"));
    let start = MIXED.find("Content-Type: application").unwrap();
    let end = MIXED.find("\r\n--b--").unwrap();
    assert_eq!(&notice[..start], &MIXED[..start]);
    assert!(notice.ends_with(&MIXED[end..]));
    assert_eq!(
        &notice[start..notice.len() - (MIXED.len() - end)],
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nUmVtb3ZlZDogeC56aXANCg=="
    );
    assert_eq!(edited(MIXED, replace("1", "other")), MIXED.replace("hello", "other"));
    let beyond = edited(MIXED, replace("1", "ein größerer Text"));
    let fields = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n";
    assert_eq!(
        beyond,
        MIXED.replace("\r\n\r\nhello", &format!("\r\n{fields}\r\nein gr=C3=B6=C3=9Ferer Text"))
    );
    let nonsense = Edit::ReplacePart {
        part: "1".into(),
        content_type: Some("multipart/mixed".into()),
        text: String::new(),
    };
    assert_eq!(refused(MIXED, nonsense), Why::MediaType("multipart/mixed".into()));
}

#[test]
fn the_text_of_a_message_of_one_part_is_replaced() {
    assert_eq!(edited(PLAIN, replace("1", "new")), PLAIN.replace("body", "new"));
    assert_eq!(
        edited("Subject: x\r\n", replace("1", "ü")),
        "Subject: x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\nMIME-Version: 1.0\r\n\r\nw7w=\r\n"
    );
}

#[test]
fn a_disclaimer_comes_behind_the_text_and_nothing_else_changes() {
    assert_eq!(edited(PLAIN, disclaimer("Legal")), PLAIN.replace("body\r\n", "body\r\nLegal\r\n"));
    assert_eq!(edited(MIXED, disclaimer("Legal\n")), MIXED.replace("hello\r\n", "hello\r\nLegal\r\n"));
    let empty = MIXED.replace("hello\r\n", "");
    assert_eq!(
        edited(&empty, disclaimer("Legal")),
        empty.replace("--b\r\n\r\n--b", "--b\r\n\r\nLegal\r\n--b")
    );
    let of = |fields: &str, body: &str| format!("{fields}\r\n\r\n{body}");
    let quoted =
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable";
    assert_eq!(
        edited(&of(quoted, "caf=E9=\r\n au lait\r\n"), disclaimer("é = e")),
        of(quoted, "caf=E9=\r\n au lait\r\n=E9 =3D e\r\n")
    );
    let base64 = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64";
    assert_eq!(edited(&of(base64, "w6k=\r\n"), disclaimer("é")), of(base64, "w6kNCsOpDQo=\r\n"));
    // UTF-16 is written anew in UTF-8, and no other lines come between: \u{e9}, CR, LF.
    let wide = "Content-Type: text/plain; charset=utf-16le\r\nContent-Transfer-Encoding: base64";
    let wide = edited(&of(wide, "6QANAAoA\r\n"), disclaimer("é"));
    assert!(wide.ends_with("\r\n\r\nw6kNCsOpDQo=\r\n"), "{wide}");
    let flowed = "Content-Type: text/plain; format=flowed";
    assert_eq!(edited(&of(flowed, "goes on \r\n"), disclaimer(" x")), of(flowed, "goes on \r\n\r\n  x\r\n"));
}

#[test]
fn a_text_that_its_set_cannot_hold_becomes_utf_8() {
    let text = "Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\nContent-Transfer-Encoding: quoted-printable\r\nX: y\r\n\r\ncaf=E9\r\n";
    assert_eq!(
        edited(text, disclaimer("€")),
        text.replace("charset=iso-8859-1", "charset=utf-8")
            .replace("caf=E9\r\n", "caf=C3=A9\r\n=E2=82=AC\r\n")
            .replace("X: y\r\n", "X: y\r\nMIME-Version: 1.0\r\n")
    );
    let undeclared = edited("Subject: x\r\n\r\na=b\r\n", disclaimer("ü"));
    assert!(undeclared.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{undeclared}");
    assert!(undeclared.ends_with("\r\n\r\na=3Db\r\n=C3=BC\r\n"), "{undeclared}");
}

#[test]
fn html_has_the_disclaimer_before_its_end() {
    let text = "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\n<body>=C3=A9 =\r\nx</bo=\r\ndy></html>\r\n--b--\r\n";
    assert_eq!(
        edited(text, disclaimer("<ü>")),
        text.replace("--b\r\n\r\nplain", "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nplain\r\n<=C3=BC>")
            .replace("x</bo=", "x\r\n<p>&lt;&#252;&gt;</p>\r\n</bo=")
    );
    let own = Edit::AppendText { plain: "p".into(), html: Some("<hr>h".into()) };
    let only = "Content-Type: text/html\r\n\r\n<p>x</p>\r\n";
    assert_eq!(edited(only, own), "Content-Type: text/html\r\n\r\n<p>x</p>\r\n\r\n<hr>h\r\n");
}

#[test]
fn what_is_signed_or_encrypted_is_not_touched() {
    let signed = "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nsigned\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n";
    assert_eq!(refused(signed, disclaimer("x")), Why::Sealed("1".into()));
    assert_eq!(refused(signed, replace("1", "x")), Why::Sealed("1".into()));
    assert_eq!(refused(signed, remove("2")), Why::Sealed("2".into()));
    assert_eq!(
        refused("Content-Type: application/pkcs7-mime\r\n\r\nx\r\n", disclaimer("x")),
        Why::Sealed("1".into())
    );
    let pgp = "\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nx\r\n";
    assert_eq!(refused(pgp, disclaimer("x")), Why::Sealed("1".into()));
    assert_eq!(refused("Content-Type: image/png\r\n\r\nx\r\n", disclaimer("x")), Why::NoText);
    let attached = "Content-Disposition: attachment\r\n\r\nx\r\n";
    assert_eq!(refused(attached, disclaimer("x")), Why::NoText);
    let unknown = "Content-Type: text/plain; charset=x-none\r\n\r\nx\r\n";
    assert!(matches!(refused(unknown, disclaimer("x")), Why::Charset { .. }));
}

#[test]
fn what_no_set_explains_is_not_written_again() {
    let broken = |charset| {
        let mut text = format!("Content-Type: text/plain; charset={charset}\r\n\r\n").into_bytes();
        text.extend_from_slice(b"\xff\xff\r\n");
        draft(text)
    };
    let mut lossy = broken("euc-kr");
    let applied = lossy.apply(&[disclaimer("🙂")]).unwrap();
    assert!(matches!(applied.refused[0].why, Why::Charset { .. }) && lossy.is_as_it_came());
    // What the set can hold is put behind octets that stay.
    let mut kept = broken("euc-kr");
    assert_eq!(kept.apply(&[disclaimer("x")]).unwrap().refused, []);
    assert!(octets(&kept).ends_with(b"\xff\xff\r\nx\r\n"));
}
