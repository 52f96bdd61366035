//! Tests of policies that receive messages: what they see is what the relay makes of them.

use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::testing::{self, Report};

use super::*;

/// A filter for each thing that may become of a message, by its subject; and one that sees what it has changed.
const FIRST: &str = r#"
    fn ehlo(client) { if client.ehlo == "localhost" { refuse("5.7.1", "that is not your name") } }
    fn rcpt(client, recipient) { if recipient.address == "closed@example.org" { refuse("5.1.1", "closed") } }
    fn message(client, message) {
        switch message.subject {
            "quarantine" => quarantine("why not"),
            "redirect" => redirect("else@example.org"),
            "discard" => discard("nobody wants it"),
            "refuse" => refuse("5.7.1", "no"),
            "defer" => defer("4.7.1", "not yet"),
            "nowhere" => accept().remove_recipient("bob@example.org"),
            "edit" => accept().add_header("X-Seen", "yes").tag("class", "bulk").add_recipient("cyd@example.org").append_text("Mind the gap"),
            "left out" => accept().remove_part("7"),
            "nonsense" => redirect("no " + message.subject),
            _ => if message.spf == "fail" { refuse("5.7.23", "forged") } else { accept() },
        }
    }
"#;
const SECOND: &str = r#"
    fn message(client, message) {
        if message.tags.contains("class") { accept().add_header("X-Tagged", message.tags["class"]) }
    }
"#;

fn report(test: &str) -> Report {
    report_of(&[("filters/first.rhai", FIRST), ("filters/second.rhai", SECOND)], test)
}

fn report_of(files: &[(&str, &str)], test: &str) -> Report {
    let snapshot = Snapshot::of(files.iter().copied())
        .with_message("tests/spam.eml", b"Subject: quarantine\n\nBuy now\n");
    let reader = Imagined { hostname: "mx.example.org".to_owned(), id: "mx.example.org".to_owned() };
    let settings = Settings { tls_enabled: true, reader: Some(Arc::new(reader)), ..Settings::default() };
    let bundle = Bundle::load(&snapshot, &settings, 1).unwrap().0;
    testing::run(&bundle, &[("tests/mine.rhai".into(), test.into())])
}

fn holds(body: &str) -> Report {
    let report = report(&format!("fn test_it() {{ {body} }}"));
    assert!(report.failed.is_empty(), "{}", report.failed[0]);
    assert_eq!(report.passed.len(), 1);
    report
}

/// The guide's scripts, and its tests that need a message.
#[test]
fn the_tests_of_the_guide_hold() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/filters.md");
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = |of: &str| -> Vec<String> {
        let begin = format!("```{of}\n");
        let blocks = text.split(begin.as_str()).skip(1);
        blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
    };
    let scripts = blocks("rhai");
    let path = |script: &str| script.strip_prefix("//! ")?.split_once(": ").map(|(path, _)| path.to_owned());
    let scripts: Vec<_> = scripts.iter().filter_map(|script| Some((path(script)?, script))).collect();
    let files: Vec<_> = scripts.iter().map(|(path, script)| (path.as_str(), script.as_str())).collect();
    let tests = blocks("rhai message");
    assert!(!tests.is_empty() && files.len() > 1, "the guide has lost its examples");
    for test in tests {
        let report = report_of(&files, &test);
        assert!(report.failed.is_empty() && !report.passed.is_empty(), "{}", report.failed[0]);
    }
}

