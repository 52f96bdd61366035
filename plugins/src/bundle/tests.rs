use super::*;
use crate::decision::{Decision, Outcome};
use crate::facts::{Certificate, Mail, Nothing, Reads, Row, canonical};
use crate::hooks::{Hook, incoming, outgoing};
use crate::outside::Nowhere;
use crate::verdicts::{Floor, Passage, Reply, outgoing::Offer};
use crate::wasm::Grant;

fn settings() -> Settings {
    Settings {
        tls_enabled: true,
        identities: ["mx.example.org".to_owned()].into(),
        directory: "/".into(),
        ..Settings::default()
    }
}

fn load(files: &[(&str, &str)]) -> Result<(Bundle, Vec<Diagnostic>), Rejected> {
    Bundle::load(&Snapshot::of(files.iter().copied()), &settings(), 7)
}

fn good(files: &[(&str, &str)]) -> Bundle {
    load(files).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

/// The code and place of the first error.
fn rejected(files: &[(&str, &str)], settings: &Settings) -> (&'static str, String, String) {
    let rejected = Bundle::load(&Snapshot::of(files.iter().copied()), settings, 1).expect_err("rejected");
    let error =
        rejected.diagnostics.into_iter().find(|one| one.severity == Severity::Error).expect("an error");
    (error.code, error.place.to_string(), error.message)
}

fn table(outgoing: &str) -> String {
    format!("incoming {{ \"*\" attempt }}\noutgoing {{ \"*\" attempt\n{outgoing}\n}}")
}

fn row(policy: &str) -> Arc<Row> {
    Arc::new(Row { policy: policy.to_owned(), ..Row::default() })
}

fn ask<H: Hook>(bundle: &Bundle, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Decision<H::Verdict> {
    pollster::block_on(bundle.ask::<H>(peer, subject))
}

fn mail(bundle: &Bundle, policy: &str) -> Decision<Passage> {
    let host = canonical::clear_host(row(policy));
    ask::<outgoing::Mail>(bundle, &Arc::new(host), &Arc::new(Mail::default()))
}

#[test]
fn the_shipped_policies_are_a_bundle() {
    let (bundle, warnings) = load(&[]).unwrap_or_else(|rejected| panic!("{rejected}"));
    assert_eq!(warnings, []);
    assert_eq!(bundle.generation(), 7);
    assert_eq!(bundle.table().outgoing("example.org", today()).policy, "attempt");
    assert!(!bundle.wants_client_certificates());
    for (direction, policy, level) in [
        (Direction::Incoming, "attempt", Level::Opportunistic),
        (Direction::Incoming, "require", Level::Encrypted),
        (Direction::Incoming, "require_verified", Level::Verified),
        (Direction::Outgoing, "prevent", Level::Clear),
        (Direction::Outgoing, "attempt", Level::Opportunistic),
        (Direction::Outgoing, "require", Level::Encrypted),
        (Direction::Outgoing, "require_verified", Level::Verified),
    ] {
        assert_eq!(bundle.level(direction, &row(policy)), level, "{direction}/{policy}");
    }
}

#[test]
fn a_new_file_is_a_new_word() {
    let own = ("outgoing/strict.rhai", "fn mail(host, mail) { refuse(\"no\") }");
    let bundle = good(&[own, ("domains.rhai", &table("\"x.example\" strict \"*.x.example\" strict"))]);
    assert_eq!(bundle.table().outgoing("x.example", today()).policy, "strict");
    assert!(bundle.policy(Direction::Outgoing, "strict").is_some());
}

#[test]
fn filters_and_policy_are_asked_and_joined() {
    let bundle = good(&[
        ("filters/b_silent.rhai", "fn offer(host) { }"),
        ("filters/a_floor.rhai", "fn offer(host) { require(\"encrypted\") }"),
        ("filters/c_other.rhai", "fn offer(client) { withhold() }"),
    ]);
    let host = Arc::new(crate::facts::Host { offers_tls: true, ..canonical::clear_host(row("prevent")) });
    let decision = ask::<outgoing::Offer>(&bundle, &host, &Arc::new(Nothing {}));
    assert_eq!(decision.outcome(), &Outcome::Verdict(Offer::StartTls { floor: Floor::Encrypted }));
    assert_eq!(decision.answer.place.to_string(), "filters/a_floor.rhai:1:18");
    assert_eq!((decision.generation, decision.row.policy.as_str()), (7, "prevent"));
    let asked: Vec<_> = decision.asked.iter().map(|asked| (&*asked.path, asked.said)).collect();
    assert_eq!(
        asked,
        [
            ("filters/a_floor.rhai", "start_tls"),
            ("filters/b_silent.rhai", "no opinion"),
            ("outgoing/prevent.rhai", "stay_clear"),
        ]
    );
}

#[test]
fn a_decision_says_what_a_policy_did_not_say() {
    let bundle = good(&[("outgoing/terse.rhai", "fn offer(host) { if host.encrypted { start_tls() } }")]);
    let host = Arc::new(canonical::clear_host(row("terse")));
    let offer = ask::<outgoing::Offer>(&bundle, &host, &Arc::new(Nothing {}));
    assert_eq!(offer.to_string(), "start_tls (outgoing/terse.rhai has no opinion in `offer`)");
    let start = ask::<outgoing::Start>(&bundle, &host, &Arc::new(Nothing {}));
    assert_eq!(start.to_string(), "accept (outgoing/terse.rhai has no `start`)");
    assert_eq!((start.answer.place.to_string().as_str(), start.reason()), ("outgoing/terse.rhai", ""));
    assert_eq!(start.asked.last().map(|asked| asked.said), Some("no function"));
}

#[test]
fn a_policy_that_cares_never_lets_clear_mail_through_by_forgetting() {
    let bundle = good(&[
        ("outgoing/lax.rhai", "fn offer(host) { start_tls() }"),
        ("outgoing/cares.rhai", "fn certificate(host, certificate) { accept() }"),
        ("incoming/cares.rhai", "fn start(client) { accept() }"),
        ("incoming/lax.rhai", "fn offer(client) { withhold() }"),
    ]);
    assert_eq!(mail(&bundle, "lax").outcome().word(), "accept");
    let decision = mail(&bundle, "cares");
    assert_eq!(decision.outcome().word(), "defer");
    assert_eq!(
        decision.outcome().reply().and_then(|reply| reply.code).map(|code| code.to_string()),
        Some("4.7.5".into())
    );
    assert_eq!(decision.answer.place.to_string(), "outgoing/cares.rhai");
    let incoming = |client| ask::<incoming::Mail>(&bundle, &Arc::new(client), &Arc::new(Mail::default()));
    let clear = |policy| incoming(canonical::clear_client(row(policy)));
    assert_eq!(clear("lax").outcome().word(), "accept");
    assert_eq!(clear("cares").outcome().word(), "refuse");
    assert_eq!(
        clear("cares").outcome().reply().and_then(|reply| reply.code).map(|code| code.to_string()),
        Some("5.7.0".into())
    );
    let encrypted = incoming(canonical::encrypted_client(row("cares")));
    assert_eq!(encrypted.outcome().word(), "accept");
}

#[test]
fn hooks_left_out_accept() {
    let bundle = good(&[("outgoing/empty.rhai", ""), ("incoming/empty.rhai", "")]);
    let host = Arc::new(canonical::encrypted_host(row("empty")));
    let certificate = Arc::new(Certificate::default());
    assert_eq!(ask::<outgoing::Certificate>(&bundle, &host, &certificate).outcome().word(), "accept");
    assert_eq!(ask::<outgoing::Offer>(&bundle, &host, &Arc::new(Nothing {})).outcome().word(), "start_tls");
    let client = Arc::new(canonical::clear_client(row("empty")));
    assert_eq!(ask::<incoming::Offer>(&bundle, &client, &Arc::new(Nothing {})).outcome().word(), "advertise");
}

#[test]
fn a_failure_defers_and_a_refusal_still_decides() {
    let late = "fn mail(host, mail) { if host.port == 4711 { throw \"broken\" } accept() }";
    let bundle = good(&[("filters/late.rhai", late)]);
    let host = crate::facts::Host { port: 4711, ..canonical::clear_host(row("attempt")) };
    let decision = ask::<outgoing::Mail>(&bundle, &Arc::new(host), &Arc::new(Mail::default()));
    assert_eq!(decision.outcome().word(), "failure");
    assert_eq!(decision.answer.place.path.as_ref(), "filters/late.rhai");
    assert!(decision.reason().contains("broken"), "{}", decision.reason());
}

#[test]
fn facts_of_another_bundle_open_nothing() {
    let decision = mail(&good(&[]), "nobody");
    assert_eq!(decision.outcome().word(), "failure");
    assert_eq!(decision.answer.place.to_string(), "outgoing/nobody.rhai");
}

#[test]
fn client_certificates_are_requested_where_somebody_looks_at_them() {
    let verified = "incoming { \"*\" attempt \"10.0.0.0/8\" require_verified } outgoing { \"*\" attempt }";
    assert!(good(&[("domains.rhai", verified)]).wants_client_certificates());
    let filter = "fn certificate(client, certificate) { accept() }";
    assert!(good(&[("filters/look.rhai", filter)]).wants_client_certificates());
    let outgoing = "fn certificate(host, certificate) { accept() }";
    assert!(!good(&[("filters/look.rhai", outgoing)]).wants_client_certificates());
}

#[test]
fn rows_must_fit_their_policy_and_the_configuration() {
    for (row, code, said) in [
        ("attempt min_version \"1.3\"", "B005", "`min_version` does not hold"),
        (
            &format!("prevent because \"x\" pins \"sha256:{}\"", "ab".repeat(32)),
            "B005",
            "`pins` does not hold",
        ),
        ("require names [\"mx.example\"]", "B006", "`names` does not hold"),
        ("require roots [\"webpki\"]", "B006", "`roots` does not hold"),
        ("require identity \"mx.exampel.org\"", "B007", "did you mean `mx.example.org`?"),
        ("require_verified roots [\"nowhere.pem\"]", "B010", "no roots `nowhere.pem`"),
        ("require until \"9999-01-01\"", "R009", "stricter than `*` at domains.rhai:2:12"),
    ] {
        let table = table(&format!("\"x.example\" {row}"));
        let (found, place, message) = rejected(&[("domains.rhai", &table)], &settings());
        assert_eq!((found, place.as_str()), (code, "domains.rhai:3:1"), "{row}: {message}");
        assert!(message.contains(said), "{row}: {message}");
    }
}

#[test]
fn a_row_may_end_where_the_one_beneath_is_as_strict() {
    for rows in [
        "\"x.example\" prevent because \"ticket 4711\" until \"9999-01-01\"",
        "\"*.example\" require \"x.example\" require until \"9999-01-01\"",
        "\"*.example\" require_verified min_version \"1.3\" \"x.example\" require until \"9999-01-01\"",
    ] {
        good(&[("domains.rhai", &table(rows))]);
    }
    let stricter = "\"*.example\" require \"x.example\" require min_version \"1.3\" until \"9999-01-01\"";
    let (code, ..) = rejected(&[("domains.rhai", &table(stricter))], &settings());
    assert_eq!(code, "R009");
}

#[test]
fn a_hole_below_a_stricter_row_is_pointed_out() {
    let warnings = |row: &str| {
        let table = table(&format!("\"*.example\" require \"example\" require\n\"x.example\" {row}"));
        let (_, warnings) = load(&[("domains.rhai", &table)]).expect("good");
        warnings.into_iter().map(|one| format!("{} {}", one.code, one.place)).collect::<Vec<_>>()
    };
    assert_eq!(warnings("attempt")[0], "R004 domains.rhai:4:1");
    assert!(!warnings("attempt because \"ticket 4711\"").iter().any(|one| one.starts_with("R004")));
    assert!(!warnings("require_verified").iter().any(|one| one.starts_with("R004")));
}

#[test]
fn while_tls_is_off_no_row_may_require_it() {
    let off = Settings { tls_enabled: false, ..settings() };
    let load =
        |rows: &str| Bundle::load(&Snapshot::of([("domains.rhai", table(rows).as_str())]), &off, 1).map(drop);
    assert!(load("").is_ok());
    assert!(load("\"x.example\" prevent because \"x\"").is_ok());
    let (code, place, message) = rejected(&[("domains.rhai", &table("\"x.example\" require"))], &off);
    assert_eq!((code, place.as_str()), ("B008", "domains.rhai:3:1"));
    assert!(message.contains("`x.example` says `require`"), "{message}");
    let (_, _, message) =
        rejected(&[("domains.rhai", &table("\"x.example\" attempt identity \"mx.example.org\""))], &off);
    assert!(message.contains("says `identity`"), "{message}");
}

#[test]
fn grants_to_a_plugin_that_is_not_there_are_pointed_out() {
    let grants = [("pined".to_owned(), [Grant::Kv].into())].into();
    let settings = Settings { plugins: Host::new(None, grants, Arc::new(Nowhere)), ..settings() };
    let (_, warnings) = Bundle::load(&Snapshot::of([]), &settings, 1).expect("good");
    let [finding] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert_eq!((finding.code, finding.severity), ("W008", Severity::Warning));
    assert_eq!(finding.place.to_string(), "waxseal.toml");
    assert_eq!(finding.message, "`[plugin.pined]` names no plugin");
    assert_eq!(finding.help.as_deref(), Some("there are none"));
}

#[test]
fn a_script_that_fails_on_ordinary_facts_is_rejected() {
    let broken = "fn mail(host, mail) {\n    if host.encrypted { accept() } else { throw \"oh\" }\n}";
    let (code, place, message) = rejected(&[("outgoing/broken.rhai", broken)], &settings());
    assert_eq!((code, place.as_str()), ("B009", "outgoing/broken.rhai:2:43"), "{message}");
    let wrong = "fn mail(host, mail) { true }";
    let (code, _, message) = rejected(&[("filters/wrong.rhai", wrong)], &settings());
    assert_eq!(code, "B009", "{message}");
}

#[test]
fn a_policy_is_tried_with_the_parameters_of_its_rows() {
    let policy = "fn mail(host, mail) { if mail.size > host.row.parameters[\"limit\"] { refuse(\"big\") } else { accept() } }";
    let rows = "\"x.example\" small with #{ limit: 100 } \"*.x.example\" small with #{ limit: 200 }";
    let site = [("outgoing/small.rhai", policy), ("domains.rhai", &table(rows))];
    assert_eq!(good(&site).level(Direction::Outgoing, &row("attempt")), Level::Opportunistic);
    let (code, ..) = rejected(&[site[0], ("domains.rhai", &table("\"x.example\" small"))], &settings());
    assert_eq!(code, "B009");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let site = [
        ("outgoing/strict.rhai", "fn mail(host, mail) { acept() }"),
        ("outgoing/other.rhai", "fn mail(host) { accept() }"),
        ("domains.rhai", &table("\"x.example\" strict \"y.example\" other \"z.example\" nobody")),
    ];
    let rejected = load(&site).map(drop).expect_err("three errors");
    let errors = rejected.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    let found: Vec<_> = errors.map(|one| (&*one.place.path, one.code)).collect();
    let expected =
        [("domains.rhai", "P001"), ("outgoing/other.rhai", "H002"), ("outgoing/strict.rhai", "F003")];
    assert_eq!(found, expected);
}

#[test]
fn a_directory_is_checked() {
    let directory = tempfile::tempdir().expect("a directory");
    let checked = check(directory.path(), &settings());
    assert!(checked.is_good(), "{checked:#?}");
    assert_eq!((checked.rows, checked.policies), (2, 7));
    assert!(checked.tests.passed.len() > 10, "the shipped tests run: {:?}", checked.tests);
    std::fs::write(directory.path().join("domains.rhai"), "outgoing {").expect("written");
    let checked = check(directory.path(), &settings());
    assert!(!checked.is_good());
    assert_eq!(checked.diagnostics.first().map(|one| one.code), Some("P001"));
}

#[test]
fn a_failing_test_rejects_the_bundle() {
    let test = "fn test_it() {\n    expect_eq(1, 2);\n}";
    let (code, place, message) = rejected(&[("tests/own.rhai", test)], &settings());
    assert_eq!((code, place.as_str()), ("E001", "tests/own.rhai:2:5"), "{message}");
}

#[test]
fn shipped_tests_do_not_judge_a_policy_of_the_site() {
    let own = ("outgoing/require.rhai", "fn mail(host, mail) { refuse(\"ours\") }");
    good(&[own, ("tests/own.rhai", "fn test_it() { expect_eq(1, 1); }")]);
    let failing = ("tests/own.rhai", "fn test_it() { expect_eq(1, 2); }");
    assert_eq!(rejected(&[own, failing], &settings()).0, "E001", "the site's own do");
}

#[test]
fn a_reply_of_a_policy_is_kept() {
    let decision = mail(&good(&[]), "require");
    let Outcome::Verdict(Passage::Defer(Reply { text, .. })) = decision.outcome() else {
        panic!("{decision}");
    };
    assert!(text.contains("TLS is required"), "{text}");
}

#[test]
fn what_filters_read_of_a_message_is_known_at_load() {
    let read = |files: &[(&str, &str)]| good(files).filters_read();
    assert_eq!(read(&[]), Reads::NOTHING);
    let message = (
        "filters/a.rhai",
        "fn message(client, message) { if message.text == message.spf { defer(\"4.7.1\", \"x\") } }",
    );
    assert_eq!(read(&[message]), Reads::of(&["text", "spf"]));
    let other = (
        "filters/b.rhai",
        "fn message(client, message) { if message.urls.len() > 9 { defer(\"4.7.1\", \"x\") } }",
    );
    assert_eq!(read(&[message, other]), Reads::of(&["text", "spf", "urls"]));
    // Who is not asked of messages reads none of them.
    let elsewhere = (
        "filters/c.rhai",
        "fn rcpt(client, recipient) { if recipient.sender == \"\" { defer(\"4.7.1\", \"x\") } }",
    );
    assert_eq!(read(&[elsewhere]), Reads::NOTHING);
}
