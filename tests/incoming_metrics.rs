//! What the metrics count of incoming mail.

use waxseal_tests::client::{Client, message};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_handshakes_and_messages_are_counted() {
    let relay = Site::new().incoming(&[r#""sealed.example" require"#]).start().await;
    assert_eq!(value(&relay, "waxseal_messages_accepted_total"), Some(0));

    let mut client = relay.client().await;
    assert_eq!(value(&relay, SESSIONS), Some(1));
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@sealed.example>").await.code, 530);
    assert_eq!(value(&relay, &refused("policy")), Some(1));
    assert_eq!(client.say("MAIL FROM:<a@client.example> SIZE=99999999999").await.code, 552);
    assert_eq!(value(&relay, &refused("size")), Some(1));
    let content = message("counted");
    assert_eq!(client.mail("a@client.example", &["b@there.example"], "a\nb\r\n").await.code, 550);
    assert_eq!(value(&relay, &refused("newlines")), Some(1));
    assert_eq!(client.mail("a@client.example", &["b@there.example"], &content).await.code, 250);
    assert_eq!(value(&relay, "waxseal_messages_accepted_total"), Some(1));
    let octets = value(&relay, "waxseal_messages_accepted_bytes_total").unwrap();
    assert!(octets > content.len() as u64, "{octets}");

    let mut client = client.start_tls(&tls::client(None, Versions::Modern)).await.unwrap();
    client.ehlo().await;
    assert_eq!(value(&relay, &handshakes("full")), Some(1));
    drop(client);
    until("the end of the session", || (value(&relay, SESSIONS) == Some(0)).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_in_chunks_are_counted_once_each() {
    let relay = Site::new().set("limits", "message_size", r#""1KiB""#).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let large = "x".repeat(2000);
    for (chunks, code) in
        [(&["a\nb", "more", "end"][..], 550), (&["a", &large, "end"], 552), (&["a\r\n"], 250)]
    {
        client.say("MAIL FROM:<a@client.example>").await;
        client.say("RCPT TO:<b@there.example>").await;
        for (number, chunk) in (1..).zip(chunks) {
            let last = if number == chunks.len() { " LAST" } else { "" };
            client.send(format!("BDAT {}{last}\r\n{chunk}", chunk.len())).await;
            let reply = client.reply().await;
            assert!(reply.code == code || reply.code == 250, "{reply}");
        }
    }
    client.say("MAIL FROM:<a@client.example>").await;
    client.say("RCPT TO:<b@there.example>").await;
    client.send("BDAT 1\r\na").await;
    assert_eq!(client.reply().await.code, 250);
    drop(client);
    until("a message that was cut", || (value(&relay, &refused("cut")) == Some(1)).then_some(())).await;
    for (name, count) in [("newlines", 1), ("size", 1)] {
        assert_eq!(value(&relay, &refused(name)), Some(count), "{name}");
    }
    assert_eq!(value(&relay, "waxseal_messages_accepted_total"), Some(1));
}

#[tokio::test]
async fn failed_handshakes_are_counted_by_how_they_failed() {
    let relay = Site::new().start().await;
    let mut client: Client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("STARTTLS").await.code, 220);
    client.send("GET / HTTP/1.1\r\n\r\n").await;
    client.rest().await;
    until("a failure", || (value(&relay, &handshakes("garbage")) == Some(1)).then_some(())).await;
}

/// What filters come to counts once it is done: what finds the quarantine full comes again, and was not quarantined.
#[tokio::test]
async fn what_filters_come_to_is_counted_when_it_is_done() {
    let filter = r#"fn message(client, message) {
        if message.subject == "void" { return accept().remove_recipient("b@there.invalid"); }
        quarantine("cards")
    }"#;
    let site = Site::new().policy("filters/own.rhai", filter).set("quarantine", "messages", "1");
    let relay = site.start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    for (subject, code) in [("one", 250), ("two", 452), ("three", 452), ("void", 250)] {
        let reply = client.mail("a@client.example", &["b@there.invalid"], &message(subject)).await;
        assert_eq!(reply.code, code, "{subject}: {reply}");
    }
    let filtered =
        |outcome: &str| value(&relay, &format!(r#"waxseal_messages_filtered_total{{outcome="{outcome}"}}"#));
    assert_eq!(
        (filtered("quarantined"), filtered("discarded"), filtered("accepted")),
        (Some(1), Some(1), None)
    );
}

const SESSIONS: &str = r#"waxseal_sessions{direction="incoming"}"#;

fn refused(reason: &str) -> String {
    format!(r#"waxseal_messages_refused_total{{reason="{reason}"}}"#)
}

fn handshakes(result: &str) -> String {
    format!(r#"waxseal_handshakes_total{{direction="incoming",result="{result}"}}"#)
}

/// What a metric shows, if it is shown at all.
fn value(relay: &TestRelay, name: &str) -> Option<u64> {
    let shown = relay.metrics();
    let mut lines = shown.lines().filter_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    lines.next()
}
