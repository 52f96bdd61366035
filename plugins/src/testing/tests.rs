use std::path::Path;

use super::*;
use crate::bundle::{Settings, Snapshot};
use crate::decider::Role;
use crate::rhai::Script;

/// The shipped files of a folder.
fn shipped(folder: &str) -> Vec<(Arc<str>, Arc<str>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(folder);
    let files = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let scripts = files.filter(|path| path.extension().is_some_and(|extension| extension == "rhai"));
    let mut scripts: Vec<(Arc<str>, Arc<str>)> = scripts
        .map(|path| {
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            (name.into(), std::fs::read_to_string(&path).unwrap().into())
        })
        .collect();
    scripts.sort();
    scripts
}

/// The shipped bundle with files of a site.
pub(super) fn bundle(files: &[(&str, &str)]) -> Bundle {
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    Bundle::load(&Snapshot::of(files.iter().copied()), &settings, 1).unwrap_or_else(|bad| panic!("{bad}")).0
}

pub(super) fn report_of(bundle: &Bundle, source: &str) -> Report {
    run(bundle, &[("tests/mine.rhai".into(), source.into())])
}

/// The failure of a test with this body.
pub(super) fn failure(body: &str) -> String {
    let source = format!("fn test_it() {{\n{body}\n}}");
    let report = report_of(&bundle(&[]), &source);
    assert!(report.passed.is_empty(), "{body} passed");
    report.findings().map(|finding| format!("{} {}", finding.place, finding.message)).collect()
}

#[test]
fn the_shipped_policies_pass_their_tests() {
    let report = run(&bundle(&[]), &shipped("tests"));
    let failed: Vec<_> = report.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(report.passed.len() > 15, "{:?}", report.passed);
}

