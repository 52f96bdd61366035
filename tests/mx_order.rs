//! Hosts are found and tried in the order of RFC 5321 section 5.1, and a verdict rules out one host.

use std::net::SocketAddr;

use waxseal_tests::ca::Identity;
use waxseal_tests::client::message;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const SENDER: &str = "someone@senders.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_host_leads_to_the_next() {
    let second = Host::start_at("127.0.8.2:0", Mode::NoStartTls, Taking::Accept).await;
    // Nothing listens at the first host's address.
    let relay = site(second.address).start().await;
    relay.accept(SENDER, "a@there.example", &message("second")).await;
    assert_eq!(second.messages_until(1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_on_one_host_leaves_the_others() {
    let site = Site::new();
    let second = Host::start_at(
        "127.0.8.2:0",
        Mode::tls(&site.authority.issue(&["second.there.example"])),
        Taking::Accept,
    )
    .await;
    let first =
        beside(&second, "127.0.8.1", Mode::tls(&Identity::self_signed(&["first.there.example"]))).await;
    let relay =
        furnished(site, second.address).outgoing(&[r#""there.example" require_verified"#]).start().await;
    relay.accept(SENDER, "a@there.example", &message("second")).await;
    assert!(second.messages_until(1).await[0].encrypted);
    let refused = first.ended(1).await;
    assert!(refused.tls.is_some() && refused.messages.is_empty() && !refused.was_told("MAIL"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preferred_host_gets_the_mail() {
    let second = Host::start_at("127.0.8.2:0", Mode::NoStartTls, Taking::Accept).await;
    let first = beside(&second, "127.0.8.1", Mode::NoStartTls).await;
    let relay = site(second.address).start().await;
    relay.accept(SENDER, "a@there.example", &message("first")).await;
    first.messages_until(1).await;
    assert!(second.sessions().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_without_mx_is_its_own_host_also_through_an_alias() {
    let host = Host::start_at("127.0.8.3:0", Mode::NoStartTls, Taking::Accept).await;
    let zone =
        Zone::default().address("plain.example", host.address.ip()).alias("alias.example", "plain.example");
    let relay = Site::new().zone(zone).set("delivery", "port", host.address.port().to_string()).start().await;
    for domain in ["plain.example", "alias.example"] {
        relay.accept(SENDER, &format!("a@{domain}"), &message("implicit")).await;
    }
    host.messages_until(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_server_that_fails_is_no_reason_to_return_mail() {
    let zone = Zone::default().fails("broken.example");
    let relay: TestRelay = Site::new().zone(zone).start().await;
    relay.accept(SENDER, "a@broken.example", &message("later")).await;
    // That nothing comes back can only be seen by waiting: two retries pass.
    tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
    relay.waits(1).await;
}

/// Who forges the MX record has a certificate for the name he wrote there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_mx_name_proves_nothing_unless_the_row_says_so() {
    let provider = "mx.provider.example";
    for (row, crosses) in [("require_verified", false), (r#"require_verified names "mx""#, true)] {
        let site = Site::new();
        let host = Host::start(Mode::tls(&site.authority.issue(&[provider]))).await;
        let zone = Zone::default().mx("there.example", 10, provider).address(provider, host.address.ip());
        let site = site.zone(zone).set("delivery", "port", host.address.port().to_string());
        let relay = site.outgoing(&[&format!("\"there.example\" {row}")]).start().await;
        relay.accept(SENDER, "a@there.example", &message("whose host")).await;
        if crosses {
            host.messages_until(1).await;
        } else {
            assert!(!host.ended(1).await.was_told("MAIL"), "{row}");
        }
        relay.waits(u64::from(!crosses)).await;
    }
}

/// A site whose `there.example` has two mail hosts, at 127.0.8.1 and 127.0.8.2.
fn site(second: SocketAddr) -> Site {
    furnished(Site::new(), second)
}

fn furnished(site: Site, second: SocketAddr) -> Site {
    let zone = Zone::default()
        .mx("there.example", 20, "second.there.example")
        .mx("there.example", 10, "first.there.example")
        .address("first.there.example", [127, 0, 8, 1])
        .address("second.there.example", [127, 0, 8, 2]);
    site.zone(zone).set("delivery", "port", second.port().to_string())
}

/// A host at another address with the port of the first: all hosts of MX records have one port.
async fn beside(host: &Host, address: &str, mode: Mode) -> Host {
    Host::start_at(&format!("{address}:{}", host.address.port()), mode, Taking::Accept).await
}
