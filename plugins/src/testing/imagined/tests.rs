//! Tests of policies in which time goes by and names are answered.

use crate::testing::tests::{bundle, failure, report_of};

/// A filter that remembers, holds rates, counts, and looks names up.
const STATEFUL: &str = r#"
    fn connect(client) {
        count("connections");
        if !dnsbl(client.address, "bl.example").is_empty() { return refuse("5.7.1", "you are listed") }
        if remember_first(client.address, client.port, "10m") { defer("4.7.1", "come again") }
    }

    fn rcpt(client, recipient) {
        if !allows("2 per 1h", recipient.sender) { defer("4.7.1", "too much") }
    }

    fn mail(client, mail) {
        if recall(client.address) == 25 { refuse("5.7.1", "port 25") }
    }
"#;

#[test]
fn a_test_imagines_memory_time_and_names() {
    let bundle = bundle(&[("filters/own.rhai", STATEFUL)]);
    let source = r#"
        fn client(port) { incoming_client(#{ address: "192.0.2.1", port: port }) }
        fn connect() { ask("filters/own", "connect", client(99)) }

        fn test_memory_ends() {
            expect(connect(), "defer");
            expect(connect(), "no opinion");
            later("10m");
            expect(connect(), "defer");
            expect_eq(counted("connections"), 3);
        }

        fn test_nothing_is_left_of_another_test() {
            expect(connect(), "defer");
            expect_eq(counted("connections"), 1);
        }

        fn test_what_one_hook_remembers_another_recalls() {
            ask("filters/own", "connect", client(25));
            expect(ask("filters/own", "mail", client(99), mail(#{})), "refuse");
        }

        fn test_rates_fill_again() {
            let rcpt = |sender| ask("filters/own", "rcpt", client(99), recipient(#{ sender: sender }));
            for n in 0..2 { expect(rcpt.call("a@example.org"), "no opinion"); }
            expect(rcpt.call("a@example.org"), "defer");
            expect(rcpt.call("b@example.org"), "no opinion");
            later("30m");
            expect(rcpt.call("a@example.org"), "no opinion");
            expect(rcpt.call("a@example.org"), "defer");
        }

        fn test_names_are_what_the_test_says() {
            dns(#{ "1.2.0.192.bl.example": ["127.0.0.2"] });
            expect(connect(), "refuse");
            dns(#{ "1.2.0.192.bl.example": #{ txt: ["why"] } });
            expect(connect(), "defer");
            dns(#{ "1.2.0.192.bl.example": "unavailable" });
            expect(connect(), "failure");
        }

        fn test_a_whole_reception_has_it_too() {
            expect(receive(#{ address: "192.0.2.1" }), "deferred");
        }
    "#;
    let report = report_of(&bundle, source);
    let failed: Vec<_> = report.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty() && report.passed.len() == 6, "{}", failed.join("\n\n"));
}

#[test]
fn what_a_test_cannot_imagine_is_said() {
    assert!(failure(r#"later("soon")"#).contains("`soon` is no time"));
    assert!(failure(r#"dns(#{ "a.example": 5 })"#).contains("`a.example` is a list of texts"));
    assert!(failure(r#"dns(#{ "a.example": #{ txtt: ["x"] } })"#).contains("did you mean `txt`?"));
}
