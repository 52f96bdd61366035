//! A thousand odd messages pass the relay octet for octet, but for the Received header that it puts before them, and for
//! what a filter changes.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::JoinSet;
use waxseal_tests::client::Client;
use waxseal_tests::corpus::{self, LETTERS, Letter};
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;

/// How many clients send at once.
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_odd_messages_pass_as_they_came() {
    passes(None, corpus::letters().collect(), |letter| letter.octets.clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_passes_as_it_came() {
    passes(None, vec![corpus::largest()], |letter| letter.octets.clone()).await;
}

/// A filter that looks at the message, and says nothing of it.
const READS: &str = r#"fn message(client, message) { if message.subject == "Stop it" { refuse("No") } }"#;
const ADDS: &str = r#"fn message(client, message) { accept().add_header("X-Passed", "yes") }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_pass_as_they_came_where_a_filter_looks_at_them() {
    passes(Some(READS), corpus::letters().collect(), |letter| letter.octets.clone()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_that_a_filter_adds_is_all_that_changes() {
    passes(Some(ADDS), corpus::letters().collect(), with_header).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_it_is_of_the_largest() {
    passes(Some(ADDS), vec![corpus::largest()], with_header).await;
}

/// With the field of the filter behind all others.
fn with_header(letter: &Letter) -> Vec<u8> {
    let octets = &letter.octets;
    let end = if octets.starts_with(b"\r\n") {
        0
    } else {
        let empty = octets.windows(4).position(|four| four == b"\r\n\r\n");
        empty.map_or(octets.len(), |at| at + 2)
    };
    let (head, rest) = octets.split_at(end);
    [head, b"X-Passed: yes\r\n", rest].concat()
}

/// Sends messages through a relay, perhaps with a filter, and compares what arrives with what is expected of each.
async fn passes(filter: Option<&str>, letters: Vec<Letter>, expected: impl Fn(&Letter) -> Vec<u8>) {
    let host = Host::start(Mode::NoStartTls).await;
    let mut site =
        Site::new().host("there.example", host.address).set("limits", "message_size", r#""60MiB""#);
    if let Some(filter) = filter {
        site = site.policy("filters/edits.rhai", filter);
    }
    // Some of them have results of `relay.example`: what is said in our name is removed where somebody looks.
    let site = site.set("authentication", "id", r#""mx.nobody.example""#);
    let relay = site.set("timeouts", "data_end", r#""60s""#).start().await;
    let letters = Arc::new(letters);
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        let (letters, address) = (Arc::clone(&letters), relay.address);
        clients.spawn(async move {
            let mut client = Client::connect(address).await;
            client.ehlo().await;
            for letter in letters.iter().skip(first).step_by(CLIENTS) {
                send(&mut client, letter).await;
            }
        });
    }
    clients.join_all().await;

    let arrived = host.messages_until(letters.len()).await;
    let arrived: HashMap<String, Vec<u8>> =
        arrived.into_iter().map(|message| (message.recipients[0].clone(), message.content)).collect();
    for letter in letters.iter() {
        let (number, kind) = (letter.number, letter.kind);
        let content =
            arrived.get(&recipient(letter)).unwrap_or_else(|| panic!("{number} ({kind}) did not arrive"));
        let expected = expected(letter);
        assert!(content.ends_with(&expected), "{number} ({kind}) is not what it was");
        let trace = String::from_utf8_lossy(&content[..content.len() - expected.len()]);
        let mut lines = trace.lines();
        assert!(
            lines.next().is_some_and(|line| line.starts_with("Received: from client.example")),
            "{number}: {trace}"
        );
        assert!(
            lines.all(|line| line.starts_with(' ')) && trace.ends_with("\r\n"),
            "{number} ({kind}): {trace}"
        );
    }
    assert_eq!(arrived.len(), letters.len());
}

async fn send(client: &mut Client, letter: &Letter) {
    let reply = client.envelope("a@client.example", &[&recipient(letter)]).await;
    assert_eq!(reply.code, 354, "{} ({}): {reply}", letter.number, letter.kind);
    client.send(stuffed(&letter.octets)).await;
    let reply = client.say(".").await;
    assert_eq!(reply.code, 250, "{} ({}): {reply}", letter.number, letter.kind);
}

fn recipient(letter: &Letter) -> String {
    format!("n{}@there.example", letter.number)
}

/// RFC 5321 section 4.5.2.
fn stuffed(octets: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(octets.len() + octets.len() / 64);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    stuffed
}

#[test]
fn the_messages_are_mail_and_always_the_same() {
    let (once, again): (Vec<_>, Vec<_>) = (corpus::letters().collect(), corpus::letters().collect());
    assert_eq!(once.len() + 1, LETTERS);
    for (letter, other) in once.iter().zip(&again) {
        assert_eq!(letter.octets, other.octets, "{}", letter.number);
        let octets = &letter.octets;
        assert!(octets.ends_with(b"\r\n"), "{} ({})", letter.number, letter.kind);
        let bare = octets.windows(2).any(|pair| (pair[0] == b'\r') != (pair[1] == b'\n'));
        assert!(!bare, "{} ({}) has a bare CR or LF", letter.number, letter.kind);
    }
    let mut different: Vec<_> = once.iter().map(|letter| &letter.octets).collect();
    different.sort();
    different.dedup();
    assert!(different.len() > 700, "only {} of them differ", different.len());
}
