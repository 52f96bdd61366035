//! A policy holds from the next transaction after its reload, on every path: new connections, reused
//! ones, resumed TLS sessions.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use waxseal_tests::ca::Identity;
use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const SENDER: &str = "someone@senders.example";
const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// Before and after, and what a mail to a host with a self-signed certificate becomes then:
/// encrypted, in clear, or (`None`) deferred.
#[rustfmt::skip]
const OUTGOING: [(&str, Option<bool>, &str, Option<bool>); 4] = [
    ("attempt",          Some(true),  "require_verified", None),
    ("prevent",          Some(false), "require",          Some(true)),
    ("require",          Some(true),  "prevent",          Some(false)),
    ("require_verified", None,        "attempt",          Some(true)),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outgoing_mail_follows_the_new_policy_and_then_the_old_one_again() {
    for (before, first, after, second) in OUTGOING {
        let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
        let row = |policy: &str| format!("\"there.example\" {policy}");
        let relay = Site::new().outgoing(&[&row(before)]).host("there.example", host.address).start().await;
        becomes(&relay, &host, first, before).await;
        relay.retable(&[], &[&row(after)]).await;
        becomes(&relay, &host, second, after).await;
        relay.retable(&[], &[&row(before)]).await;
        becomes(&relay, &host, first, before).await;
    }
}

/// Sends a mail and sees what becomes of it under the generation in force.
async fn becomes(relay: &TestRelay, host: &Host, expected: Option<bool>, policy: &str) {
    let generation = relay.generation();
    let subject = format!("generation {generation}");
    relay.accept(SENDER, "someone@there.example", &message(&subject)).await;
    if let Some(encrypted) = expected {
        let found = |mail: &Message| mail.text().contains(&subject).then_some(mail.encrypted);
        let awaited = format!("{subject} under {policy}");
        let crossed = host
            .until(awaited, |sessions| sessions.iter().flat_map(|session| &session.messages).find_map(found))
            .await;
        assert_eq!(crossed, encrypted, "{subject} under {policy}");
    } else {
        let deferral = relay.decision(format!("a deferral in {subject} under {policy}"), |it| {
            it.generation() == generation && it.is("outgoing", "certificate") && it.text("verdict") == "defer"
        });
        deferral.await;
        assert!(!host.messages().iter().any(|mail| mail.text().contains(&subject)), "{subject} crossed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_made_under_an_old_policy_is_not_used_again() {
    let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
    let relay = Site::new()
        .outgoing(&[r#""there.example" attempt"#])
        .host("there.example", host.address)
        .start()
        .await;
    relay.accept(SENDER, "one@there.example", &message("one")).await;
    host.messages_until(1).await;
    relay.retable(&[], &[r#""there.example" attempt because "another bundle""#]).await;
    relay.accept(SENDER, "two@there.example", &message("two")).await;
    host.messages_until(2).await;
    let carrying = host.sessions().iter().filter(|session| !session.messages.is_empty()).count();
    assert_eq!(carrying, 2, "both mails crossed one connection");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_session_is_judged_like_a_full_one() {
    let relay = Site::new().incoming(&[r#""bank.example" require_verified"#]).start().await;
    let identity = relay.site.authority.issue(&["out.bank.example"]);
    for versions in [Versions::Only12, Versions::Only13] {
        let right = tls::client(Some(&identity), versions);
        let none = tls::client(None, versions);
        for (config, expected) in [(&right, "250"), (&none, "554 5.7.5")] {
            is_told(&relay, config, false, expected).await;
            is_told(&relay, config, resumes(versions), expected).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tls_session_of_a_lax_policy_resumes_under_a_strict_one() {
    for versions in [Versions::Only12, Versions::Only13] {
        let config = tls::client(None, versions);
        let relay = Site::new().incoming(&[r#""bank.example" attempt"#]).start().await;
        is_told(&relay, &config, false, "250").await;
        is_told(&relay, &config, resumes(versions), "250").await;
        relay.retable(&[r#""bank.example" require_verified"#], &[]).await;
        is_told(&relay, &config, false, "554 5.7.5").await;
        relay.retable(&[r#""bank.example" attempt"#], &[]).await;
        is_told(&relay, &config, false, "250").await;
    }
}

/// The relay resumes no session of TLS 1.2, in which a resumption makes no new key exchange.
fn resumes(versions: Versions) -> bool {
    versions == Versions::Only13
}

/// Connects, resuming a TLS session or not, and says MAIL FROM.
async fn is_told(relay: &TestRelay, config: &Arc<ClientConfig>, resumed: bool, expected: &str) {
    let mut client = Client::ready(LOOPBACK, relay.address, Some(config)).await.unwrap();
    let handshake = client.tls.clone().unwrap();
    let version = handshake.version;
    assert_eq!(handshake.resumed, resumed, "{version:?}");
    let reply = client.say("MAIL FROM:<a@bank.example>").await;
    assert!(
        reply.codes().starts_with(expected),
        "{version:?}, resumed={resumed}: {reply}, expected {expected}"
    );
    client.say("QUIT").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_in_progress_keeps_its_bundle() {
    let relay = Site::new().incoming(&[r#""bank.example" attempt"#]).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let generation = relay.generation();
    assert!(relay.retable(&[r#""bank.example" require"#], &[]).await > generation);

    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.code, 250);
    let old = relay.decision("the decision at mail", |decision| decision.is("incoming", "mail")).await;
    assert_eq!(old.generation(), generation);

    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_table_changes_nothing() {
    let relay = Site::new().incoming(&[r#""bank.example" require"#]).start().await;
    let generation = relay.generation();
    for broken in ["", r#"incoming { "*" atempt }"#, "fn (((", r#"incoming { "*" attempt }"#] {
        relay.rejects("domains.rhai", broken).await;
        assert_eq!(relay.generation(), generation, "{broken:?}");
        let mut client = relay.client().await;
        client.ehlo().await;
        assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
    }
}
