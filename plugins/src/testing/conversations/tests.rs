//! What filters hear in whole conversations.

use crate::testing::tests::{bundle, failure, report_of};

#[test]
fn filters_are_told_what_came_of_a_delivery() {
    let filter = r#"
        fn delivered(host, report) { if host.name == "mx.x.example" { count(`delivered_${report.attempts}`) } }
        fn deferred(host, report) { if report.code == "4.4.1" { count(`deferred_${report.next_attempt}`) } }
        fn failed(host, report) { if report.recipients == ["cyd@x.example"] { count("failed") } }
        fn route(host, mail) { if mail.sender_domain == "nowhere.example" { refuse("5.1.2", "nowhere") } }
    "#;
    let source = r#"
        fn test_it() {
            let sent = deliver(#{ to: "x.example", mail: #{ attempts: 1 } });
            expect_eq(counted("delivered_2"), 1);
            expect(sent.was_asked("delivered") && !sent.was_asked("failed"));
            expect(deliver(#{ to: "x.example", host: "unreachable" }), "waits", "4.4.1");
            expect_eq(counted("deferred_300"), 1);
            expect(deliver(#{ to: "cyd@x.example", from: "nowhere.example" }), "returned", "5.1.2");
            expect_eq(counted("failed"), 1);
            deliver(#{ to: "x.example", host: "unreachable", report: #{ next_attempt: 60 } });
            expect_eq(counted("deferred_60"), 1);
        }
    "#;
    let report = report_of(&bundle(&[("filters/own.rhai", filter)]), source);
    assert!(report.failed.is_empty(), "{}", report.failed[0]);
}

#[test]
fn several_recipients_are_asked_for_one_after_the_other() {
    let filter = r#"
        fn rcpt(client, recipient) {
            if recipient.address == "closed@c.example" { return refuse("5.1.1", "closed") }
            if recipient.accepted > 1 { defer("4.5.3", "two are enough") }
        }
    "#;
    let source = r#"
        fn test_it() {
            let to = |to| receive(#{ to: to });
            expect(to.call(["closed@c.example"]), "refused", "5.1.1");
            expect(to.call(["closed@c.example", "a@c.example"]), "taken");
            let three = to.call(["a@c.example", "b@c.example", "c@c.example"]);
            expect(three, "taken");
            expect(three.asked("rcpt"), "defer", "4.5.3");
        }
    "#;
    let report = report_of(&bundle(&[("filters/own.rhai", filter)]), source);
    assert!(report.failed.is_empty(), "{}", report.failed[0]);
    assert!(failure("receive(#{ to: [] })").contains("names nobody"));
}

/// Who reads messages is the relay; here there is none.
#[test]
fn without_a_reader_no_message_is_read_and_that_is_said() {
    let filter = ("filters/own.rhai", "fn message(client, message) { quarantine(\"why\") }");
    let source = "fn test_it() { expect(receive(#{}), \"quarantined\") }";
    let report = report_of(&bundle(&[filter]), source);
    assert!(report.failed[0].to_string().contains("- nobody reads messages here"), "{}", report.failed[0]);
}

#[test]
fn names_that_are_not_given_are_said() {
    let filter = (
        "filters/own.rhai",
        "fn connect(client) { if !dnsbl(client.address, \"bl.example\").is_empty() { refuse(\"5.7.1\", \"listed\") } }",
    );
    let report = report_of(&bundle(&[filter]), "fn test_it() { expect(receive(#{}), \"taken\") }");
    let assumed = &report.passed[0].assumed;
    assert!(assumed.len() == 1 && assumed[0].contains("25.2.0.192.bl.example"), "{assumed:?}");
    let report = report_of(&bundle(&[filter]), "fn test_it() { expect(receive(#{}), \"refused\") }");
    assert!(report.failed[0].to_string().contains("not given: what is published"), "{}", report.failed[0]);
}
