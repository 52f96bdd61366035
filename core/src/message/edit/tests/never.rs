//! What no edit does: it makes no parts, reaches not our own trace, and leaves no label that is not true.

use super::*;

#[test]
fn a_new_body_is_what_the_message_says_it_is() {
    let body = |text: &str| Edit::ReplaceBody(Bytes::copy_from_slice(text.as_bytes()));
    let fields = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n";
    assert_eq!(
        edited("Subject: x\r\n\r\nold\r\n", body("Grüße an alle\r\n")),
        format!("Subject: x\r\n{fields}MIME-Version: 1.0\r\n\r\nGr=C3=BC=C3=9Fe an alle\r\n")
    );
    let latin = "MIME-Version: 1.0\r\nContent-Type: text/html; charset=iso-8859-1\r\n\
        Content-Transfer-Encoding: 8bit\r\n\r\nold\r\n";
    assert_eq!(
        edited(latin, body("<p>Grüße</p>\r\n")),
        latin.replace("iso-8859-1", "utf-8").replace("old", "<p>Grüße</p>")
    );
    // What is ASCII, or of several parts, is as whoever gives it says.
    assert_eq!(edited(latin, body("new\r\n")), latin.replace("old", "new"));
    let parts = "--b\r\n\r\nGrüße\r\n--b--\r\n";
    assert!(edited(MIXED, body(parts)).ends_with(&format!("\r\n\r\n{parts}")));
}

#[test]
fn no_edit_reaches_our_own_trace() {
    let own = "Received: by us\r\n";
    let text = format!("{own}Received: by others\r\nSubject: x\r\n\r\nbody\r\n");
    let after = |edits: &[Edit]| {
        let mut draft = Draft::unread(Arc::new(Bytes::from(text.clone())), Utf8::Encoded).traced(own.into());
        assert_eq!(draft.apply(edits).unwrap().refused, []);
        String::from_utf8(octets(&draft)).unwrap()
    };
    let gone = |occurrence| Edit::RemoveHeader { name: "received".into(), occurrence };
    let without = text.replace("Received: by others\r\n", "");
    assert_eq!(after(&[gone(None), gone(None)]), without);
    assert_eq!(after(&[gone(Some(1)), gone(Some(1))]), without);
    let other = Edit::ReplaceHeader { occurrence: 1, header: header("Received", "x") };
    assert_eq!(after(&[other]), text.replace("by others", "x"));
    // Nor where something stands above it.
    let top = Edit::InsertHeader { position: 0, header: header("Received", "x") };
    assert_eq!(after(&[top, gone(None)]), without);
}

#[test]
fn letters_stay_only_where_the_message_has_such() {
    let after = |text: &str| {
        let content = Bytes::copy_from_slice(text.as_bytes());
        let mut draft = Draft::unread(Arc::new(content), Utf8::Raw);
        draft.apply(&[Edit::AddHeader(header("X", "Grüße"))]).unwrap();
        String::from_utf8(octets(&draft)).unwrap()
    };
    assert!(after("Subject: x\r\n\r\nü\r\n").starts_with("Subject: x\r\nX: =?utf-8?"));
    assert_eq!(after("Subject: ü\r\n\r\n"), "Subject: ü\r\nX: Grüße\r\n\r\n");
}

#[test]
fn a_hidden_delimiter_stays_hidden() {
    let part = "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: quoted-printable\r\n\
        \r\n=2D-b\r\nContent-Type: application/x-msdownload\r\n\r\nMZ\r\n";
    let text = MIXED.replace("--b\r\n\r\nhello\r\n", &format!("--b\r\n{part}"));
    // The character set cannot hold it, so the whole part is written anew.
    let appended = edited(&text, disclaimer("€"));
    assert!(appended.contains("\r\n=2D-b\r\nContent-Type: application"), "{appended}");
    assert_eq!(parts(appended.as_bytes()), parts(text.as_bytes()));
    let replaced = edited(MIXED, replace("1", "one\n--b\nContent-Type: application/x-msdownload\n\nMZ"));
    assert_eq!(parts(replaced.as_bytes()), parts(MIXED.as_bytes()), "{replaced}");
    let appended = edited(MIXED, disclaimer("--b\n\nMZ"));
    assert_eq!(parts(appended.as_bytes()), parts(MIXED.as_bytes()), "{appended}");
    // Where there are no parts, nothing can be taken for a delimiter of them.
    assert_eq!(edited(PLAIN, disclaimer("-----\nLegal")), PLAIN.replace("body", "body\r\n-----\r\nLegal"));
}

fn parts(message: &[u8]) -> usize {
    Anatomy::of(&Bytes::copy_from_slice(message)).unwrap().structure.parts().len()
}

/// Lines that may be taken for delimiters.
fn text() -> impl Strategy<Value = String> {
    let lines =
        ["--b", "--b--", "=2D-b", "--a", "", "Content-Type: text/html", "-- ", "€", "--", "<p>", "+AC0--b"];
    prop::collection::vec(prop::sample::select(lines.to_vec()), 0..7).prop_map(|lines| lines.join("\r\n"))
}

proptest! {
    #[test]
    fn no_edit_of_a_text_makes_parts(
        encoding in prop::sample::select(vec!["7bit", "8bit", "quoted-printable", "base64"]),
        charset in prop::sample::select(vec!["us-ascii", "iso-8859-1", "utf-8", "utf-7", "utf-16"]),
        kind in prop::sample::select(vec!["plain", "html"]),
        body in text(),
        text in text(),
    ) {
        let body = if encoding == "base64" { data_encoding::BASE64.encode(body.as_bytes()) } else { body };
        let whole = format!(
            "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\
            Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/{kind}; charset={charset}\r\n\
            Content-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n--b--\r\n--a--\r\n"
        );
        let before = parts(whole.as_bytes());
        for edit in [disclaimer(&text), replace("1.1", &text)] {
            let mut draft = draft(whole.clone());
            draft.apply(&[edit]).unwrap();
            let after = octets(&draft);
            prop_assert!(parts(&after) <= before, "{}", String::from_utf8_lossy(&after));
        }
    }
}
