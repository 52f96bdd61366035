//! What the relay writes on a message that passes (RFC 5321 section 4.4).

use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_received_header_says_from_whom_and_how_it_came() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let mut client = client.start_tls(&tls::client(None, Versions::Only13)).await.unwrap();
    client.ehlo().await;
    client.mail("a@client.example", &["b@there.example"], &message("sealed")).await;
    let text = host.messages_until(1).await[0].text();
    let (header, rest) = text.split_once("From: ").unwrap();
    assert_eq!(format!("From: {rest}"), message("sealed"), "the message itself is as it was");
    let unfolded = header.replace("\r\n", "").replace('\t', " ");
    for part in
        ["Received: from client.example", "[127.0.0.1]", "by relay.example", "with ESMTPS", "tls TLS_"]
    {
        assert!(unfolded.contains(part), "no `{part}` in:\n{header}");
    }
    assert!(unfolded.contains("for <b@there.example>"), "{header}");
    assert!(header.lines().all(|line| line.len() <= 78), "{header}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_for_several_recipients_names_none_of_them() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    client.mail("a@client.example", &["b@there.example", "blind@there.example"], &message("two")).await;
    let text = host.messages_until(1).await[0].text();
    assert!(text.contains("with ESMTP") && !text.contains("with ESMTPS"), "{text}");
    assert!(!text.contains("blind@there.example"), "{text}");
}

#[tokio::test]
async fn a_message_that_goes_round_in_circles_is_refused() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let round = "Received: from a.example by b.example; Mon, 1 Jan 2024 00:00:00 +0000\r\n".repeat(101);
    let content = format!("{round}{}", message("again"));
    let reply = client.mail("a@client.example", &["b@there.example"], &content).await;
    assert_eq!(reply.codes(), "554 5.4.6");
}
