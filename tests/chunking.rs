//! BDAT (RFC 3030): a message in chunks arrives as it was sent, is checked as one that comes by DATA,
//! and no chunk is ever taken for commands, wanted or not.

use std::time::Duration;

use waxseal_tests::client::{Client, Reply};
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::soon;

const CONTENT: &str = "Subject: chunks\r\n\r\n.\r\n..two\r\nRSET\r\nlast\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_it_is_cut_a_message_arrives_as_it_was_sent() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    for (count, length) in (1..).zip([1, 7, 19, CONTENT.len()]) {
        let mut client = begun(&relay).await;
        for chunk in CONTENT.as_bytes().chunks(length) {
            assert_eq!(bdat(&mut client, chunk, "").await.codes(), "250 2.0.0");
        }
        assert_eq!(bdat(&mut client, b"", " LAST").await.codes(), "250 2.0.0");
        let arrived = host.messages_until(count).await;
        assert!(arrived.iter().all(|mail| mail.text().ends_with(CONTENT)), "chunks of {length}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_session_may_be_sent_at_once() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let ahead = "EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<one@there.example>\r\n\
        BDAT 16\r\nSubject: one\r\n\r\nBDAT 3 last\r\nend\
        MAIL FROM:<>\r\nBDAT 6 LAST\r\nQUIT\r\nRCPT TO:<two@there.example>\r\nBDAT 0 LAST\r\n\
        MAIL FROM:<>\r\nQUIT\r\n";
    let expected = [250, 250, 250, 250, 250, 250, 503, 250, 250, 250, 221];
    for length in [ahead.len(), 61, 1] {
        let mut client = relay.client().await;
        for piece in ahead.as_bytes().chunks(length) {
            client.send(piece).await;
            tokio::task::yield_now().await;
        }
        let mut codes = Vec::new();
        while codes.last() != Some(&221) {
            codes.push(client.reply().await.code);
        }
        assert_eq!(codes, expected, "pieces of {length}");
    }
    let arrived = host.messages_until(6).await;
    // A last line without its end is given one.
    let ones = arrived.iter().filter(|mail| mail.text().ends_with("Subject: one\r\n\r\nend\r\n"));
    assert_eq!(ones.count(), 3);
}

#[tokio::test]
async fn a_large_message_comes_in_chunks_of_any_size() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let body = "0123456789abcde\r\n".repeat(200_000);
    let mut client = begun(&relay).await;
    bdat(&mut client, b"Subject: large\r\n\r\n", "").await;
    let (one, two) = body.split_at(1_000_001);
    assert_eq!(bdat(&mut client, one.as_bytes(), "").await.code, 250);
    assert_eq!(bdat(&mut client, two.as_bytes(), " LAST").await.code, 250);
    assert!(host.messages_until(1).await[0].text().ends_with(&body));
}

