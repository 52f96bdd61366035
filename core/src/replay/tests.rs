//! Records are taken to other policies.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::verdicts::Change;

use super::replayer::{Bundles, Replayer};
use super::report::Report;
use crate::outgoing::Ways;

/// A bundle of a table and other files.
pub(super) fn bundle(table: &str, files: &[(&str, &str)]) -> Arc<Bundle> {
    let files = files.iter().copied().chain([("domains.rhai", table)]);
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    let loaded = Bundle::load(&Snapshot::of(files), &settings, 1);
    Arc::new(loaded.unwrap_or_else(|rejected| panic!("{rejected}")).0)
}

pub(super) fn replay(candidate: &Arc<Bundle>, records: &[Value]) -> Report {
    let lines = records.iter().fold(String::new(), |mut lines, record| {
        writeln!(lines, "{record}").unwrap();
        lines
    });
    let mut replayer =
        Replayer::new(Bundles { candidate: Arc::clone(candidate), against: None, ways: Ways::default() });
    lines.lines().for_each(|line| replayer.line(line.as_bytes(), |_| true));
    Report::of(&replayer.end())
}

#[expect(clippy::needless_pass_by_value, reason = "written where it is needed")]
pub(super) fn record(session: &str, [direction, hook, verdict]: [&str; 3], facts: Value) -> Value {
    json!({
        "time": "2026-11-28T03:00:00Z", "session": session, "direction": direction, "hook": hook,
        "peer": "192.0.2.1", "domain": "partner.org", "verdict": verdict, "reason": "",
        "decided_by": "outgoing/require.rhai:3:5", "row": "*", "policy": "require", "generation": 1, "facts": facts,
    })
}

pub(super) fn row(pattern: &str, policy: &str) -> Value {
    json!({ "pattern": pattern, "policy": policy, "place": "domains.rhai:1:1" })
}

#[expect(clippy::needless_pass_by_value, reason = "written where it is needed")]
fn host(row: Value, more: Value) -> Value {
    let mut host = json!({ "name": "mx.partner.org", "address": "192.0.2.1", "domain": "partner.org",
        "found_by": "mx", "row": row });
    host.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    host
}

const BOTH: &str = r#"incoming { "*" attempt } outgoing { "*" REST }"#;

fn table(outgoing: &str) -> String {
    BOTH.replace("REST", outgoing)
}

#[test]
fn clear_mail_that_waited_and_would_go_is_weaker() {
    let told = json!({ "host": host(row("*", "require"), json!({})), "mail": {} });
    let waited = record("a", ["outgoing", "mail", "defer"], told);
    let same = replay(&bundle(&table("require"), &[]), std::slice::from_ref(&waited));
    assert_eq!((same.same, same.weaker), (1, 0), "{same:?}");
    let weaker = replay(&bundle(&table("attempt"), &[]), &[waited.clone(), waited]);
    assert_eq!((weaker.weaker, weaker.same), (2, 0), "{weaker:?}");
    let group = &weaker.groups[0];
    assert_eq!((group.change, group.count, group.now.verdict.as_str()), (Change::Weaker, 2, "accept"));
    assert!(group.now.place.starts_with("outgoing/attempt.rhai"), "{group:?}");
    assert!(group.now.row.contains("domains.rhai:1:"), "{group:?}");
}

