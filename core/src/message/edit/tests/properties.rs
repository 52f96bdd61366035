//! Any edits of any mail.

use super::*;

/// Edits of all kinds, for parts that may or may not be there.
fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let name = prop_oneof![Just("X"), Just("Subject"), Just("Content-Type"), Just("bad name")];
    let value = prop_oneof![
        Just("v"),
        Just("multipart/mixed; boundary=a"),
        Just("text/html"),
        Just("ü"),
        Just("a\r\nb")
    ];
    let field = (name, value).prop_map(|(name, value)| header(name, value));
    let part = prop_oneof![Just("1"), Just("2"), Just("1.1"), Just("2.1"), Just("9")];
    let text = prop_oneof![Just("text"), Just("größer\nals"), Just("日本"), Just("")];
    let edit = prop_oneof![
        field.clone().prop_map(Edit::AddHeader),
        (0..5_usize, field.clone()).prop_map(|(position, header)| Edit::InsertHeader { position, header }),
        (0..3_u32, field.clone()).prop_map(|(occurrence, header)| Edit::ReplaceHeader { occurrence, header }),
        (field, prop::option::of(0..3_u32))
            .prop_map(|(header, occurrence)| Edit::RemoveHeader { name: header.name, occurrence }),
        text.clone().prop_map(|text| Edit::ReplaceBody(Bytes::from(text))),
        (part.clone(), text.clone()).prop_map(|(part, text)| replace(part, text)),
        part.prop_map(remove),
        text.prop_map(disclaimer),
    ];
    prop::collection::vec(edit, 0..6)
}

/// Messages that look like mail.
fn mail() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("--a"),
        Just("--a--"),
        Just("--b"),
        Just(""),
        Just("text"),
        Just("caf=C3=A9 "),
        Just("<p>x</body>"),
        Just(" folded"),
        Just("X: 1"),
        Just("Content-Type: multipart/mixed; boundary=a"),
        Just("Content-Type: multipart/alternative; boundary=b"),
        Just("Content-Type: message/rfc822"),
        Just("Content-Type: text/html; charset=utf-8"),
        Just("Content-Type: text/plain; charset=koi8-r; format=flowed"),
        Just("Content-Transfer-Encoding: quoted-printable"),
        Just("Content-Transfer-Encoding: base64"),
        Just("Content-Transfer-Encoding: 8bit"),
    ];
    prop::collection::vec(line, 0..40)
        .prop_map(|lines| lines.into_iter().flat_map(|line| format!("{line}\r\n").into_bytes()).collect())
}

/// What stands in a header section, and where.
fn stood(headers: &HeaderSection) -> (Bytes, u64, Vec<Range<u64>>) {
    (headers.octets().clone(), headers.body(), headers.fields().map(|field| field.range()).collect())
}

proptest! {
    #[test]
    fn edits_in_sequence_are_edits_one_after_another(mail in mail(), edits in edits()) {
        let mut at_once = draft(mail.clone());
        let applied = at_once.apply(&edits).unwrap();
        let (came, mut one_by_one, mut refused) = (mail.clone(), mail, 0);
        for edit in &edits {
            let mut step = draft(one_by_one);
            refused += step.apply(std::slice::from_ref(edit)).unwrap().refused.len();
            one_by_one = octets(&step);
        }
        prop_assert_eq!(octets(&at_once), one_by_one.clone());
        prop_assert_eq!(applied.refused.len(), refused);
        // What is known of it is what reading it again finds.
        let read = Anatomy::of(&Bytes::from(one_by_one.clone())).unwrap();
        prop_assert_eq!(stood(at_once.headers().unwrap()), stood(&read.headers));
        prop_assert_eq!(&at_once.anatomy().unwrap().structure, &read.structure);
        // So it is where nothing was read but what the edits needed.
        let unread = Draft::unread(Arc::new(Bytes::from(came.clone())), Utf8::Encoded);
        let mut lazy = unread.clone();
        prop_assert_eq!(lazy.apply(&edits).unwrap(), applied);
        prop_assert_eq!(octets(&lazy), one_by_one.clone());
        prop_assert_eq!(stood(lazy.headers().unwrap()), stood(&read.headers));
        prop_assert_eq!(&lazy.anatomy().unwrap().structure, &read.structure);
        // No line ends but CRLF.
        prop_assert!(one_by_one.is_empty() || one_by_one.ends_with(b"\r\n"));
        let bare = one_by_one.windows(2).any(|pair| (pair[1] == b'\n') != (pair[0] == b'\r'));
        prop_assert!(!bare);
    }

    #[test]
    fn any_octets_can_be_edited(octets in prop::collection::vec(any::<u8>(), 0..200), edits in edits()) {
        draft(octets).apply(&edits).unwrap();
    }
}
