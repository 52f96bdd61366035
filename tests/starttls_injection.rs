//! Nothing that was said before the handshake survives it (RFC 3207 section 4.2).

use std::sync::Arc;

use rustls::ClientConfig;
use waxseal_tests::client::{Reply, message};
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

fn anyone() -> Arc<ClientConfig> {
    tls::client(None, Versions::Modern)
}

/// What an attacker on the way may glue to the client's STARTTLS.
const GLUED: [&[u8]; 4] = [
    b"MAIL FROM:<evil@attacker.example>\r\n",
    b"EHLO attacker.example\r\nMAIL FROM:<evil@attacker.example>\r\nRCPT TO:<a@there.example>\r\nDATA\r\n",
    b"R",
    // The beginning of a ClientHello: what a client that does not wait for the 220 would send.
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
];

#[tokio::test]
async fn what_is_glued_to_starttls_ends_the_connection_before_any_220() {
    let relay = Site::new().start().await;
    for glued in GLUED {
        let mut client = relay.client().await;
        client.ehlo().await;
        client.send([b"STARTTLS\r\n", glued].concat()).await;
        let reply = client.reply().await;
        assert!(matches!(reply.code, 501 | 503 | 554), "{:?}: {reply}", String::from_utf8_lossy(glued));
        assert_eq!(client.reply().await, Reply::GONE);
    }
}

#[tokio::test]
async fn the_envelope_from_before_the_handshake_is_forgotten() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 250);
    assert_eq!(client.say("RCPT TO:<b@there.example>").await.code, 250);
    let mut client = client.start_tls(&anyone()).await.unwrap();
    assert_eq!(client.say("DATA").await.code, 503);
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 503, "EHLO has survived");
    client.ehlo().await;
    assert_eq!(client.say("RCPT TO:<b@there.example>").await.code, 503, "MAIL has survived");
}

#[tokio::test]
async fn there_is_no_starttls_inside_tls() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let mut client = client.start_tls(&anyone()).await.unwrap();
    assert!(!client.ehlo().await.offers("STARTTLS"));
    assert_eq!(client.say("STARTTLS").await.codes(), "503 5.5.1");
}

#[tokio::test]
async fn starttls_takes_no_parameter() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("STARTTLS now").await.codes(), "501 5.5.4");
    assert_eq!(client.say("NOOP").await.code, 250);
}

#[tokio::test]
async fn after_a_failed_handshake_the_socket_carries_no_smtp() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("STARTTLS").await.code, 220);
    client.send("EHLO client.example\r\nMAIL FROM:<a@client.example>\r\n").await;
    let rest = client.rest().await;
    assert!(!rest.windows(3).any(|word| word == b"250"), "{:?}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn a_failed_handshake_costs_nobody_else_theirs() {
    let relay = Site::new().start().await;
    let mut broken = relay.client_from([127, 0, 5, 1]).await;
    broken.ehlo().await;
    broken.say("STARTTLS").await;
    let mut well = relay.client_from([127, 0, 5, 2]).await;
    well.ehlo().await;
    let mut well = well.start_tls(&anyone()).await.unwrap();
    assert_eq!(well.ehlo().await.code, 250);
    drop(broken);
}

/// The mirror of it, as a client: a host's replies that were glued to its 220.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_that_are_glued_to_a_hosts_220_are_never_read() {
    let site = Site::new().outgoing(&[r#""there.example" require"#]);
    let identity = site.authority.issue(&["mx.there.example"]);
    let host = Host::start(Mode::inject(&identity)).await;
    let relay = site.host("there.example", host.address).start().await;
    relay.accept("a@client.example", "b@there.example", &message("injected")).await;
    let first = host.ended(1).await;
    assert!(first.messages.is_empty() && !first.saw_mail_in_clear(), "{first:?}");
    let verdict = relay.decision("the verdict after the injection", |it| it.is("outgoing", "mail")).await;
    assert_eq!(verdict.text("verdict"), "defer");

    host.change(Mode::tls(&identity), Taking::Accept);
    assert!(host.messages_until(1).await[0].encrypted);
}

/// EHLO is said again inside TLS, and only what is offered there counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_says_ehlo_again_inside_tls() {
    let site = Site::new();
    let host = Host::start(Mode::tls(&site.authority.issue(&["mx.there.example"]))).await;
    let relay = site.host("there.example", host.address).start().await;
    relay.accept("a@client.example", "b@there.example", &message("twice")).await;
    host.messages_until(1).await;
    let commands = host.sessions().remove(0).commands;
    let verbs: Vec<&str> = commands.iter().map(|command| command.split(' ').next().unwrap()).collect();
    assert_eq!(verbs[..4], ["EHLO", "STARTTLS", "EHLO", "MAIL"], "{commands:?}");
}
