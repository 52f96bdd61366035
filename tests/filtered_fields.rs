//! Fields that filters write and remove: mail is neither deferred for ever by them, nor bounced, nor does it go round for ever.

use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const SENDER: &str = "ann@client.example";
const RECIPIENT: &str = "bob@there.example";

/// A relay with this filter, and the host of the recipients.
async fn world(filter: &str) -> (TestRelay, Host) {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().policy("filters/writes.rhai", filter).host("there.example", host.address);
    (site.start().await, host)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_ends_though_a_filter_removes_the_trace_of_it() {
    let (relay, host) = world("fn message(client, message) { accept().remove_header(\"Received\") }").await;
    let mut content = message("round and round").into_bytes();
    let mut client = relay.client().await;
    client.ehlo().await;
    for round in 1.. {
        let reply = client.mail(SENDER, &[RECIPIENT], str::from_utf8(&content).unwrap()).await;
        if reply.code != 250 {
            assert_eq!((reply.codes().as_str(), round), ("554 5.4.6", 52), "{reply}");
            break;
        }
        content = host.messages_until(round).await.pop().unwrap().content;
        let text = String::from_utf8_lossy(&content);
        let traces = text.lines().filter(|line| line.starts_with("Received:")).count();
        assert_eq!(traces, 1, "our own, and no other:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_trace_cannot_be_replaced() {
    let filter = "fn message(client, message) { accept().replace_header(\"Received\", \"from nowhere\") }";
    let (relay, host) = world(filter).await;
    let content = format!("Received: from elsewhere\r\n{}", message("traced"));
    relay.accept(SENDER, RECIPIENT, &content).await;
    let text = host.messages_until(1).await.remove(0).text();
    assert!(text.contains("\r\nReceived: from nowhere\r\n") && text.contains("(Waxseal)"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_beyond_ascii_does_not_ask_for_more_of_a_host_than_the_message_does() {
    let (relay, host) =
        world("fn message(client, message) { accept().add_header(\"X-Tag\", \"Größe\") }").await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say(&format!("MAIL FROM:<{SENDER}> SMTPUTF8")).await.code, 250);
    assert_eq!(client.say(&format!("RCPT TO:<{RECIPIENT}>")).await.code, 250);
    assert_eq!(client.say("DATA").await.code, 354);
    client.send(message("plain")).await;
    assert_eq!(client.say(".").await.code, 250);
    let text = host.messages_until(1).await.remove(0).text();
    assert!(text.contains("\r\nX-Tag: =?utf-8?"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_subject_is_too_odd_to_be_written_again() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().policy("filters/tag.rhai", include_str!("../examples/filters/tag_external.rhai"));
    let site = site.policy("lists/inside.txt", "192.0.2.0/24\n").host("there.example", host.address);
    let relay = site.start().await;
    let long = "x".repeat(1_200);
    for (number, (subject, expected)) in
        (1..).zip([("=?utf-8?q?a=0D=0Ab?=", "a  b"), ("=?utf-8?q?a=00b?=", "a b"), (&*long, &*long)])
    {
        relay.accept("eve@elsewhere.example", RECIPIENT, &message(subject)).await;
        let text = host.messages_until(number).await.pop().unwrap().text();
        assert!(text.lines().all(|line| line.len() <= 998), "{text}");
        assert!(text.replace("\r\n ", "").contains(expected), "{text}");
    }
}