/// No script says so: the relay holds the row's terms.
#[test]
fn terms_of_the_row_count_on_both_sides() {
    let encrypted =
        json!({ "encrypted": true, "version": "1.2", "suite": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" });
    let told = json!({ "host": host(row("*", "require"), encrypted), "mail": {} });
    let sent = record("a", ["outgoing", "mail", "accept"], told);
    let stricter = replay(&bundle(&table(r#"require min_version "1.3""#), &[]), &[sent]);
    assert_eq!(stricter.stricter, 1, "{stricter:?}");
    assert!(stricter.groups[0].now.place.starts_with("domains.rhai"), "{stricter:?}");

    let mut row = row("*", "require");
    row["min_version"] = "1.3".into();
    let start = record("b", ["outgoing", "start", "accept"], json!({ "host": host(row, json!({})) }));
    let weaker = replay(&bundle(&table("require"), &[]), &[start]);
    assert_eq!(weaker.weaker, 1, "{weaker:?}");
    assert_eq!(weaker.groups[0].before.verdict, "accept (min_version 1.3)");
}

#[test]
fn a_floor_that_vanishes_is_weaker_at_offer_and_at_mail() {
    let mut offer = record(
        "a",
        ["outgoing", "offer", "start_tls"],
        json!({ "host": host(row("*", "attempt"), json!({})) }),
    );
    offer["demands"] = json!({ "floor": "encrypted" });
    let mail = record(
        "a",
        ["outgoing", "mail", "accept"],
        json!({ "host": host(row("*", "attempt"), json!({})), "mail": {} }),
    );
    let report = replay(&bundle(&table("attempt"), &[]), &[offer, mail]);
    assert_eq!(report.weaker, 2, "{report:?}");
    let places: Vec<_> = report.groups.iter().map(|group| group.before.verdict.as_str()).collect();
    assert!(places.contains(&"start_tls (floor encrypted)") && places.contains(&"defer"), "{report:?}");
}

/// Incoming at MAIL FROM, two rows were asked and one answer held.
mod mail_from {
    use super::*;

    fn client(row: &Value, address: &str) -> Value {
        json!({ "address": address, "row": row, "at_mail": true, "sender_domain": "partner.org" })
    }

    fn mail(session: &str, pattern: &str, policy: &str, verdict: &str) -> Value {
        let client = client(&row(pattern, policy), "192.0.2.1");
        let told = json!({ "client": client, "mail": { "sender_domain": "partner.org" } });
        record(session, ["incoming", "mail", verdict], told)
    }

    fn incoming(rows: &str) -> Arc<Bundle> {
        bundle(
            &format!(r#"incoming {{ "*" attempt; {rows} }} outgoing {{ "*" attempt }}"#).replace(';', "\n"),
            &[],
        )
    }

    #[test]
    fn both_rows_are_one_decision() {
        let both =
            [mail("a", "192.0.2.0/24", "attempt", "accept"), mail("a", "partner.org", "require", "refuse")];
        let rows = r#""192.0.2.0/24" attempt; "partner.org" require"#;
        let same = replay(&incoming(rows), &both);
        assert_eq!((same.decisions, same.same, same.moved), (1, 1, 0), "{same:?}");
        let weaker = replay(&incoming(r#""192.0.2.0/24" attempt"#), &both);
        assert_eq!((weaker.decisions, weaker.weaker), (1, 1), "{weaker:?}");
        // The other row refuses just as well.
        let moved = replay(&incoming(r#""192.0.2.0/24" require"#), &both);
        assert_eq!((moved.same, moved.moved), (1, 1), "{moved:?}");
    }

    #[test]
    fn a_row_that_was_not_there_is_asked() {
        let stricter = replay(&incoming(r#""partner.org" require"#), &[mail("a", "*", "attempt", "accept")]);
        assert_eq!((stricter.decisions, stricter.stricter), (1, 1), "{stricter:?}");
    }

    #[test]
    fn one_transaction_after_the_other_are_two_decisions() {
        let address = || mail("a", "192.0.2.0/24", "attempt", "accept");
        let twice = replay(&incoming(r#""192.0.2.0/24" attempt"#), &[address(), address()]);
        assert_eq!(twice.decisions, 2, "{twice:?}");
        let mixed =
            [address(), mail("b", "*", "attempt", "accept"), mail("a", "partner.org", "attempt", "accept")];
        assert_eq!(replay(&incoming(""), &mixed).decisions, 2);
    }

    /// The log begins in the midst of a MAIL FROM.
    #[test]
    fn what_lacks_records_is_not_judged() {
        let mut encrypted = client(&row("*", "attempt"), "192.0.2.1");
        encrypted["encrypted"] = true.into();
        let told = json!({ "client": encrypted, "mail": {} });
        let report = replay(&incoming(""), &[record("a", ["incoming", "mail", "accept"], told)]);
        assert_eq!((report.decisions, report.unjudged["incomplete"]), (0, 1), "{report:?}");
    }

    #[test]
    fn after_a_gap_what_began_before_it_is_not_judged() {
        let second = mail("a", "partner.org", "attempt", "accept").to_string();
        let candidate = incoming(r#""192.0.2.0/24" require"#);
        let mut replayer = Replayer::new(Bundles { candidate, against: None, ways: Ways::default() });
        replayer.gap();
        replayer.line(second.as_bytes(), |_| true);
        assert_eq!(replayer.report().unjudged["incomplete"], 1);
        // The next one in the same session is whole.
        replayer.line(second.as_bytes(), |_| true);
        assert_eq!(replayer.report().decisions, 1, "{:?}", replayer.report());
    }

    /// All that is asked at MAIL FROM inside TLS is one decision: certificate too.
    #[test]
    fn a_certificate_that_was_refused_is_refused_mail() {
        let mut encrypted = client(&row("*", "require_verified"), "192.0.2.1");
        encrypted["encrypted"] = true.into();
        let told = |subject: &str, facts: Value| json!({ "client": encrypted, subject: facts });
        let asked = |hook: &str, verdict: &str, facts| record("a", ["incoming", hook, verdict], facts);
        let records = [
            asked("cipher", "accept", told("hello", json!({ "versions": ["1.3"] }))),
            asked(
                "certificate",
                "refuse",
                told("certificate", json!({ "expected_names": ["partner.org", ".partner.org"] })),
            ),
            asked("mail", "accept", told("mail", json!({}))),
        ];
        let table = |policy: &str| format!(r#"incoming {{ "*" {policy} }} outgoing {{ "*" attempt }}"#);
        let same = replay(&bundle(&table("require_verified"), &[]), &records);
        assert_eq!((same.decisions, same.same), (1, 1), "{same:?}");
        let weaker = replay(&bundle(&table("require"), &[]), &records);
        assert_eq!((weaker.decisions, weaker.weaker), (1, 1), "{weaker:?}");
        assert_eq!(weaker.groups[0].before.verdict, "refuse");
    }
}

/// The record was judged by other names: the names on record are compared with those of the new row.
#[test]
fn a_row_with_other_names_is_judged_by_them() {
    let certificate = json!({ "presented": true, "verified": true, "trusted": true, "possession": true,
        "name_matches": true, "names": ["mx.partner.org"], "expected_names": ["partner.org", ".partner.org"] });
    let host = host(row("*", "require_verified"), json!({ "encrypted": true, "version": "1.3" }));
    let sent = record(
        "a",
        ["outgoing", "certificate", "accept"],
        json!({ "host": host, "certificate": certificate }),
    );
    let by = |clause: &str| {
        replay(&bundle(&table(&format!("require_verified {clause}")), &[]), std::slice::from_ref(&sent))
    };
    assert_eq!(by("").same, 1);
    assert_eq!(by(r#"names ["mx.partner.org"]"#).same, 1);
    let stricter = by(r#"names ["other.example"]"#);
    assert_eq!(stricter.stricter, 1, "{stricter:?}");
    let roots = by(r#"roots ["webpki"]"#);
    assert_eq!((roots.decisions, roots.unjudged["another_judgement"]), (0, 1), "{roots:?}");
}

#[test]
fn a_candidate_that_fails_is_no_deferral() {
    let broken = "fn mail(host, mail) { if mail.size == 4711 { let n = 0; return 1 / n } accept() }";
    let told = json!({ "host": host(row("*", "broken"), json!({})), "mail": { "size": 4711 } });
    let candidate = bundle(&table("broken"), &[("outgoing/broken.rhai", broken)]);
    let report = replay(&candidate, &[record("a", ["outgoing", "mail", "defer"], told)]);
    assert_eq!((report.other, report.groups[0].now.verdict.as_str()), (1, "failure"), "{report:?}");
    assert!(report.groups[0].now.reason.contains("ivi"), "{report:?}");
}

#[test]
fn torn_lines_and_those_of_another_version_are_counted() {
    let mut replayer = Replayer::new(Bundles {
        candidate: bundle(&table("attempt"), &[]),
        against: None,
        ways: Ways::default(),
    });
    let whole = record(
        "a",
        ["outgoing", "offer", "start_tls"],
        json!({ "host": host(row("*", "attempt"), json!({})) }),
    )
    .to_string();
    for line in [&whole[..whole.len() / 2], "", "no record", &whole.replace("offer", "sniff"), &whole] {
        replayer.line(line.as_bytes(), |_| true);
    }
    let report = replayer.report();
    assert_eq!((report.records, report.decisions), (4, 1), "{report:?}");
    assert_eq!((report.unjudged["torn"], report.unjudged["another_version"]), (2, 1), "{report:?}");
}

#[test]
fn with_the_current_policies_their_answers_are_what_is_compared() {
    let told = json!({ "host": host(row("*", "require"), json!({})), "mail": {} });
    let waited = record("a", ["outgoing", "mail", "defer"], told).to_string();
    let attempt = bundle(&table("attempt"), &[]);
    let mut replayer = Replayer::new(Bundles {
        candidate: Arc::clone(&attempt),
        against: Some(attempt),
        ways: Ways::default(),
    });
    replayer.line(waited.as_bytes(), |_| true);
    let report = replayer.report();
    assert_eq!((report.same, report.weaker, report.otherwise), (1, 0, 1), "{report:?}");
}

#[test]
fn a_way_that_cannot_be_gone_is_the_failure_that_the_relay_records() {
    let filter = |name| format!("fn route(host, mail) {{ let name = \"{name}\"; accept().transport(name) }}");
    let told = json!({ "host": { "domain": "partner.org", "row": row("*", "attempt") }, "mail": {} });
    let failed = [record("a", ["outgoing", "route", "failure"], told)];
    let same = replay(&bundle(&table("attempt"), &[("filters/way.rhai", &filter("gone"))]), &failed);
    assert_eq!((same.same, same.weaker, same.otherwise), (1, 0, 0), "{same:?}");
    let none = replay(&bundle(&table("attempt"), &[]), &failed);
    assert_eq!((none.same, none.weaker), (0, 1), "{none:?}");
}
