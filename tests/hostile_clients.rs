//! Clients that are no mail systems: they get clean replies or none, and harm only themselves.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use waxseal_tests::client::{Client, Reply, message};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::soon;

/// A line that is no command, and the codes of the reply to it.
#[rustfmt::skip]
const LINES: [(&[u8], &str); 13] = [
    (b"\r\n",                                         "500 5.5.1"),
    (b" EHLO client.example\r\n",                     "500 5.5.1"),
    (b"\0\r\n",                                       "500 5.5.1"),
    (b"NO\0OP\r\n",                                   "500 5.5.1"),
    (b"EHLO client\0.example\r\n",                    "501 5.5.4"),
    (b"MAIL FROM:<a\0@client.example>\r\n",           "501 5.1.7"),
    (b"MAIL FROM:<\xff@client.example>\r\n",          "500 5.5.2"),
    (b"\x80\x81\x82\r\n",                             "500 5.5.2"),
    (b"EHLO \xe2\x98\x83.example\r\n",                "501 5.5.4"),
    (b"MAIL FROM:<a@client.example> SIZE=-1\r\n",     "501 5.5.4"),
    // RFC 1870 section 6.1: up to 20 digits, which is more than 64 bits hold.
    (b"MAIL FROM:<a@client.example> SIZE=99999999999999999999\r\n", "552 5.3.4"),
    (b"MAIL FROM:<a@client.example> SIZE=999999999999999999999\r\n", "501 5.5.4"),
    (b"MAIL FROM:<a@client.example>\x1b[31m\r\n",     "501 5.1.7"),
];

#[tokio::test]
async fn what_is_no_command_is_answered_and_the_next_one_is_read() {
    let relay = Site::new().start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    for (line, expected) in LINES {
        client.send(line).await;
        let reply = client.reply().await;
        let name = line.escape_ascii();
        assert_eq!(reply.codes(), expected, "{name}");
        assert!(reply.text().chars().all(|char| (' '..='~').contains(&char)), "{name}: {reply}");
    }
    assert_eq!(client.say("NOOP").await.code, 250);
}

