//! `waxseal test`: the site's own tests from the command line, what they meet, and the gate before a
//! reload.

use std::fs;

use waxseal_tests::command::waxseal;
use waxseal_tests::site::Site;

const TESTS: &str = r#"
fn test_partner_waits() {
    expect(deliver(#{ to: "partner.example", host: "expired" }), "waits", "4.7.5");
}

fn test_partner_gets_mail() {
    cases(["valid", "tls_1_2"], |host| expect(deliver(#{ to: "partner.example", host: host }), "sent_encrypted"));
}
"#;

fn site() -> Site {
    Site::new().outgoing(&["\"partner.example\" require_verified"]).policy("tests/own.rhai", TESTS)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_is_told_with_its_trace_and_exits_with_1() {
    let site = site();
    let configuration = site.write();
    let fine = waxseal(&configuration, &["test"]).await;
    assert_eq!(fine.code, Some(0), "{fine:?}");
    assert!(fine.output.contains("passed  tests/own.rhai: test_partner_gets_mail"), "{fine:?}");

    let table = fs::read_to_string(site.policies().join("domains.rhai")).unwrap();
    fs::write(site.policies().join("domains.rhai"), table.replace("require_verified", "attempt")).unwrap();
    let failed = waxseal(&configuration, &["test"]).await;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    for words in [
        "FAILED  error[E001]: test_partner_waits: expected waits 4.7.5, but the delivery ended as sent_encrypted",
        "--> tests/own.rhai:3:5",
        "row `partner.example` attempt matches (domains.rhai:",
        "certificate: accept (outgoing/attempt.rhai, row `partner.example`)",
        "--> outgoing/attempt.rhai:25:5",
    ] {
        assert!(failed.output.contains(words), "`{words}` is not said:\n{}", failed.output);
    }
    let json = waxseal(&configuration, &["test", "--json", "--filter", "own"]).await.json();
    assert_eq!(json["failed"][0]["test"], "test_partner_waits");
    assert!(json["failed"][0]["trace"].as_array().unwrap().len() > 5, "{json}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_tests_meet_is_counted_written_and_demanded() {
    let site = site();
    let configuration = site.write();
    let tracefile = site.path("coverage.lcov");
    let lcov = tracefile.to_str().unwrap();
    let run = waxseal(&configuration, &["test", "--lcov", lcov, "--coverage-min", "100"]).await;
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.output.contains("not met: domains.rhai:"), "{run:?}");
    assert!(run.errors.contains("100 % are demanded"), "{run:?}");
    let written = fs::read_to_string(&tracefile).unwrap();
    assert!(written.contains("policies/domains.rhai\nDA:"), "{written}");

    let enough = waxseal(&configuration, &["test", "--coverage-min", "1"]).await;
    assert_eq!(enough.code, Some(0), "{enough:?}");
    let none = waxseal(&configuration, &["test", "--filter", "nothing_of_this_name"]).await;
    assert!(none.errors.contains("no test was run: none has `nothing_of_this_name`"), "{none:?}");
    assert_eq!(none.code, Some(1), "a misspelt filter is no success");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_fails_the_tests_is_not_taken() {
    let relay = site().start().await;
    relay.rejects("domains.rhai", "incoming { \"*\" attempt }\noutgoing { \"*\" attempt }\n").await;
}
