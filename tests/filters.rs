//! A filter may tighten what a policy says, and never loosen it.

use std::net::IpAddr;

use tokio::task::JoinSet;
use waxseal_tests::client::{Client, message};
use waxseal_tests::host::Host;
use waxseal_tests::receiver::Receiver;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const SENDER: &str = "someone@senders.example";

/// A floor, the host, and whether the mail crosses. The policy is `attempt`, which by itself sends
/// the mail to all of them.
#[rustfmt::skip]
const FLOORS: [(&str, Receiver, bool); 15] = [
    ("encrypted", Receiver::NoStartTls, false),
    ("encrypted", Receiver::Refuses454, false),
    ("encrypted", Receiver::Garbage,    false),
    ("encrypted", Receiver::Closes,     false),
    ("encrypted", Receiver::SelfSigned, true),
    ("encrypted", Receiver::Valid,      true),
    ("verified",  Receiver::NoStartTls, false),
    ("verified",  Receiver::Refuses454, false),
    ("verified",  Receiver::Garbage,    false),
    ("verified",  Receiver::OnlyTls10,  false),
    ("verified",  Receiver::Expired,    false),
    ("verified",  Receiver::SelfSigned, false),
    ("verified",  Receiver::UnknownCa,  false),
    ("verified",  Receiver::WrongName,  false),
    ("verified",  Receiver::Valid,      true),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_floor_of_a_filter_holds_on_every_path() {
    let mut cells = JoinSet::new();
    for (floor, receiver, crosses) in FLOORS {
        cells.spawn(floor_holds(floor, receiver, crosses));
    }
    cells.join_all().await;
}

async fn floor_holds(floor: &str, receiver: Receiver, crosses: bool) {
    let site = Site::new();
    let host = Host::start(receiver.mode("mx.sealed.example", &site.authority)).await;
    let filter =
        format!("fn offer(host) {{ if host.domain == \"sealed.example\" {{ require(\"{floor}\") }} }}");
    let site = site.policy("filters/floor.rhai", &filter);
    let relay = site.host("sealed.example", host.address).host("open.example", host.address).start().await;
    relay.accept(SENDER, "a@sealed.example", &message("sealed")).await;
    if crosses {
        assert!(host.messages_until(1).await[0].encrypted, "{floor} {receiver:?}");
        return;
    }
    // The sealed mail has been tried, and tried again; the host is good enough for other mail.
    host.ended(2).await;
    relay.accept(SENDER, "a@open.example", &message("open")).await;
    let taken = host.messages_until(1).await;
    assert_eq!(taken[0].recipients, ["a@open.example"], "{floor} {receiver:?}");
    relay.waits(1).await;
}

/// A filter, and whether clients may send mail: without TLS, with TLS 1.2, with TLS 1.3, with a
/// certificate. The policy is `attempt`, which by itself takes the mail of all.
#[rustfmt::skip]
const TIGHTENED: [(&str, [bool; 4]); 6] = [
    ("fn mail(client, mail) { accept() }",                               [true,  true,  true,  true]),
    (r#"fn start(client) { accept().min_version("1.3") }"#,              [true,  false, true,  true]),
    (r#"fn start(client) { accept().client_certificate("require") }"#,   [true,  false, false, true]),
    (r#"fn cipher(client, hello) { if hello.highest_version < "1.3" { refuse("Too old") } }"#,
                                                                         [true,  false, true,  true]),
    (r#"fn certificate(client, certificate) { if !certificate.trusted { refuse("Who are you?") } }"#,
                                                                         [true,  false, false, true]),
    (r#"fn mail(client, mail) { if !client.encrypted { refuse("In clear?") } }"#,
                                                                         [false, true,  true,  true]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_tightens_any_decision_on_tls() {
    for (filter, expected) in TIGHTENED {
        let relay = Site::new().policy("filters/tight.rhai", filter).start().await;
        let identity = relay.site.authority.issue(&["out.client.example"]);
        let configs = [
            None,
            Some(tls::client(None, Versions::Only12)),
            Some(tls::client(None, Versions::Only13)),
            Some(tls::client(Some(&identity), Versions::Only13)),
        ];
        let mut taken = Vec::new();
        for (number, config) in (1..).zip(&configs) {
            // An address of its own: failed handshakes are remembered by address.
            let source = IpAddr::from([127, 0, 13, number]);
            taken.push(match Client::ready(source, relay.address, config.as_ref()).await {
                Ok(mut client) => client.say("MAIL FROM:<a@client.example>").await.code == 250,
                Err(_) => false,
            });
        }
        assert_eq!(taken, expected, "{filter}");
    }
}

#[tokio::test]
async fn a_filter_that_accepts_changes_no_policy() {
    let filter = "fn mail(client, mail) { accept() }";
    let site = Site::new().policy("filters/lax.rhai", filter).incoming(&[r#""bank.example" require"#]);
    let relay = site.start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
}

#[tokio::test]
async fn a_filter_may_turn_away_a_client_before_the_greeting() {
    let filter =
        r#"fn connect(client) { if client.address == "127.0.10.66" { refuse("5.7.1", "Not you") } }"#;
    let relay = Site::new().policy("filters/clients.rhai", filter).start().await;
    let turned_away = relay.client_from([127, 0, 10, 66]).await.greeting;
    assert_eq!(turned_away.code, 554, "{turned_away}");
    assert!(turned_away.text().contains("Not you"), "{turned_away}");
    assert_eq!(relay.client_from([127, 0, 10, 67]).await.greeting.code, 220);
}

#[tokio::test]
async fn a_filter_may_refuse_a_recipient() {
    let filter = r#"
        fn rcpt(client, recipient) {
            if recipient.domain == "closed.example" { refuse("5.7.1", "Nobody writes there") }
        }
    "#;
    let relay = Site::new().policy("filters/recipients.rhai", filter).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    client.say("MAIL FROM:<a@client.example>").await;
    assert_eq!(client.say("RCPT TO:<a@closed.example>").await.codes(), "550 5.7.1");
    assert_eq!(client.say("RCPT TO:<a@open.example>").await.code, 250);
}