#[tokio::test]
async fn half_a_command_is_none() {
    let relay = Site::new().set("timeouts", "command", r#""1s""#).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    client.send("MAIL FROM:<a@client.exam").await;
    assert_eq!(client.reply().await.codes(), "421 4.4.2");
    assert_eq!(client.reply().await, Reply::GONE);
}

/// A line without an end, sent steadily, does not hold a session longer than silence does.
#[tokio::test]
async fn an_endless_command_ends_in_time() {
    let relay = Site::new().set("timeouts", "command", r#""1s""#).start().await;
    let mut client = relay.client().await;
    let flooding = async {
        let junk = "x".repeat(64 * 1024);
        loop {
            client.send(&junk).await;
            if let Ok(reply) = tokio::time::timeout(Duration::from_millis(1), client.reply()).await {
                return reply;
            }
        }
    };
    assert!(matches!(soon("the end of it", flooding).await.code, 421 | 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_commands_at_once_are_answered_one_by_one() {
    const COUNT: usize = 100_000;
    let relay = Site::new().start().await;
    let stream = TcpStream::connect(relay.address).await.unwrap();
    let (mut replies, mut commands) = stream.into_split();
    let writing = tokio::spawn(async move {
        commands.write_all("RSET\r\n".repeat(COUNT).as_bytes()).await.unwrap();
        commands.write_all(b"QUIT\r\n").await.unwrap();
        commands
    });
    let mut said = String::new();
    soon("all replies", replies.read_to_string(&mut said)).await.unwrap();
    writing.await.unwrap();
    assert_eq!(said.lines().filter(|line| line.starts_with("250 2.0.0")).count(), COUNT);
    assert!(said.lines().last().unwrap().starts_with("221 "));
}

/// Who sends commands and reads no replies is waited for, and then is cut: nothing piles up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_reads_is_cut() {
    let relay = Site::new().set("timeouts", "command", r#""1s""#).start().await;
    let mut stream = TcpStream::connect(relay.address).await.unwrap();
    let flooding = async {
        let commands = "NOOP\r\n".repeat(10_000);
        while stream.write_all(commands.as_bytes()).await.is_ok() {}
    };
    soon("the connection to be cut", flooding).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_comes_octet_by_octet_is_a_message() {
    let relay = Site::new().start().await;
    for config in [None, Some(tls::client(None, Versions::Modern))] {
        let mut client = Client::ready([127, 0, 0, 1].into(), relay.address, config.as_ref()).await.unwrap();
        assert_eq!(client.envelope("a@client.example", &["b@there.example"]).await.code, 354);
        for octet in message("octets").bytes().chain(*b".\r\n") {
            client.send([octet]).await;
        }
        assert_eq!(client.reply().await.code, 250);
    }
}

/// First octets where a ClientHello is to come; all of them end the connection, or wait for the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_client_hello_ends_the_connection() {
    let record =
        |length: u16, handshake: &[u8]| [&[0x16, 3, 1][..], &length.to_be_bytes(), handshake].concat();
    // A hello that says it has 17 KiB and more, and one of 16 MiB, in records of the largest size.
    let large = |length: [u8; 3], records: usize| {
        let first = record(16_384, &[&[1][..], &length, &vec![0; 16_380]].concat());
        let others = record(16_384, &vec![0; 16_384]).repeat(records);
        [first, others].concat()
    };
    // A hello in records of one octet.
    let fragments: Vec<u8> = (0..20_000).flat_map(|_| record(1, &[1])).collect();
    let relay = Site::new().start().await;
    for (number, octets) in [
        large([0, 0x44, 0], 1),
        large([0, 0xff, 0xff], 4),
        large([0xff, 0xff, 0xff], 100),
        record(0xffff, &[1, 0, 0, 0]),
        record(0, &[]).repeat(10_000),
        fragments,
        b"\x80\x2e\x01\x00\x02".to_vec(),
        b"\x15\x03\x01\x00\x02\x02\x28".to_vec(),
        b"\x17\x03\x03\x00\x02\x02\x28".to_vec(),
        vec![],
    ]
    .into_iter()
    .enumerate()
    {
        // Each from elsewhere, since to whom a handshake failed TLS is not offered.
        let mut client = relay.client_from([127, 0, 8, u8::try_from(number).unwrap()]).await;
        client.ehlo().await;
        assert_eq!(client.say("STARTTLS").await.code, 220);
        client.send(&octets).await;
        let rest = client.rest().await;
        assert!(!rest.starts_with(b"2"), "{:?}", rest.escape_ascii().to_string());
    }
    works(&relay).await;
}

/// Octets in clear amid a message that comes inside TLS: injected by who has no key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_injected_into_tls_ends_the_session_and_keeps_nothing() {
    let relay = Site::new().implicit_listener().start().await;
    for injected in
        [&b"\r\n.\r\nQUIT\r\n"[..], b"\x17\x03\x03\x00\x05\r\n.\r\n", b"\x16\x03\x03\x00\x04\x01\x00\x00\x00"]
    {
        let socket = TcpStream::connect(relay.implicit.unwrap()).await.unwrap();
        let connector = TlsConnector::from(tls::client(None, Versions::Modern));
        let mut stream = connector.connect("relay.example".try_into().unwrap(), socket).await.unwrap();
        let message =
            "EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<b@there.example>\r\nDATA\r\n";
        stream.write_all(message.as_bytes()).await.unwrap();
        stream.write_all(b"Subject: sealed\r\n\r\ntext").await.unwrap();
        let mut said = String::new();
        while !said.contains("\r\n354 ") {
            said.push(char::from(stream.read_u8().await.unwrap()));
        }
        stream.get_mut().0.write_all(injected).await.unwrap();
        let mut rest = Vec::new();
        // The alert comes as an error, or as the end.
        let _ = soon("the end", stream.read_to_end(&mut rest)).await;
        assert!(!rest.windows(5).any(|word| word == b"\r\n250"), "{:?}", rest.escape_ascii().to_string());
    }
    assert_eq!(relay.waiting().await, 0);
    works(&relay).await;
}

async fn works(relay: &TestRelay) {
    let mut client = relay.client_from([127, 0, 8, 99]).await;
    client.ehlo().await;
    let reply = client.mail("a@client.example", &["b@there.example"], &message("still here")).await;
    assert_eq!(reply.code, 250, "{reply}");
}