#[test]
fn each_thing_that_becomes_of_a_message_is_an_end() {
    holds(
        r#"
        let sent = |subject| receive(#{ message: #{ headers: #{ Subject: subject } } });
        let quarantined = sent.call("quarantine");
        expect(quarantined, "quarantined");
        expect_eq(quarantined.quarantine, "why not");
        expect_eq(quarantined.reply, 250);
        expect(quarantined.encrypted);
        let redirected = sent.call("redirect");
        expect(redirected, "redirected");
        expect_eq(redirected.redirect, "else@example.org");
        expect_eq(redirected.message.recipients, ["else@example.org"]);
        expect(sent.call("discard"), "discarded");
        expect(sent.call("nowhere"), "discarded");
        expect(sent.call("refuse"), "refused", "5.7.1");
        expect(sent.call("defer"), "deferred", "4.7.1");
        expect_eq(sent.call("defer").reply, 451);
        expect(sent.call("nonsense"), "deferred", "4.3.0");
        expect(sent.call("nonsense").asked("message"), "failure");
        expect(sent.call("nothing"), "taken");
        expect(receive(#{}), "taken_encrypted");
        expect(receive(#{ message: #{ file: "spam.eml" } }), "quarantined");
    "#,
    );
}

#[test]
fn edits_are_done_and_later_filters_see_them() {
    holds(
        r#"
        let held = receive(#{
            to: ["bob@example.org", "closed@example.org"],
            message: #{ headers: #{ Subject: "edit" }, body: "Hello" },
        });
        expect(held, "taken");
        expect_eq(held.message.recipients, ["bob@example.org", "cyd@example.org"]);
        expect_eq(held.message.headers["X-Seen"], "yes");
        expect_eq(held.message.headers["X-Tagged"], "bulk");
        expect_eq(held.message.tags["class"], "bulk");
        expect(held.message.text.contains("Hello") && held.message.text.contains("Mind the gap"));
        expect_eq(held.edits.len(), 5);
        expect_eq(held.asked("message").edits.len(), 5);
        expect(held.raw.starts_with("Received: from mail.example.com ([192.0.2.25])"));
        expect(held.raw.contains("Mind the gap"));
    "#,
    );
}

#[test]
fn a_client_is_asked_for_by_its_name_in_clear_and_inside_tls() {
    holds(
        r#"
        expect(receive(#{ client: #{ ehlo: "localhost" } }), "refused", "5.7.1");
        expect(receive(#{ listener: "implicit", client: #{ ehlo: "localhost" } }), "refused");
        expect(!receive(#{ client: #{ ehlo: "localhost" } }).was_asked("offer"));
        expect(receive(#{ client: #{ ehlo: "mx.example.net" } }), "taken");
        expect(receive(#{ to: "closed@example.org" }), "refused", "5.1.1");
    "#,
    );
}

#[test]
fn what_is_not_given_is_said() {
    let report = holds(
        r#"
        expect(receive(#{ message: #{ spf: "fail" } }), "refused", "5.7.23");
        expect_eq(receive(#{ message: #{ spf: "fail" } }).assumed, []);
    "#,
    );
    assert!(report.passed[0].assumed.is_empty(), "{:?}", report.passed[0]);
    let report = holds(r#"expect(receive(#{}), "taken")"#);
    let assumed = &report.passed[0].assumed;
    assert!(assumed.len() == 1 && assumed[0].starts_with("not given: spf; filters are told"), "{assumed:?}");
    let report = self::report(r#"fn test_it() { expect(receive(#{}), "refused") }"#);
    let shown = report.failed[0].to_string();
    assert!(shown.contains("- not given: spf; filters are told"), "{shown}");
}

#[test]
fn a_failure_shows_the_edits_and_what_was_left_out() {
    let report = report(
        r#"
        fn test_edit() { expect(receive(#{ message: #{ headers: #{ Subject: "edit" } } }), "refused") }
        fn test_left_out() { expect(receive(#{ message: #{ headers: #{ Subject: "left out" } } }), "refused") }
        fn test_no_address() { expect(receive(#{ from: "a b@c", message: "a: b" }), "taken") }
    "#,
    );
    let shown = |number: usize| report.failed[number].to_string();
    assert!(shown(0).contains("filters/first.rhai:12:"), "{}", shown(0));
    assert!(shown(0).contains("add_header") && shown(0).contains("X-Tagged"), "{}", shown(0));
    assert!(shown(1).contains("an edit is left out: remove_part (filters/first.rhai:13:"), "{}", shown(1));
    assert!(shown(2).contains("ended as refused 5.1.7"), "{}", shown(2));
}
