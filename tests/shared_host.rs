//! Two domains with the same host never share what they must not.

use waxseal_tests::ca::Identity;
use waxseal_tests::client::message;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;

const SENDER: &str = "someone@senders.example";

/// The name of the host that both domains have.
const SHARED: &str = "mx.shared.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_in_clear_carries_no_mail_of_a_domain_that_requires_tls() {
    let site = Site::new().outgoing(&[r#""open.example" prevent"#, r#""sealed.example" require"#]);
    let host = Host::start(Mode::tls(&site.authority.issue(&[SHARED]))).await;
    let relay = shared(site, &host, ["open.example", "sealed.example"]).start().await;
    for number in 0..10 {
        let domain = if number % 2 == 0 { "open" } else { "sealed" };
        relay.accept(SENDER, &format!("n{number}@{domain}.example"), &message("shared")).await;
    }
    for mail in host.messages_until(10).await {
        let sealed = mail.recipients[0].ends_with("@sealed.example");
        assert_eq!(mail.encrypted, sealed, "{:?}", mail.recipients);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unverified_connection_carries_no_mail_of_a_domain_that_requires_verification() {
    let site = Site::new().outgoing(&[r#""lax.example" require"#, r#""strict.example" require_verified"#]);
    let host = Host::start(Mode::tls(&Identity::self_signed(&[SHARED]))).await;
    let relay = shared(site, &host, ["lax.example", "strict.example"]).start().await;
    for number in 0..6 {
        let domain = if number % 2 == 0 { "lax" } else { "strict" };
        relay.accept(SENDER, &format!("n{number}@{domain}.example"), &message("shared")).await;
    }
    host.messages_until(3).await;
    relay
        .decision("a deferral of strict.example", |it| {
            it.text("domain") == "strict.example" && it.text("verdict") == "defer"
        })
        .await;
    let taken = host.messages();
    assert!(taken.iter().all(|mail| mail.recipients[0].ends_with("@lax.example")), "{taken:?}");
    relay.waits(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_for_one_domain_is_none_for_the_other() {
    let site =
        Site::new().outgoing(&[r#""one.example" require_verified"#, r#""two.example" require_verified"#]);
    let host = Host::start(Mode::tls(&site.authority.issue(&["mx.one.example"]))).await;
    let relay = site.host("one.example", host.address).host("two.example", host.address).start().await;
    relay.accept(SENDER, "a@two.example", &message("for two")).await;
    relay.accept(SENDER, "a@one.example", &message("for one")).await;
    let refusal = relay
        .decision("a verdict on the certificate for two.example", |it| {
            it.text("domain") == "two.example" && it.is("outgoing", "certificate")
        })
        .await;
    assert_eq!(refusal.text("verdict"), "defer");
    let taken = host.messages_until(1).await;
    assert_eq!(taken[0].recipients, ["a@one.example"]);
    assert_eq!(taken.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recipients_of_two_domains_go_in_two_transactions() {
    let site = Site::new().outgoing(&[r#""open.example" prevent"#, r#""sealed.example" require"#]);
    let host = Host::start(Mode::tls(&site.authority.issue(&[SHARED]))).await;
    let relay = shared(site, &host, ["open.example", "sealed.example"]).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let reply = client.mail(SENDER, &["a@open.example", "b@sealed.example"], &message("both")).await;
    assert_eq!(reply.code, 250, "{reply}");
    for mail in host.messages_until(2).await {
        assert_eq!(mail.recipients.len(), 1);
        assert_eq!(mail.encrypted, mail.recipients[0] == "b@sealed.example");
    }
}

/// Routes both domains to the same host, by the same name.
fn shared(site: Site, host: &Host, domains: [&str; 2]) -> Site {
    let to = format!("{SHARED}:{}", host.address.port());
    let zone = Zone::default().address(SHARED, host.address.ip());
    domains.into_iter().fold(site.zone(zone), |site, domain| site.route(domain, &to))
}
