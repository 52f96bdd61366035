//! Commands that are sent ahead of their replies are answered in order, and none is lost (RFC 2920).

use waxseal_tests::client::{Client, Reply};
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::site::Site;

/// Two mails and a goodbye, without waiting for a reply.
const AHEAD: &str = "EHLO client.example\r\n\
    MAIL FROM:<a@client.example>\r\nRCPT TO:<one@there.example>\r\nRCPT TO:<>\r\nDATA\r\n\
    Subject: one\r\n\r\n..dots\r\n.\r\n\
    MAIL FROM:<>\r\nRCPT TO:<two@there.example>\r\nDATA\r\nSubject: two\r\n\r\n.\r\nQUIT\r\n";

const CODES: [u16; 11] = [250, 250, 250, 501, 354, 250, 250, 250, 354, 250, 221];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_session_may_be_sent_at_once() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let mut client = relay.client().await;
    client.send(AHEAD).await;
    assert_eq!(replies(&mut client).await, CODES);
    let subjects: Vec<_> = host.messages_until(2).await.iter().map(Message::text).collect();
    assert!(subjects.iter().any(|text| text.ends_with("Subject: one\r\n\r\n.dots\r\n")), "{subjects:?}");
    assert!(subjects.iter().any(|text| text.ends_with("Subject: two\r\n\r\n")), "{subjects:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_it_is_cut_into_pieces_it_reads_the_same() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    for length in [1, 2, 3, 7, 61] {
        let mut client = relay.client().await;
        for piece in AHEAD.as_bytes().chunks(length) {
            client.send(piece).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(replies(&mut client).await, CODES, "pieces of {length}");
    }
}

/// The codes of all replies until the connection is closed.
async fn replies(client: &mut Client) -> Vec<u16> {
    let mut codes = Vec::new();
    loop {
        match client.reply().await {
            reply if reply == Reply::GONE => return codes,
            reply => codes.push(reply.code),
        }
    }
}
