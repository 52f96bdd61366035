//! What a message needs of the next host is asked of it, and nothing else: SIZE (RFC 1870),
//! 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531). A message is never changed on the way.

use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const EIGHT_BIT: &str = "Subject: eight\r\n\r\nSiegellack, gr\u{fc}n\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_bit_content_crosses_as_it_is_where_it_is_taken() {
    let (relay, host, _postbox) = world(Taking::Accept).await;
    send(&relay, "MAIL FROM:<a@senders.example> BODY=8BITMIME", EIGHT_BIT).await;
    let taken = host.messages_until(1).await;
    assert!(taken[0].text().ends_with(EIGHT_BIT), "{}", taken[0].text());
    let commands = host.sessions()[0].commands.join("\n");
    assert!(commands.contains(" BODY=8BITMIME") && commands.contains(" SIZE="), "{commands}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_bit_content_comes_back_from_a_host_that_cannot_take_it() {
    let (relay, host, postbox) = world(Taking::Plainly).await;
    // Whatever it was declared as.
    for mail in ["MAIL FROM:<a@senders.example> BODY=8BITMIME", "MAIL FROM:<a@senders.example>"] {
        send(&relay, mail, EIGHT_BIT).await;
    }
    for bounce in postbox.messages_until(2).await {
        assert!(bounce.text().contains("Status: 5.6.3"), "{}", bounce.text());
    }
    assert!(host.sessions().iter().all(|session| session.clear.is_ascii()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_content_crosses_to_a_host_without_extensions() {
    let (relay, host, _postbox) = world(Taking::Plainly).await;
    // What it is counts, not what it was declared as: many clients declare all their mail.
    for (count, declared) in
        (1..).zip(["", " BODY=8BITMIME", " SMTPUTF8", " BODY=8BITMIME SMTPUTF8 SIZE=200"])
    {
        send(&relay, &format!("MAIL FROM:<a@senders.example>{declared}"), &message("plain")).await;
        host.messages_until(count).await;
    }
    for session in host.sessions() {
        let mut mails = session.commands.iter().filter(|command| command.starts_with("MAIL"));
        assert!(mails.all(|mail| mail == "MAIL FROM:<a@senders.example>"), "{:?}", session.commands);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_beyond_ascii_needs_smtputf8_on_both_sides() {
    let (relay, host, postbox) = world(Taking::Accept).await;
    let mut client = relay.client().await;
    assert!(client.ehlo().await.offers("SMTPUTF8"));
    assert_eq!(client.say("MAIL FROM:<a@senders.example>").await.code, 250);
    assert_eq!(client.say("RCPT TO:<gr\u{fc}n@there.example>").await.codes(), "553 5.6.7");
    client.say("QUIT").await;

    // The next host does not take it: it comes back.
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@senders.example> SMTPUTF8").await.code, 250);
    assert_eq!(client.say("RCPT TO:<gr\u{fc}n@there.example>").await.code, 250);
    assert_eq!(client.say("DATA").await.code, 354);
    client.send(message("utf-8")).await;
    assert_eq!(client.say(".").await.code, 250);
    let bounce = postbox.messages_until(1).await;
    assert!(bounce[0].text().contains("Status: 5.6.7"), "{}", bounce[0].text());
    assert!(!host.sessions()[0].was_told("MAIL"), "{:?}", host.sessions()[0].commands);
}

async fn send(relay: &TestRelay, mail: &str, content: &str) {
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say(mail).await.code, 250, "{mail}");
    assert_eq!(client.say("RCPT TO:<b@there.example>").await.code, 250);
    assert_eq!(client.say("DATA").await.code, 354);
    client.send(content).await;
    assert_eq!(client.say(".").await.code, 250);
}

/// A relay, the host of `there.example`, and the sender's postbox.
async fn world(taking: Taking) -> (TestRelay, Host, Host) {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, taking).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address).host("senders.example", postbox.address);
    (site.start().await, host, postbox)
}
