//! Domains that are in all things alike share a connection; any difference keeps them apart.

use tokio::task::JoinSet;
use waxseal_tests::client::message;
use waxseal_tests::decisions::Decision;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const SENDER: &str = "someone@senders.example";

/// The name of the host that both domains have.
const SHARED: &str = "mx.shared.example";

/// What both rows say, where the connection is shared.
const ALIKE: [&str; 4] = [
    "attempt",
    "prevent",
    r#"require min_version "1.3" because "a contract""#,
    r#"require_verified with #{ level: 3 }"#,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn domains_with_equal_rows_share_a_connection() {
    let mut rows = JoinSet::new();
    for row in ALIKE {
        rows.spawn(async move {
            let (relay, host) = world(Site::new(), row, row).await;
            let connections = one_after_the_other(&relay, &host).await;
            assert_eq!(connections, 1, "{row}");
            let of_two = |it: &Decision| it.text("domain") == "two.example" && it.is("outgoing", "mail");
            relay.decision("the last decision for the second domain", of_two).await;
            let hooks: Vec<_> =
                relay.decisions().into_iter().filter(|it| it.text("domain") == "two.example").collect();
            // Asked again for the second domain, with its own row.
            let asked: Vec<_> = hooks.iter().map(|it| it.text("hook").to_owned()).collect();
            let expected: &[&str] = match row {
                "prevent" => &["offer", "mail"],
                _ => &["offer", "start", "cipher", "certificate", "mail"],
            };
            assert_eq!(asked, expected, "{row}");
        });
    }
    rows.join_all().await;
}

/// The rows of both domains, where they differ in one thing.
#[rustfmt::skip]
const APART: [(&str, &str); 10] = [
    ("attempt",                                         "require"),
    ("prevent",                                         "attempt"),
    ("require",                                         r#"require min_version "1.3""#),
    ("require",                                         r#"require suites ["TLS_AES_256_GCM_SHA384"]"#),
    ("require",                                         r#"require groups ["x25519", "secp256r1"]"#),
    ("require",                                         r#"require because "something""#),
    ("require_verified",                                r#"require_verified names ["mx.shared.example"]"#),
    (r#"require_verified names ["mx.shared.example"]"#, r#"require_verified names ["mx"]"#),
    ("require_verified",                                r#"require_verified roots ["tls/root.pem"]"#),
    ("attempt with #{ level: 1 }",                      "attempt with #{ level: 2 }"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_difference_of_the_rows_keeps_domains_apart() {
    let mut rows = JoinSet::new();
    for (one, two) in APART {
        rows.spawn(async move {
            let (relay, host) = world(Site::new(), one, two).await;
            assert_eq!(one_after_the_other(&relay, &host).await, 2, "{one} | {two}");
        });
    }
    rows.join_all().await;
}

/// Filters that look at the domain: what they say of the second domain.
#[rustfmt::skip]
const FILTERS: [(&str, &str); 2] = [
    ("floor", r#"fn offer(host) { if host.domain == "two.example" { require("encrypted") } }"#),
    ("terms", r#"fn start(host) { if host.domain == "two.example" { accept().min_version("1.3") } }"#),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_asks_more_for_one_domain_keeps_it_apart() {
    for (name, filter) in FILTERS {
        let site = Site::new().policy("filters/own.rhai", filter);
        let (relay, host) = world(site, "attempt", "attempt").await;
        assert_eq!(one_after_the_other(&relay, &host).await, 2, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_rejects_the_certificate_for_one_domain_holds_its_mail_back() {
    let filter = r#"fn certificate(host, certificate) { if host.domain == "two.example" { defer("4.7.5", "not for two") } }"#;
    let site = Site::new().policy("filters/own.rhai", filter);
    let (relay, host) = world(site, "attempt", "attempt").await;
    relay.accept(SENDER, "a@one.example", &message("first")).await;
    relay.drained().await;
    relay.accept(SENDER, "a@two.example", &message("second")).await;
    host.ended(2).await;
    assert_eq!(host.messages().len(), 1);
    assert!(host.sessions().iter().all(|session| !session.saw_mail_in_clear()));
    relay.waits(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_reload_nothing_is_shared() {
    let (relay, host) = world(Site::new(), "attempt", "attempt").await;
    relay.accept(SENDER, "a@one.example", &message("first")).await;
    relay.drained().await;
    let rows = [r#""one.example" attempt"#, r#""two.example" attempt"#, r#""three.example" attempt"#];
    relay.retable(&[], &rows).await;
    relay.accept(SENDER, "a@two.example", &message("second")).await;
    host.messages_until(2).await;
    assert_eq!(host.sessions().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clear_text_after_a_failed_handshake_is_not_shared() {
    let site = Site::new().outgoing(&[r#""one.example" attempt"#, r#""two.example" attempt"#]);
    let host = Host::start(Mode::GarbageAfter220).await;
    let relay = shared(site, &host).start().await;
    // One connection that fails and one in clear, for each.
    assert_eq!(one_after_the_other(&relay, &host).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clear_text_after_a_failed_handshake_is_for_one_envelope_only() {
    let site = Site::new().outgoing(&[r#""one.example" attempt"#]);
    let host = Host::start(Mode::GarbageAfter220).await;
    let working = Mode::tls(&site.authority.issue(&[SHARED]));
    let relay = shared(site, &host).start().await;
    relay.accept(SENDER, "a@one.example", &message("first")).await;
    relay.drained().await;
    // Who disturbs one handshake must not have the mail that follows in clear, too.
    host.change(working, Taking::Accept);
    relay.accept(SENDER, "a@one.example", &message("second")).await;
    let encrypted: Vec<_> = host.messages_until(2).await.iter().map(|it| it.encrypted).collect();
    assert_eq!(encrypted, [false, true]);
}

async fn world(site: Site, one: &str, two: &str) -> (TestRelay, Host) {
    let host = Host::start(Mode::tls(&site.authority.issue(&[SHARED]))).await;
    let rows = [format!("\"one.example\" {one}"), format!("\"two.example\" {two}")];
    let site = site.outgoing(&[&rows[0], &rows[1]]);
    (shared(site, &host).start().await, host)
}

/// Sends to the one, then to the other; gives the connections that the host saw.
async fn one_after_the_other(relay: &TestRelay, host: &Host) -> usize {
    relay.accept(SENDER, "a@one.example", &message("first")).await;
    relay.drained().await;
    relay.accept(SENDER, "a@two.example", &message("second")).await;
    host.messages_until(2).await;
    host.sessions().len()
}

/// Routes both domains to the same host, by the same name.
fn shared(site: Site, host: &Host) -> Site {
    let to = format!("{SHARED}:{}", host.address.port());
    let zone = Zone::default().address(SHARED, host.address.ip());
    site.zone(zone).route("one.example", &to).route("two.example", &to)
}