#[tokio::test]
async fn what_is_wrong_with_it_is_said_to_the_last_chunk_too() {
    let relay = Site::new().set("limits", "message_size", r#""1KiB""#).start().await;
    let large = "x".repeat(1100);
    for (chunk, codes) in [("a\nb\r\n", "550 5.6.0"), ("\r\r\n", "550 5.6.0"), (&large, "552 5.3.4")] {
        let mut client = begun(&relay).await;
        assert_eq!(bdat(&mut client, chunk.as_bytes(), "").await.codes(), codes);
        assert_eq!(bdat(&mut client, b"QUIT\r\n", "").await.codes(), codes);
        assert_eq!(bdat(&mut client, b"QUIT\r\n", " LAST").await.codes(), codes);
        // It ended with the last chunk, and another may begin.
        assert_eq!(client.say("MAIL FROM:<>").await.code, 250);
    }
    // A CR that ends one chunk, and the LF that begins the next, are a newline.
    let mut client = begun(&relay).await;
    assert_eq!(bdat(&mut client, b"Subject: x\r", "").await.code, 250);
    assert_eq!(bdat(&mut client, b"\n\r\nbare\r", " LAST").await.codes(), "550 5.6.0");
    assert_eq!(relay.waiting().await, 0);
}

#[tokio::test]
async fn between_chunks_there_is_only_bdat_or_the_end_of_it() {
    let relay = Site::new().start().await;
    let mut client = begun(&relay).await;
    assert_eq!(bdat(&mut client, b"Subject: x\r\n", "").await.code, 250);
    for command in ["DATA", "MAIL FROM:<>", "RCPT TO:<c@there.example>"] {
        assert_eq!(client.say(command).await.codes(), "503 5.5.1", "{command}");
    }
    assert_eq!(client.say("NOOP").await.code, 250);
    for (end, code) in [("RSET", 250), ("EHLO again.example", 250)] {
        assert_eq!(client.say(end).await.code, code);
        assert_eq!(bdat(&mut client, b"QUIT\r\n", " LAST").await.codes(), "503 5.5.1", "after {end}");
        envelope(&mut client).await;
        assert_eq!(bdat(&mut client, b"Subject: x\r\n", "").await.code, 250);
    }
    let mut client = client.start_tls(&tls::client(None, Versions::Modern)).await.unwrap();
    client.ehlo().await;
    assert_eq!(bdat(&mut client, b"QUIT\r\n", " LAST").await.codes(), "503 5.5.1");
    assert_eq!(relay.waiting().await, 0);
}

#[tokio::test]
async fn a_chunk_whose_end_nobody_knows_ends_the_session() {
    let relay = Site::new().start().await;
    for (line, code) in [("BDAT", 501), ("BDAT x LAST", 501), ("BDAT 18446744073709551615", 503)] {
        let mut client = relay.client().await;
        client.ehlo().await;
        assert_eq!(client.say(line).await.code, code);
        assert_eq!(client.reply().await, Reply::GONE, "{line}");
    }
    let mut client = begun(&relay).await;
    client.send("BDAT 18446744073709551615\r\n").await;
    let flooding = async {
        let junk = "x".repeat(1024 * 1024);
        loop {
            client.send(&junk).await;
            if let Ok(reply) = tokio::time::timeout(Duration::from_millis(1), client.reply()).await {
                return reply;
            }
        }
    };
    assert!(matches!(soon("the end of it", flooding).await.code, 552 | 0));
}

/// The pace is that of the message, whatever is said between its chunks.
#[tokio::test]
async fn chunks_that_drip_come_to_an_end() {
    let relay = Site::new().set("timeouts", "command", r#""1s""#).start().await;
    for between in ["NOOP\r\n", "BDAT 1\r\nx"] {
        let mut client = begun(&relay).await;
        assert_eq!(bdat(&mut client, b"Subject: x\r\n", "").await.code, 250);
        let dripping = async {
            let mut drips = tokio::time::interval(Duration::from_millis(100));
            loop {
                drips.tick().await;
                client.send(between).await;
                match client.reply().await {
                    reply if reply.code == 250 => {}
                    reply => return reply,
                }
            }
        };
        assert!(matches!(soon("the end of a drip", dripping).await.code, 421 | 0), "{between}");
    }
    assert_eq!(relay.waiting().await, 0);
}

#[tokio::test]
async fn a_client_that_vanishes_between_chunks_leaves_nothing() {
    let relay = Site::new().start().await;
    let mut client = begun(&relay).await;
    assert_eq!(bdat(&mut client, &[b'x'; 600_000], "").await.code, 250);
    drop(client);
    let relay = relay.stop().await.start().await;
    assert_eq!(relay.waiting().await, 0);
}

/// Sends a chunk, and reads the reply.
async fn bdat(client: &mut Client, chunk: &[u8], last: &str) -> Reply {
    client.send([format!("BDAT {}{last}\r\n", chunk.len()).as_bytes(), chunk].concat()).await;
    client.reply().await
}

/// A client that may begin to send chunks.
async fn begun(relay: &TestRelay) -> Client {
    let mut client = relay.client().await;
    assert!(client.ehlo().await.offers("CHUNKING"));
    envelope(&mut client).await;
    client
}

async fn envelope(client: &mut Client) {
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 250);
    assert_eq!(client.say("RCPT TO:<b@there.example>").await.code, 250);
}
