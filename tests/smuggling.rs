//! Only CRLF.CRLF ends DATA: no sequence of octets smuggles a second mail (RFC 5321 section 4.1.1.4).

use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

/// What some mail server somewhere has taken for the end of DATA.
const ENDS: [&[u8]; 12] = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\n\n.\n\n",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n. \r\n",
];

const SMUGGLED: &[u8] = b"MAIL FROM:<evil@attacker.example>\r\nRCPT TO:<smuggled@there.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nboo\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_end_but_the_right_one_ends_data() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    for end in ENDS {
        let name = end.escape_ascii().to_string();
        let mut client = begun(&relay).await;
        client.send([b"Subject: outer\r\n\r\ntext", end, SMUGGLED].concat()).await;
        let reply = client.say("\r\n.").await;
        assert!(reply.code == 250 || reply.code / 100 == 5, "{name}: {reply}");
        // One reply for one message: the next is to the next command.
        assert_eq!(client.say("NOOP").await.code, 250, "{name}");
    }
    relay.drained().await;
    for mail in host.messages() {
        assert_eq!(mail.recipients, ["a@there.example"], "{}", mail.text());
        assert!(!mail.sender.contains("evil"));
    }
}

#[tokio::test]
async fn a_bare_cr_or_lf_is_refused_with_the_whole_message() {
    let relay = Site::new().start().await;
    for bare in ["one\ntwo", "one\rtwo", "\n", "end\r"] {
        let mut client = begun(&relay).await;
        client.send(format!("Subject: bare\r\n\r\n{bare}")).await;
        let reply = client.say("\r\n.").await;
        assert_eq!(reply.code / 100, 5, "{bare:?}: {reply}");
    }
    assert_eq!(relay.waiting().await, 0);
}

#[tokio::test]
async fn a_bare_newline_ends_no_command() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    client.send("NOOP\nMAIL FROM:<evil@attacker.example>\r\n").await;
    let reply = client.reply().await;
    assert_eq!(reply.code / 100, 5, "{reply}");
    client.send("RCPT TO:<a@there.example>\r\n").await;
    // Refused out of order, or the connection is closed: never a recipient.
    assert_ne!(client.reply().await.code, 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_begins_with_a_dot_arrives_as_it_was_written() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let content = "Subject: dots\r\n\r\n.\r\n..\r\n.one\r\nlast.\r\n";
    relay.accept("a@client.example", "a@there.example", content).await;
    let arrived = host.messages_until(1).await.remove(0).text();
    assert!(arrived.ends_with(content), "{arrived:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_comes_octet_by_octet_is_the_end() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let mut client = begun(&relay).await;
    for octet in message("slow").bytes().chain(*b".\r\n") {
        client.send([octet]).await;
    }
    assert_eq!(client.reply().await.code, 250);
    assert!(host.messages_until(1).await[0].text().contains("Subject: slow"));
}

/// A client that may begin to send content.
async fn begun(relay: &TestRelay) -> Client {
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.envelope("a@client.example", &["a@there.example"]).await.code, 354);
    client
}
