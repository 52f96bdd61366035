//! The test kit of the SDK begins with the facts on which the relay tries each new plugin: what
//! passes a plugin's own tests does not fail at the load.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use waxseal_plugins::facts::{Facts, Row, Value, Version, canonical};
use waxseal_sdk::testing;

#[test]
fn the_peers_are_the_canonical_ones() {
    let row = Arc::new(Row {
        pattern: "example.org".to_owned(),
        place: "domains.rhai:1:1".to_owned(),
        ..Row::default()
    });
    same(&*row, &*testing::row());
    same(&canonical::clear_client(row.clone()), &*testing::clear_client());
    same(&canonical::encrypted_client(row.clone()), &*testing::encrypted_client());
    same(&canonical::clear_host(row.clone()), &*testing::clear_host());
    same(&canonical::encrypted_host(row.clone()), &*testing::encrypted_host());
    let hosts = canonical::hosts(&row);
    let offering = hosts.iter().find(|host| host.offers_tls && host.tls_failure.is_empty()).unwrap();
    same(offering, &*testing::offering_host());
}

#[test]
fn the_certificates_are_the_canonical_ones() {
    same(&canonical::valid_certificate(), &*testing::certificate());
    same(&canonical::no_certificate(), &*testing::no_certificate());
    same(&canonical::expired_certificate(), &*testing::expired_certificate());
    same(&canonical::not_yet_valid_certificate(), &*testing::not_yet_valid_certificate());
    same(&canonical::wrong_name_certificate(), &*testing::wrong_name_certificate());
    same(&canonical::unknown_root_certificate(), &*testing::unknown_root_certificate());
    same(&canonical::self_signed_certificate(), &*testing::self_signed_certificate());
}

#[test]
fn the_others_are_the_first_canonical_ones() {
    same(&canonical::hellos()[0], &*testing::hello());
    same(&canonical::handshakes()[0], &*testing::handshake());
    same(&canonical::mails()[0], &*testing::mail());
    same(&canonical::recipients()[0], &*testing::recipient());
    same(&canonical::messages()[0], &*testing::message());
    same(&*canonical::messages()[0].parts[0], &*testing::part());
    same(&canonical::reports()[0], &*testing::report());
}

fn same<T: Facts>(canonical: &T, kit: &impl Serialize) {
    assert_eq!(as_plugins_read(canonical), serde_json::to_value(kit).unwrap(), "a {}", T::WORD);
}

/// The facts with the values that a plugin's getters give.
fn as_plugins_read<T: Facts>(facts: &T) -> Json {
    let getters = T::FACTS.iter().map(|fact| (fact.name.to_owned(), got((fact.read)(facts))));
    Json::Object(getters.collect::<Map<_, _>>())
}

fn got(value: Value) -> Json {
    match value {
        Value::Flag(flag) => json!(flag),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Texts(texts) => json!(texts),
        Value::Version(version) => json!(on_the_wire(version)),
        Value::Fields(fields) => json!(fields),
        Value::Parts(parts) => parts.iter().map(|part| as_plugins_read(&**part)).collect(),
        Value::Body(body) => json!(body.read(0, 65_536).unwrap()),
        Value::Parameters(parameters) => json!(serde_json::to_string(&parameters).unwrap()),
        Value::Row(row) => as_plugins_read(&*row),
        Value::Certificate(certificate) => as_plugins_read(&*certificate),
    }
}

fn on_the_wire(version: Version) -> u16 {
    (0x0300..=0x0304).find(|&number| Version::from_wire(number) == Some(version)).unwrap_or(0)
}

/// What the kit does not take of a verdict is what the relay does not take, in the same words.
#[test]
fn changes_are_checked_as_the_relay_checks_them() {
    use waxseal_plugins::verdicts::{Edit, Header};
    use waxseal_sdk::verdict::{Edit as Said, Edits};

    let texts = [
        "",
        "X-Checked",
        "a b",
        "a:b",
        "x\r\ny",
        "x\r\n y",
        "x\ry",
        "\u{e4}",
        "a\0b",
        "1",
        "1.2",
        "0",
        "1.",
        "someone@example.org",
        "<a@b>",
        "@b",
        "a@",
        "a b@c",
        "\"a@b\"@example.org",
    ];
    let long = "x".repeat(300);
    for text in texts.into_iter().chain([long.as_str()]) {
        let owned = || text.to_owned();
        for (edit, said) in [
            (Edit::AddHeader(Header::new(text, "v")), Said::AddHeader(owned(), "v".to_owned())),
            (Edit::AddHeader(Header::new("X", text)), Said::AddHeader("X".to_owned(), owned())),
            (Edit::RemoveHeader { name: owned(), occurrence: None }, Said::RemoveHeader(owned())),
            (Edit::AddRecipient(owned()), Said::AddRecipient(owned())),
            (Edit::RemovePart { part: owned() }, Said::RemovePart(owned())),
            (Edit::Tag { name: owned(), value: "v".to_owned() }, Said::Tag(owned(), "v".to_owned())),
            (Edit::Tag { name: "a".to_owned(), value: owned() }, Said::Tag("a".to_owned(), owned())),
        ] {
            assert_eq!(panic_of(|| drop(Edits::new().and(said))), edit.check().err(), "{edit}");
        }
    }
    let redirect = || drop(waxseal_sdk::verdict::redirect::<waxseal_sdk::verdict::IncomingMessage>("a@"));
    assert!(panic_of(redirect).unwrap().contains("`a@` is no address"));
}

/// What a panic says; none where there was none.
fn panic_of(run: impl FnOnce() + std::panic::UnwindSafe) -> Option<String> {
    let panicked = std::panic::catch_unwind(run).err()?;
    panicked
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panicked.downcast_ref::<&str>().map(ToString::to_string))
}