#[test]
fn a_failing_expectation_says_what_was_answered_and_where() {
    let message =
        failure(r#"expect(ask("outgoing/attempt", "mail", outgoing_host(#{}), mail(#{})), "defer")"#);
    assert_eq!(
        message,
        "tests/mine.rhai:2:1 test_it: expected defer, but outgoing/attempt.rhai:25:5 answers accept"
    );
    let message = failure(
        r#"expect(ask("outgoing/require", "mail", outgoing_host(#{}), mail(#{})), "defer", "4.7.4")"#,
    );
    assert!(message.contains("expected defer 4.7.4, but outgoing/require.rhai"), "{message}");
    assert!(message.contains("answers defer 4.7.5"), "{message}");
    assert!(failure("expect_eq(1, 2)").ends_with("expected 2, but it is 1"));
    assert!(failure("expect(1 == 2)").ends_with("it does not hold"));
    assert!(failure("loop { }").starts_with("tests/mine.rhai:1:"), "where the test begins");
}

#[test]
fn misspelt_names_are_found() {
    let cases = [
        ("outgoing_host(#{ offer_tls: true })", "did you mean `offers_tls`?"),
        ("incoming_client(#{ row: #{ nmes: [] } })", "did you mean `names`?"),
        ("outgoing_host(#{ port: \"25\" })", "expected i64"),
        ("certificate(\"expird\")", "did you mean `expired`?"),
        ("ask(\"outgoing/requre\", \"offer\", outgoing_host(#{}))", "did you mean `outgoing/require`?"),
        ("ask(\"outgoing/require\", \"ofer\", outgoing_host(#{}))", "did you mean `offer`?"),
        ("ask(\"outgoing/require\", \"offer\", incoming_client(#{}))", "takes a host"),
        ("ask(\"outgoing/require\", \"mail\", outgoing_host(#{}), hello(#{}))", "takes a mail"),
        ("expect(ask(\"outgoing/require\", \"offer\", outgoing_host(#{})), \"start_tsl\")", "`start_tls`?"),
    ];
    for (body, expected) in cases {
        let message = failure(body);
        assert!(message.contains(expected), "{body}: {message}");
    }
}

#[test]
fn what_is_shipped_is_a_bundle_without_findings() {
    let site = tempfile::tempdir().unwrap();
    let snapshot = Snapshot::stable(site.path()).unwrap();
    let settings = Settings { tls_enabled: true, ..Default::default() };
    let (bundle, warnings) = Bundle::load(&snapshot, &settings, 1).unwrap();
    assert!(warnings.is_empty(), "{}", warnings[0]);
    let report = run(&bundle, &shipped("tests"));
    assert!(report.failed.is_empty() && !report.passed.is_empty());
}

/// The scripts in a page's examples.
fn examples(page: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("```rhai\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_examples_of_the_pages_work() {
    let filters = examples("filters/README.md");
    for source in &filters {
        let found = Script::compile(&"filters/example.rhai".into(), source, Role::Filter);
        assert!(found.is_ok_and(|(_, warnings)| warnings.is_empty()), "{source}");
    }
    let tests = examples("README.md");
    for source in &tests {
        let report = report_of(&bundle(&[]), source);
        assert!(report.failed.is_empty() && !report.passed.is_empty(), "{source}");
    }
    assert!(!filters.is_empty() && !tests.is_empty());
}

#[test]
fn a_broken_test_file_is_a_finding() {
    let report = report_of(&bundle(&[]), "fn test_it() {");
    assert_eq!(report.failed[0].finding.code, "P001");
}

const TABLE: &str = r#"
incoming {
    "*"              attempt
    "bank.example"   require_verified because "contract"
    "203.0.113.0/24" attempt
}
outgoing {
    "*"              attempt
    "partner.org"    require_verified
    "old.example"    prevent because "broken" until "2020-01-01"
}
"#;

const FLOOR: &str = "fn offer(host) { if host.domain == \"floor.example\" { require(\"encrypted\") } }";

fn site() -> Bundle {
    bundle(&[("domains.rhai", TABLE), ("filters/floor.rhai", FLOOR)])
}

#[test]
fn whole_conversations_are_expected() {
    let source = r#"
        fn test_delivery() {
            let waits = deliver(#{ to: "bob@partner.org", host: "expired" });
            expect(waits, "waits", "4.7.5");
            expect_eq(waits.decided_by, "outgoing/require_verified.rhai:17:9");
            expect_eq(waits.row, "partner.org");
            expect(waits.asked("certificate"), "defer", "4.7.5");
            expect_eq(waits.asked("certificate").row, "partner.org");
            expect(!waits.was_asked("mail") && !waits.encrypted);
            let sent = deliver(#{ to: "partner.org", hosts: ["expired", #{ situation: "valid", name: "b.partner.org" }] });
            expect(sent, "sent");
            expect(sent, "sent_encrypted");
            expect(sent.verified && sent.host == "b.partner.org");
            expect(deliver(#{ to: "floor.example", host: "no_tls" }), "waits", "4.7.4");
            expect(deliver(#{ to: "x.example", host: #{ recent_failures: 3 } }), "sent_clear");
            expect(deliver(#{ to: "partner.org", certificate: #{ name_matches: false } }), "waits");
            expect(deliver(#{ to: "partner.org", certificate: certificate("self_signed") }), "waits");
            expect(deliver(#{ to: "old.example" }), "sent_encrypted");
            expect(deliver(#{ to: "old.example", today: "2019-12-31" }), "sent_clear");
            expect(deliver(#{ to: "x.example", tls: "off" }), "sent_clear");
        }
        fn test_reception() {
            let taken = receive(#{ from: "alice@bank.example", client: "valid" });
            expect(taken, "taken");
            expect_eq(taken.reply, 250);
            expect(receive(#{ from: "bank.example", client: "no_tls" }), "refused", "5.7.0");
            expect(receive(#{ from: "bank.example", client: #{ certificate: "expired" } }), "refused", "5.7.5");
            expect_eq(receive(#{ client: #{ address: "203.0.113.9" } }).row, "203.0.113.0/24");
            expect(receive(#{ address: "2001:db8::1", from: "" }), "taken_encrypted");
            expect(receive(#{ listener: "implicit", client: "handshake_failure" }), "closed");
            expect(receive(#{ hello: #{ highest_version: "1.2" }, to: "b@c.example" }).asked("cipher"), "accept");
        }
    "#;
    let report = report_of(&site(), source);
    assert!(report.failed.is_empty(), "{}", report.failed[0]);
    assert_eq!(report.passed.len(), 2);
}

#[test]
fn a_failure_shows_the_whole_trace() {
    let source =
        "fn test_it() {\n    expect(deliver(#{ to: \"partner.org\", host: \"expired\" }), \"sent\");\n}";
    let report = report_of(&site(), source);
    let expected = "\
error[E001]: test_it: expected sent, but the delivery ended as waits 4.7.5 The certificate cannot be validated: the certificate has expired (outgoing/require_verified.rhai:17:9)
 --> tests/mine.rhai:2:5
  |
2 |     expect(deliver(#{ to: \"partner.org\", host: \"expired\" }), \"sent\");
  |     ^^^^^^
    row `partner.org` require_verified matches (domains.rhai:9:5)
    row `*` does not apply (domains.rhai:8:5)
    row `old.example` has ended (domains.rhai:10:5)
    - mx.partner.org offers STARTTLS
    offer: start_tls (outgoing/require_verified.rhai:10:26, row `partner.org`)
        filters/floor.rhai: no opinion
        outgoing/require_verified.rhai:10:26: start_tls
    start: accept (outgoing/require_verified.rhai, row `partner.org`)
    - handshake: TLS 1.3, TLS_AES_256_GCM_SHA384, X25519MLKEM768
    cipher: accept (outgoing/require_verified.rhai, row `partner.org`)
    certificate: defer 4.7.5 The certificate cannot be validated: the certificate has expired (outgoing/require_verified.rhai:17:9, row `partner.org`)
    = waits 4.7.5 The certificate cannot be validated: the certificate has expired (outgoing/require_verified.rhai:17:9)
      --> outgoing/require_verified.rhai:17:9
       |
    17 |         defer(\"4.7.5\", \"The certificate cannot be validated: \" + certificate.problem)
       |         ^^^^^";
    assert_eq!(report.failed[0].to_string(), expected);
}

#[test]
fn each_case_that_fails_is_named() {
    let source = r#"
        fn test_it() {
            cases([
                #{ host: "valid", end: "sent" },
                #{ name: "expired and lax", host: "expired", end: "sent" },
                #{ host: "no_tls", end: "sent" },
            ], |given| {
                expect(deliver(#{ to: "partner.org", host: given.host }), given.end);
            });
        }
        fn test_fine() { cases(["valid", "tls_1_2"], |host| expect(deliver(#{ to: "partner.org", host: host }), "sent")); }
    "#;
    let report = report_of(&site(), source);
    let cases: Vec<_> = report.failed.iter().map(|one| one.case.as_deref().unwrap()).collect();
    assert_eq!(cases[0], "expired and lax");
    assert!(cases[1].starts_with("case 3: ") && cases[1].contains("no_tls"), "{cases:?}");
    assert!(report.failed[1].finding.message.contains("4.7.4"), "{}", report.failed[1]);
    assert!(report.failed[1].trace.iter().any(|line| line.contains("does not offer STARTTLS")));
    assert_eq!((report.failed_tests(), report.passed.len()), (1, 1));
    assert_eq!(report.failed[0].finding.place.line, 8);
}

#[test]
fn a_peer_brings_its_certificate_and_situations_are_shorthands() {
    let source = r#"
        fn test_it() {
            let host = outgoing_host(#{ domain: "partner.org", certificate: "expired" });
            expect(host.encrypted && host.name == "mx.partner.org");
            expect(ask("outgoing/require_verified", "certificate", host), "defer", "4.7.5");
            expect(ask("outgoing/require_verified", "certificate", outgoing_host(#{ situation: "valid" })), "accept");
            let failed = outgoing_host(#{ situation: "handshake_failure" });
            expect(failed.offers_tls && !failed.encrypted);
            expect(ask("outgoing/require", "mail", failed), "defer", "4.7.5");
            let client = incoming_client(#{ situation: "self_signed" });
            expect(ask("incoming/require_verified", "certificate", client), "refuse", "5.7.5");
        }
    "#;
    let report = report_of(&site(), source);
    assert!(report.failed.is_empty(), "{}", report.failed[0]);
}

#[test]
fn what_conversations_are_given_is_checked() {
    let cases = [
        ("deliver(#{})", "needs `to`"),
        ("deliver(#{ to: \"x.org\", hst: \"valid\" })", "did you mean `host`?"),
        ("deliver(#{ to: \"x.org\", host: \"expird\" })", "did you mean `expired`?"),
        ("deliver(#{ to: \"x.org\", host: #{ nme: 1 } })", "did you mean `name`?"),
        ("deliver(#{ to: \"x.org\", host: 1 })", "a host is a word or a map"),
        ("deliver(#{ to: \"x.org\", today: \"now\" })", "`now` is none"),
        ("receive(#{ address: \"x\" })", "`x` is none"),
        ("receive(#{ client: \"starttls_refused\" })", "there is no client"),
        ("expect(deliver(#{ to: \"x.org\" }), \"snt\")", "did you mean `sent`?"),
        ("deliver(#{ to: \"x.org\" }).asked(\"rcpt\")", "`rcpt` was not asked"),
        ("cases([], |x| x)", "has no cases"),
    ];
    for (body, expected) in cases {
        let message = failure(body);
        assert!(message.contains(expected), "{body}: {message}");
    }
}

#[test]
fn a_filter_selects_by_file_and_name() {
    let files = [
        ("tests/a.rhai".into(), "fn test_one() {} fn test_two() {}".into()),
        ("tests/b.rhai".into(), "fn test_one() {}".into()),
    ];
    let passed = |filter: &str| {
        let selection = Selection { filter: Some(filter.to_owned()), ..Selection::default() };
        let report = run_selected(&bundle(&[]), &files, &selection);
        report.passed.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(passed("two"), ["tests/a.rhai: test_two"]);
    assert_eq!(passed("b.rhai"), ["tests/b.rhai: test_one"]);
}

#[test]
fn lines_and_rows_are_counted() {
    let tests = r#"
        fn test_it() {
            expect(deliver(#{ to: "partner.org" }), "sent_encrypted");
            expect(deliver(#{ to: "partner.org", host: "expired" }), "waits");
        }
    "#;
    let bundle = site();
    let files = [("tests/mine.rhai".into(), tests.into())];
    let selection = Selection { counting: Counting::LinesAndRows, ..Selection::default() };
    let report = run_selected(&bundle, &files, &selection);
    assert!(report.failed.is_empty(), "{}", report.failed[0]);
    let coverage = report.coverage.unwrap();
    let of = |path: &str| coverage.files.iter().find(|file| &*file.path == path).unwrap();
    let unmet = |path: &str| of(path).unmet.iter().map(|one| one.place.to_string()).collect::<Vec<_>>();
    assert_eq!(
        unmet("outgoing/require_verified.rhai"),
        ["outgoing/require_verified.rhai:10:47", "outgoing/require_verified.rhai:22:43"]
    );
    assert_eq!(unmet("filters/floor.rhai"), ["filters/floor.rhai:1:54"]);
    // The row that has ended does not count.
    assert_eq!(
        unmet("domains.rhai"),
        ["domains.rhai:3:5", "domains.rhai:4:5", "domains.rhai:5:5", "domains.rhai:8:5"]
    );
    assert!(coverage.files.iter().all(|file| &*file.path != "outgoing/require.rhai"), "no row names it");
    assert_eq!(of("domains.rhai").unmet[1].text, "\"bank.example\"   require_verified because \"contract\"");
    let lcov = coverage.lcov(Path::new("policies"));
    assert!(lcov.contains("SF:policies/domains.rhai\nDA:3,0\nDA:4,0\nDA:5,0\nDA:8,0\nDA:9,1\n"), "{lcov}");
    assert!(!lcov.contains("require_verified"), "it stands in no directory");
    assert!(coverage.to_string().contains("domains.rhai                      1 of   5 rows"), "{coverage}");
}

#[test]
fn the_shipped_policies_are_tested_to_the_last_line() {
    let selection = Selection { counting: Counting::LinesAndRows, ..Selection::default() };
    let coverage = run_selected(&bundle(&[]), &shipped("tests"), &selection).coverage.unwrap();
    assert_eq!(coverage.percent(), 100, "{coverage}");
    assert_eq!(coverage.files.len(), 7);
}
