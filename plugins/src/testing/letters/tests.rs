use ::rhai::Engine;

use super::*;
use crate::bundle::{Settings, Snapshot};

fn read(script: &str) -> Result<(String, Overrides), String> {
    let snapshot = Snapshot::default().with_message("tests/spam.eml", b"Subject: Buy\n\nnow\n");
    let bundle =
        Bundle::load(&snapshot, &Settings { tls_enabled: true, ..Settings::default() }, 1).unwrap().0;
    let recipients = ["bob@example.org".to_owned()];
    let envelope = Envelope { bundle: &bundle, sender: "alice@example.com", recipients: &recipients };
    let mut facts = Overrides::default();
    let value = Engine::new().eval::<Dynamic>(script).unwrap();
    let octets = letter(&value, &envelope, &mut facts).map_err(|error| error.to_string())?;
    Ok((String::from_utf8(octets.to_vec()).unwrap(), facts))
}

fn made(script: &str) -> String {
    read(script).unwrap().0
}

#[test]
fn a_whole_text_and_a_file_are_sent_as_they_are_with_canonical_line_ends() {
    assert_eq!(made(r#""A: b\n\nc\rd\r\ne""#), "A: b\r\n\r\nc\r\nd\r\ne\r\n");
    assert_eq!(made(r#"#{ text: "A: b\n\n" }"#), "A: b\r\n\r\n");
    assert_eq!(made(r#"#{ file: "spam.eml" }"#), "Subject: Buy\r\n\r\nnow\r\n");
}

#[test]
fn what_is_given_differs_from_an_ordinary_message() {
    let message = made(r#"#{ headers: #{ subject: "Grüße", Date: (), "X-Own": "1" }, body: "a\nb" }"#);
    let expected = "From: alice@example.com\r\nTo: bob@example.org\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\nMessage-ID: <1@example.com>\r\nX-Own: 1\r\n\r\na\r\nb\r\n";
    assert_eq!(message, expected);
    let exact = made(r#"#{ headers: ["B: 2", "A: 1", "A: 3"], body: "" }"#);
    assert_eq!(exact, "B: 2\r\nA: 1\r\nA: 3\r\n\r\n");
    assert!(made("#{}").starts_with("From: alice@example.com\r\n"));
}

#[test]
fn parts_make_a_message_of_several() {
    let message = made(r#"#{ parts: [#{ text: "Hi" }, #{ name: "a.exe", base64: "TVqQAA==" }] }"#);
    assert!(message.contains("Content-Type: multipart/mixed; boundary="), "{message}");
    assert!(message.contains("text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHi\r\n--"));
    assert!(message.contains("attachment; filename=\"a.exe\"\r\n\r\nTVqQAA==\r\n--"), "{message}");
}

#[test]
fn what_is_found_out_goes_to_the_facts() {
    let (_, facts) = read(r#"#{ spf: "fail", dkim_domains: ["a.example"] }"#).unwrap();
    assert!(facts.has("message", "spf") && facts.has("message", "dkim_domains"));
    assert!(!facts.has("message", "dkim"));
}

#[test]
fn what_is_wrong_is_said() {
    for (script, expected) in [
        ("1", "`message` is a text, or a map"),
        ("#{ subject: \"a\" }", "not made of `subject`"),
        ("#{ file: \"spm.eml\" }", "did you mean `spam.eml`?"),
        ("#{ file: \"../secret\" }", "there is no message `tests/../secret`"),
        ("#{ text: \"a\", body: \"b\" }", "stands alone"),
        ("#{ body: \"b\", parts: [] }", "not both"),
        ("#{ headers: 1 }", "`headers` is a map"),
        ("#{ headers: #{ A: \"b\\nC: d\" } }", "no line break"),
        ("#{ parts: [#{ txt: \"a\" }] }", "did you mean `text`?"),
        ("#{ spf: 1 }", "message.spf"),
    ] {
        let wrong = read(script).unwrap_err();
        assert!(wrong.contains(expected), "{script}: {wrong}");
    }
}
