//! Records of `ehlo` and `message`, taken to other filters.

use serde_json::{Value, json};
use waxseal_plugins::verdicts::Change;

use crate::replay::report::Report;
use crate::replay::tests::{bundle, record, replay, row};

const TABLE: &str = r#"incoming { "*" attempt } outgoing { "*" attempt }"#;

fn client() -> Value {
    json!({ "address": "192.0.2.1", "ehlo": "mail.example.com", "row": row("*", "attempt") })
}

/// A message that was accepted; what else is in the record.
#[expect(clippy::needless_pass_by_value, reason = "written where it is needed")]
fn accepted(message: Value, more: Value) -> Value {
    let mut record =
        record("a", ["incoming", "message", "accept"], json!({ "client": client(), "message": message }));
    record["unread"] = json!([]);
    record.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record
}

fn taken_to(filters: &[(&str, &str)], record: Value) -> Report {
    replay(&bundle(TABLE, filters), &[record])
}

#[test]
fn ehlo_is_asked_again() {
    let told = record("a", ["incoming", "ehlo", "accept"], json!({ "client": client() }));
    let filter = r#"fn ehlo(client) { if client.ehlo == "mail.example.com" { refuse("5.7.1", "no") } }"#;
    let report = taken_to(&[("filters/own.rhai", filter)], told.clone());
    assert_eq!((report.stricter, report.groups[0].now.verdict.as_str()), (1, "refuse"), "{report:?}");
    assert_eq!(taken_to(&[("filters/own.rhai", "fn ehlo(client) { }")], told).same, 1);
}

#[test]
fn a_message_is_asked_again_on_what_is_recorded() {
    let told = || accepted(json!({ "sender": "a@b.example", "size": 9000, "spf": "fail" }), json!({}));
    for (answer, change, said) in [
        ("quarantine(\"odd\")", Change::Stricter, "quarantine"),
        ("refuse(\"5.7.1\", \"odd\")", Change::Stricter, "refuse"),
        ("discard(\"odd\")", Change::Stricter, "discard"),
        ("accept().tag(\"class\", \"odd\")", Change::Other, "accept (tag class)"),
        ("redirect(\"no \" + message.sender)", Change::Stricter, "failure"),
    ] {
        let filter = format!(
            "fn message(client, message) {{ if message.spf == \"fail\" && message.sender == \"a@b.example\" {{ {answer} }} }}"
        );
        let report = taken_to(&[("filters/own.rhai", &filter)], told());
        let group = &report.groups[0];
        assert_eq!((group.change, group.now.verdict.as_str()), (change, said), "{report:?}");
    }
    let mut quarantined = record("a", ["incoming", "message", "quarantine"], told()["facts"].clone());
    quarantined["unread"] = json!([]);
    let report = taken_to(&[("filters/own.rhai", "fn message(client, message) { }")], quarantined);
    assert_eq!(report.weaker, 1, "{report:?}");
}

#[test]
fn recorded_edits_are_compared() {
    let told = |value: &str| {
        let changes =
            json!([{ "by": "filters/own.rhai:1:1", "edit": { "tag": { "name": "class", "value": value } } }]);
        accepted(json!({ "sender": "a@b.example" }), json!({ "changes": changes }))
    };
    let filter = ("filters/own.rhai", r#"fn message(client, message) { accept().tag("class", "bulk") }"#);
    assert_eq!(taken_to(&[filter], told("bulk")).same, 1);
    let report = taken_to(&[filter], told("news"));
    assert_eq!(report.other, 1, "{report:?}");
    assert_eq!(report.groups[0].now.verdict, "accept (tag class), otherwise");
}

#[test]
fn what_no_record_has_is_counted_and_named() {
    let told = accepted(json!({ "sender": "a@b.example" }), json!({ "unread": ["spf", "attachments"] }));
    for (reads, missing) in [
        ("message.headers[\"X-Own\"] == \"\"", "headers"),
        ("message.text.contains(\"card\")", "text"),
        ("message.body.contains(\"card\")", "body"),
        ("message.spf == \"fail\"", "spf"),
        ("message.attachments.is_empty()", "attachments"),
    ] {
        let filter = format!("fn message(client, message) {{ if {reads} {{ discard(\"odd\") }} }}");
        let report = taken_to(&[("filters/own.rhai", &filter)], told.clone());
        assert_eq!(report.unjudged.get("not_recorded"), Some(&1), "{reads}: {report:?}");
        assert_eq!(report.unrecorded.keys().collect::<Vec<_>>(), [missing], "{report:?}");
        assert_eq!(report.decisions, 0);
    }
    let known = accepted(json!({ "spf": "fail" }), json!({ "unread": ["spf"] }));
    let filter = "fn message(client, message) { if message.spf == \"fail\" { discard(\"odd\") } }";
    assert_eq!(taken_to(&[("filters/own.rhai", filter)], known).stricter, 1, "found out all the same");
}

#[test]
fn later_filters_see_what_earlier_ones_changed() {
    let told =
        || accepted(json!({ "sender": "a@b.example", "recipients": ["c@d.example"], "size": 10 }), json!({}));
    let first = (
        "filters/a.rhai",
        r#"fn message(client, message) { accept().tag("n", "1").add_recipient("e@d.example") }"#,
    );
    let second = r#"fn message(client, message) { if message.tags["n"] == "1" && message.recipients.len() == 2 { quarantine("two") } }"#;
    let report = taken_to(&[first, ("filters/b.rhai", second)], told());
    assert_eq!(report.groups[0].now.verdict, "quarantine (add_recipient, tag n)", "{report:?}");

    let edits = ("filters/a.rhai", r#"fn message(client, message) { accept().add_header("X-A", "b") }"#);
    let reads = "fn message(client, message) { if message.size > 5 { quarantine(\"large\") } }";
    let report = taken_to(&[edits, ("filters/b.rhai", reads)], told());
    assert_eq!(report.unrecorded.keys().collect::<Vec<_>>(), ["size"], "{report:?}");
    let report = taken_to(&[("filters/a.rhai", reads), ("filters/b.rhai", edits.1)], told());
    assert_eq!(report.stricter, 1, "it was read before: {report:?}");
}
