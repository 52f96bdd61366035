//! `waxseal probe`: what an operator learns of a domain's hosts, and what the hosts see of it.

use serde_json::Value;
use waxseal_tests::command::waxseal;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::receiver::Receiver::{self, *};
use waxseal_tests::site::Site;

/// Receiver, what mail would become, and what the four policies would make of it: `v`erified,
/// `e`ncrypted, `c`lear or `w`aits for attempt, prevent, require, `require_verified`.
#[rustfmt::skip]
const CELLS: [(Receiver, &str, &str); 12] = [
    (NoStartTls, "waits", "ccww"),
    (Valid,      "sent",  "vcvv"),
    (Expired,    "sent",  "ecew"),
    (SelfSigned, "sent",  "ecew"),
    (UnknownCa,  "sent",  "ecew"),
    (WrongName,  "sent",  "ecew"),
    (Refuses454, "waits", "ccww"),
    (Garbage,    "waits", "ccww"),
    (Closes,     "waits", "ccww"),
    (Silent,     "waits", "ccww"),
    (OnlyTls10,  "waits", "ccww"),
    (OnlyTls12,  "sent",  "vcvv"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_host_is_told_as_it_is() {
    let (site, mut zone, mut hosts, mut port) = (Site::new(), Zone::default(), vec![], 0);
    for (number, (receiver, ..)) in (1_u16..).zip(CELLS) {
        let name = format!("mx{number}.there.example");
        let mode = receiver.mode(&name, &site.authority);
        // All hosts of MX records have one port.
        let host = Host::start_at(&format!("127.0.9.{number}:{port}"), mode, Taking::Accept).await;
        zone = zone.mx("there.example", number, &name).address(&name, host.address.ip());
        port = host.address.port();
        hosts.push(host);
    }
    let site = site.zone(zone).set("delivery", "port", port.to_string());
    let (site, _names) = site.outgoing(&[r#""there.example" require"#]).with_name_server().await;
    let said = waxseal(&site.write(), &["probe", "there.example", "--json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let json = said.json();
    for (number, (receiver, becomes, under)) in CELLS.into_iter().enumerate() {
        let visit = &json["visits"][number];
        assert_eq!(visit["end"]["mail"], becomes, "{receiver:?}: {visit}");
        assert_eq!(letters(visit), under, "{receiver:?}: {visit}");
        for session in hosts[number].sessions() {
            assert!(!session.was_told("MAIL") && !session.saw_mail_in_clear(), "{receiver:?}: {session:?}");
        }
    }
}

/// What each policy makes of a host, a letter each, in the order of [`CELLS`].
fn letters(visit: &Value) -> String {
    let of = |policy: &str| {
        let others = visit["others"].as_array().unwrap();
        let other = others.iter().find(|other| other["policy"] == policy).unwrap_or(&visit["end"]);
        match other["protection"].as_str() {
            Some(protection) => protection[..1].to_owned(),
            None => other["mail"].as_str().unwrap()[..1].to_owned(),
        }
    };
    ["attempt", "prevent", "require", "require_verified"].map(of).concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_reads_what_is_wrong_and_which_line_says_so() {
    let site = Site::new();
    let host = Host::start(Expired.mode("mx.there.example", &site.authority)).await;
    let site = site.host("there.example", host.address);
    let (site, _names) = site.outgoing(&[r#""there.example" require_verified"#]).with_name_server().await;
    let said = waxseal(&site.write(), &["probe", "there.example"]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    for expected in [
        "there.example: policy require_verified, by the row \"there.example\" at domains.rhai:",
        "mx.there.example at 127.0.0.1:",
        "offer        start_tls  outgoing/require_verified.rhai:",
        "start        accept     outgoing/require_verified.rhai has no `start`",
        "certificate  defer      outgoing/require_verified.rhai:",
        "negotiated   TLS 1.3, ",
        "NOT verified: the certificate has expired",
        "2020-01-01 to 2021-01-01, EXPIRED ",
        " days ago",
        "root         CN=Trusted root",
        "names        has mx.there.example, as expected (mx.there.example)",
        "mail         would wait: 4.7.5 The certificate cannot be validated",
        "would pass   attempt  yes, encrypted, to a host that is not verified (outgoing/attempt.rhai:",
        "No mail could be sent now: it would wait.",
    ] {
        assert!(said.output.contains(expected), "{expected:?} is missing in\n{}", said.output);
    }
    // The session was told goodbye, not even in clear, and nothing of a relay was needed or left.
    assert!(!host.ended(1).await.was_told("MAIL"));
    assert!(!site.data().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_hosts_are_tried_in_their_order_and_told_goodbye() {
    let site = Site::new();
    let second = Host::start_at("127.0.10.2:0", Mode::NoStartTls, Taking::Accept).await;
    let port = second.address.port();
    let first = Host::start_at(
        &format!("127.0.10.1:{port}"),
        Valid.mode("first.there.example", &site.authority),
        Taking::Accept,
    )
    .await;
    let zone = Zone::default()
        .mx("there.example", 20, "second.there.example")
        .mx("there.example", 10, "first.there.example")
        .mx("there.example", 30, "gone.there.example")
        .address("first.there.example", [127, 0, 10, 1])
        .address("second.there.example", [127, 0, 10, 2])
        .null_mx("never.example");
    let (site, _names) = site.zone(zone).set("delivery", "port", port.to_string()).with_name_server().await;
    let configuration = site.write();
    let said = waxseal(&configuration, &["probe", "there.example", "--json"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let json = said.json();
    let seen: Vec<_> = json["visits"].as_array().unwrap().iter().map(words).collect();
    let [of_first, of_second, of_gone] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!(of_first, &["first.there.example", "mx", "verified"].map(String::from));
    assert_eq!(of_second, &["second.there.example", "mx", "clear"].map(String::from));
    assert_eq!(of_gone, &["gone.there.example", "mx", "refused"].map(String::from));
    assert!(second.ended(1).await.was_told("QUIT"));
    assert!(first.ended(1).await.was_told("QUIT"));

    let said = waxseal(&configuration, &["probe", "never.example"]).await;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.output.contains("takes no mail (null MX)"), "{said:?}");
    assert!(said.output.contains("it would be returned to its sender"), "{said:?}");
}

fn words(visit: &Value) -> [String; 3] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let end = &visit["end"];
    let end = if end["protection"].is_null() { &end["mail"] } else { &end["protection"] };
    [text(&visit["host"]), text(&visit["found_by"]), text(end)]
}

/// Where the own policy starts no TLS, a look shows what another one would meet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_mail_goes_in_clear_a_look_is_taken_at_tls() {
    let site = Site::new();
    let host = Host::start(Valid.mode("mx.there.example", &site.authority)).await;
    let site = site.host("there.example", host.address);
    let row = r#""there.example" prevent because "broken""#;
    let (site, _names) = site.outgoing(&[row]).with_name_server().await;
    let said = waxseal(&site.write(), &["probe", "there.example", "--json"]).await;
    let visit = &said.json()["visits"][0];
    assert_eq!(visit["end"]["protection"], "clear", "{visit}");
    assert_eq!(visit["tls"]["made_for"], "look", "{visit}");
    assert_eq!(letters(visit), "vcvv", "{visit}");
    assert!(!host.sessions()[0].was_told("STARTTLS") && host.sessions()[1].was_told("STARTTLS"));
}

/// Another policy may choose other roots, or ask more of the handshake than this one did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_policies_are_asked_with_their_own_terms() {
    let trusting = "fn start(host) { accept().roots([\"webpki\"]) }\n\
        fn certificate(host, certificate) { if certificate.trusted { accept() } else { defer(\"No\") } }";
    let modern = "fn start(host) { accept().min_version(\"1.3\") }";
    let site = Site::new().policy("outgoing/trusting.rhai", trusting).policy("outgoing/modern.rhai", modern);
    let host = Host::start(OnlyTls12.mode("mx.there.example", &site.authority)).await;
    let (site, _names) = site.host("there.example", host.address).with_name_server().await;
    let said = waxseal(&site.write(), &["probe", "there.example", "--json"]).await;
    let json = said.json();
    let other = |policy: &str| {
        let others = json["visits"][0]["others"].as_array().unwrap();
        others.iter().find(|other| other["policy"] == policy).unwrap().clone()
    };
    assert_eq!(other("require_verified")["mail"], "sent", "{said:?}");
    assert_eq!(other("trusting")["mail"], "waits", "{said:?}");
    assert_eq!(other("trusting")["asks"].as_array().unwrap().len(), 0, "roots are not asked of a host");
    assert_eq!(other("modern")["asks"][0], "TLS 1.3 or later", "{said:?}");
    assert!(other("modern")["reason"].as_str().unwrap().contains("TLS 1.3 is required"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_alone_is_tried_for_any_domain() {
    let site = Site::new();
    let host = Host::start(Valid.mode("mx.there.example", &site.authority)).await;
    let site = site.outgoing(&[r#""there.example" require_verified names ["mx.there.example"]"#]);
    let (site, _names) = site.with_name_server().await;
    let configuration = site.write();
    let to = host.address.to_string();
    let said = waxseal(&configuration, &["probe", "--host", &to, "--domain", "there.example"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.output.contains("policy require_verified") && said.output.contains("(route)"), "{said:?}");

    let wrong = waxseal(&configuration, &["probe", "ann@there.example"]).await;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert!(wrong.errors.contains("write its domain alone: there.example"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_policies_are_shown_and_the_last_good_ones_asked() {
    let site = Site::new().start().await.stop().await;
    let host = Host::start(Mode::NoStartTls).await;
    let (site, _names) = site.host("there.example", host.address).with_name_server().await;
    let site = site.policy("outgoing/own.rhai", "fn offer(host) { stat_tls() }");
    let configuration = site.write();
    let said = waxseal(&configuration, &["probe", "there.example", "--json"]).await;
    assert_eq!(said.json()["policies"], "last_good", "{said:?}");
    assert!(said.errors.contains("outgoing/own.rhai:1:"), "{said:?}");
    assert!(said.errors.contains("the last ones that did"), "{said:?}");

    std::fs::remove_dir_all(site.data().join("last_good")).unwrap();
    let said = waxseal(&configuration, &["probe", "there.example"]).await;
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.errors.contains("outgoing/own.rhai:1:"), "{said:?}");
}
