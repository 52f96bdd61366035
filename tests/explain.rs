//! `waxseal explain`: what an administrator learns of rows, policies and lines, before any mail.

use std::path::Path;

use serde_json::Value;
use waxseal_tests::ca::Identity;
use waxseal_tests::command::waxseal;
use waxseal_tests::dns::Zone;
use waxseal_tests::receiver::Receiver::{self, *};
use waxseal_tests::site::{HOSTNAME, Site};

use crate::incoming_matrix::{self, Sender};
use crate::outgoing_matrix::{self, Becomes};

/// A site with rows of every kind.
fn site() -> Site {
    Site::new().incoming(&[r#""bank.example" require_verified"#, r#""127.0.0.0/8" require"#]).outgoing(&[
        r#""partner.example" require min_version "1.3" because "contract 17""#,
        r#""*.partner.example" require"#,
        r#""bank.example" require_verified"#,
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outgoing_mail_is_explained_row_by_row_and_line_by_line() {
    let site = site();
    let said = waxseal(&site.write(), &["explain", "outgoing", "partner.example"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    for expected in [
        "row          \"partner.example\" require at domains.rhai:",
        "min_version 1.3",
        "because \"contract 17\"",
        "\"*.partner.example\" require at domains.rhai:9:5: it is about the names below",
        "\"*\" attempt at domains.rhai:7:5: it is for those whom no other row is about",
        "outgoing/require.rhai: encrypted, or not at all",
        "Require encryption. The certificate is checked",
        "no TLS                               waits (4.7.4)             outgoing/require.rhai:8:",
        "valid certificate                    sent encrypted, verified  outgoing/require.rhai:12:",
        "expired certificate                  sent encrypted ",
        "TLS 1.2 at most                      waits (4.7.5)",
        "decides for: no TLS\n  |\n8 |     if host.offers_tls",
        "^^^^^",
        "says: TLS is required, but was not offered",
    ] {
        assert!(said.output.contains(expected), "{expected:?} is missing in\n{}", said.output);
    }
    // Nothing of a relay was needed or left.
    assert!(!site.data().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incoming_mail_is_explained_by_both_lookups() {
    let site = site();
    let configuration = site.write();
    let arguments = ["explain", "incoming", "127.0.0.7", "--sender", "bank.example", "--json"];
    let said = waxseal(&configuration, &arguments).await;
    let json = said.json();
    let rows: Vec<_> = json["rows"].as_array().unwrap().iter().map(|row| &row["row"]["pattern"]).collect();
    assert_eq!(rows, ["127.0.0.0/8", "bank.example"], "{json}");
    let end = |situation: &str| {
        let cases = json["cases"].as_array().unwrap();
        let case = cases.iter().find(|case| case["situation"] == situation).unwrap();
        (case["end"]["fate"].as_str().unwrap().to_owned(), case["end"]["smtp"].as_u64().unwrap())
    };
    assert_eq!(end("valid"), ("taken_encrypted".to_owned(), 250));
    assert_eq!(end("no_tls"), ("refused".to_owned(), 530));
    assert_eq!(end("no_certificate"), ("refused".to_owned(), 554));

    let said = waxseal(&configuration, &["explain", "incoming", "elsewhere.example"]).await;
    assert!(said.output.contains("incoming/attempt.rhai: encrypted where possible"), "{said:?}");
    assert!(said.output.contains("TLS without a certificate            taken encrypted"), "{said:?}");
    assert!(said.output.contains("Another fact: --fact client.recent_failures=3."), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_situation_is_shown_in_full() {
    let filter =
        "fn certificate(host, certificate) { if certificate.self_signed { refuse(\"5.7.5\", \"No\") } }";
    let site = site().policy("filters/own.rhai", filter);
    let configuration = site.write();
    let explain = async |more: &[&str]| {
        let said =
            waxseal(&configuration, &[&["explain", "outgoing", "partner.example"], more].concat()).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        said.output
    };
    let shown = explain(&["--situation", "self_signed"]).await;
    for expected in [
        "start        accept",
        "outgoing/require.rhai has no such function",
        "certificate  refuse 5.7.5 No",
        "filters/own.rhai:1:66 said refuse",
        "the mail is  returned to the sender (5.7.5): No",
    ] {
        assert!(shown.contains(expected), "{expected:?} is missing in\n{shown}");
    }
    assert!(!shown.contains("no TLS"), "only what was asked for\n{shown}");
    assert!(explain(&["--situation", "valid"]).await.contains("filters/own.rhai had no opinion"));
    let other = explain(&["--situation", "valid", "--fact", "certificate.self_signed=true"]).await;
    assert!(other.contains("returned to the sender (5.7.5): No"), "{other}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hosts_are_those_of_routes_or_looked_up() {
    let zone = Zone::default()
        .mx("bank.example", 10, "mx.provider.example")
        .address("mx.provider.example", [192, 0, 2, 9])
        .mx("bank.example", 20, "gone.provider.example");
    let (site, _names) =
        site().zone(zone).route("partner.example", "192.0.2.8:2525").with_name_server().await;
    let configuration = site.write();
    let said = waxseal(&configuration, &["explain", "outgoing", "bank.example", "--live"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.output.contains("hosts        mx.provider.example:25 (mx) at 192.0.2.9\n"), "{said:?}");
    assert!(said.output.contains("gone.provider.example:25 (mx): the name"), "{said:?}");
    let said = waxseal(&configuration, &["explain", "outgoing", "partner.example"]).await;
    assert!(said.output.contains("hosts        192.0.2.8:2525 (route)\n"), "{said:?}");
    let said = waxseal(&configuration, &["explain", "outgoing", "nobody.example", "--live"]).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.errors.contains("nobody.example has no hosts: the name"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_that_filters_choose_is_shown_and_not_the_hosts_of_the_domain() {
    let filter = r#"fn route(host, mail) {
        if host.domain == "branch.example" { return accept().transport("branch"); }
        if host.domain == "named.example" { return accept().helo_name("out.example.org"); }
    }"#;
    let site = site().policy("filters/way.rhai", filter).route("branch.example", "192.0.2.8:2525");
    let site = site.transport("name = \"branch\"\nto = [\"10.8.0.2:2525\", \"10.8.0.3\"]");
    let configuration = site.write();
    let said = waxseal(&configuration, &["explain", "outgoing", "branch.example"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    for expected in [
        "way          over 10.8.0.2:2525, 10.8.0.3:25: transport \"branch\"\n",
        "chosen at filters/way.rhai:2:",
        "to the host 10.8.0.2:2525 (of the way above)",
    ] {
        assert!(said.output.contains(expected), "{expected:?} is missing in\n{}", said.output);
    }
    assert!(!said.output.contains("192.0.2.8"), "the host of another way: {}", said.output);
    let said = waxseal(&configuration, &["explain", "outgoing", "named.example"]).await;
    let expected = "over the hosts of the domain: helo_name \"out.example.org\"";
    assert!(said.output.contains(expected), "{}", said.output);
    let said = waxseal(&configuration, &["explain", "outgoing", "other.example"]).await;
    assert!(!said.output.contains("  way "), "{}", said.output);
    let json = waxseal(&configuration, &["explain", "outgoing", "branch.example", "--json"]).await.json();
    assert_eq!(json["way"]["hosts"][0], "10.8.0.2:2525", "{json}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_of_messages_are_said_not_to_be_asked() {
    let filter = "fn message(client, message) { refuse(\"5.7.1\", \"No\") }";
    let site = site().policy("filters/all.rhai", filter);
    let said = waxseal(&site.write(), &["explain", "incoming", "other.example"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.output.contains("filters/all.rhai: asked for each message, and not here"),
        "{}",
        said.output
    );
    assert!(said.output.contains("may still be refused, changed or kept aside"), "{}", said.output);
    let said = waxseal(&site.write(), &["explain", "outgoing", "other.example"]).await;
    assert!(!said.output.contains("filters/all.rhai"), "{}", said.output);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_said() {
    let site = site();
    let configuration = site.write();
    for (arguments, expected) in [
        (&["outgoing", "ann@bank.example"][..], "write its domain alone: bank.example"),
        (&["outgoing", "bank.example", "--situation", "expird"], "did you mean `expired`"),
        (&["outgoing", "bank.example", "--fact", "host.versoin=1.2"], "did you mean `version`"),
        (&["incoming", "bank.example", "--sender", "a.example"], "--sender goes with a client's address"),
    ] {
        let said = waxseal(&configuration, &[&["explain"], arguments].concat()).await;
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.errors.contains(expected), "{expected:?} is missing in {said:?}");
    }
    let site = site.policy("outgoing/own.rhai", "fn offer(host) { stat_tls() }");
    let said = waxseal(&site.write(), &["explain", "outgoing", "bank.example"]).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.errors.contains("outgoing/own.rhai:1:"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_switch_is_part_of_the_answer() {
    let site = Site::new().tls_off();
    let said = waxseal(&site.write(), &["explain", "outgoing", "there.example"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.output.contains("TLS          is switched off"), "{said:?}");
    assert!(!said.output.contains("sent encrypted"), "{said:?}");
}

/// What is explained is what happens: the tables of the two matrices, which hold for real mail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_explained_is_what_happens_to_outgoing_mail() {
    let policies = ["attempt", "prevent", "require", "require_verified"];
    let rows = policies.map(|policy| format!("\"{}.example\" {policy}", policy.replace('_', "-")));
    let rows: Vec<_> = rows.iter().map(String::as_str).collect();
    let site = Site::new().outgoing(&rows);
    let configuration = site.write();
    for policy in policies {
        let cases = cases(&configuration, "outgoing", policy).await;
        for (_, receiver, becomes) in outgoing_matrix::CELLS.into_iter().filter(|cell| cell.0 == policy) {
            let end = end_of(&cases, met(receiver));
            let said = (end["end"]["fate"].as_str().unwrap(), end["end"]["code"].as_str().unwrap_or("5.0.0"));
            match becomes {
                Becomes::Encrypted => assert_eq!(said.0, "sent_encrypted", "{policy} x {receiver:?}"),
                Becomes::Clear => assert_eq!(said.0, "sent_clear", "{policy} x {receiver:?}"),
                Becomes::Waits(code, hook) => {
                    assert_eq!((said.0, &said.1[1..]), ("waits", &code[1..]), "{policy} x {receiver:?}");
                    let mut asked =
                        end["steps"].as_array().unwrap().iter().filter_map(|step| step.get("asked"));
                    assert_eq!(asked.next_back().unwrap()["hook"], hook, "{policy} x {receiver:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_explained_is_what_happens_to_incoming_mail() {
    let policies = ["attempt", "require", "require_verified"];
    let rows = policies.map(|policy| format!("\"{}.example\" {policy}", policy.replace('_', "-")));
    let rows: Vec<_> = rows.iter().map(String::as_str).collect();
    let site = Site::new().incoming(&rows);
    let configuration = site.write();
    for policy in policies {
        let cases = cases(&configuration, "incoming", policy).await;
        for (_, sender, reply) in incoming_matrix::CELLS.into_iter().filter(|cell| cell.0 == policy) {
            let Some(situation) = comes(sender) else { continue };
            let end = &end_of(&cases, situation)["end"];
            let code = end["code"].as_str().map(|code| format!(" {code}")).unwrap_or_default();
            assert_eq!(format!("{}{code}", end["smtp"]), reply, "{policy} x {sender:?}: {end}");
        }
    }
}

/// Whether others can validate our certificate is no fancy: it is that of the configuration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_certificate_is_the_real_one() {
    let site = Site::new().incoming(&[r#""bank.example" require_verified"#]);
    let site = site.identity(&Identity::self_signed(&[HOSTNAME]));
    let said = waxseal(&site.write(), &["explain", "incoming", "bank.example"]).await;
    assert!(said.output.contains("valid certificate                    put off (451 4.7.5)"), "{said:?}");
    assert!(said.output.contains("others CANNOT validate it, the chain is not trusted"), "{said:?}");
}

async fn cases(configuration: &Path, direction: &str, policy: &str) -> Value {
    let domain = format!("{}.example", policy.replace('_', "-"));
    waxseal(configuration, &["explain", direction, &domain, "--json"]).await.json()["cases"].take()
}

fn end_of<'a>(cases: &'a Value, situation: &str) -> &'a Value {
    let mut cases = cases.as_array().unwrap().iter();
    cases.find(|case| case["situation"] == situation).unwrap()
}

fn met(receiver: Receiver) -> &'static str {
    match receiver {
        NoStartTls => "no_tls",
        Valid => "valid",
        Expired => "expired",
        SelfSigned => "self_signed",
        UnknownCa => "unknown_root",
        WrongName => "wrong_name",
        Refuses454 => "starttls_refused",
        Garbage | Closes | Silent | Injects => "handshake_failure",
        OnlyTls10 => "tls_1_1",
        OnlyTls12 => "tls_1_2",
    }
}

fn comes(sender: Sender) -> Option<&'static str> {
    match sender {
        Sender::InClear => Some("no_tls"),
        Sender::NoCertificate => Some("no_certificate"),
        Sender::RightCertificate => Some("valid"),
        Sender::AnotherDomains => Some("wrong_name"),
        Sender::UnknownCa => Some("unknown_root"),
        Sender::SelfSigned => Some("self_signed"),
        Sender::Expired => Some("expired"),
        Sender::FailedHandshakeThenClear => Some("handshake_failure"),
        Sender::RightWithoutClientUsage | Sender::ExpiredIntermediate => None,
    }
}
