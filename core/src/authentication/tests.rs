//! What is not asked is not done; what cannot be found out is said; who signs, and with which keys.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::UdpSocket;
use waxseal_plugins::content::Content as _;

use super::sign::Keyring;
use super::sign::key::{Key, Kind};
use super::*;
use crate::config::{Config, Dns};
use crate::message::anatomy::Headed;
use crate::message::headers::HeaderSection;
use crate::names::{NameSystem, NoResolver};
use crate::tls::Reloaded;

const OURS: &str = "127.0.0.1";
const OTHERS: &str = "192.0.2.1";
const SIMPLE: &[u8] = b"From: a@example.org\r\n\r\nx\r\n";

fn origin() -> Origin<'static> {
    Origin { client: OTHERS.parse().unwrap(), ehlo: "mx.example.org", sender: "a@example.org" }
}

/// Who asks there waits in vain.
async fn in_vain(time: Duration) -> (Authenticator, UdpSocket) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let dns = Dns { servers: vec![socket.local_addr().unwrap()], trust_anchor: None };
    let resolver = NameSystem::new(&dns).map(|names| names.resolver());
    (Authenticator::new(resolver, "mx.example.net", time), socket)
}

async fn of(message: &[u8], wanted: Wanted) -> Results {
    let (authenticator, _server) = in_vain(Duration::from_secs(10)).await;
    authenticate(&authenticator, message, wanted, Results::default()).await
}

async fn authenticate(
    authenticator: &Authenticator,
    message: &[u8],
    wanted: Wanted,
    known: Results,
) -> Results {
    let content = Bytes::copy_from_slice(message);
    let headers = HeaderSection::parse(&content);
    let message = Headed { headers: &headers, content: &content };
    let room = authenticator.room(wanted, content.size()).await;
    authenticator.authenticate(room, wanted, &origin(), message, known).await
}

#[tokio::test]
async fn what_takes_too_long_is_a_temporary_error() {
    let (authenticator, _server) = in_vain(Duration::from_millis(50)).await;
    let results = authenticate(&authenticator, SIMPLE, Wanted::ALL, Results::default()).await;
    let (spf, dmarc) = (results.spf.unwrap(), results.dmarc.unwrap());
    assert_eq!((spf.result, spf.domain.as_str()), (Word::TempError, "example.org"));
    assert_eq!(spf.reason, "it took too long");
    assert_eq!(dmarc.result, Word::TempError);
    // Without signatures nothing is to be looked up.
    assert_eq!((results.dkim.unwrap().result, results.arc.unwrap().result), (Word::None, Word::None));
}

#[tokio::test]
async fn what_is_not_wanted_is_not_computed() {
    let results = of(SIMPLE, Wanted::DKIM | Wanted::ARC).await;
    assert_eq!(results.known(), Wanted::DKIM | Wanted::ARC);
    assert_eq!(of(SIMPLE, Wanted::NOTHING).await, Results::default());
}

#[tokio::test]
async fn what_is_known_stays() {
    let known = Dkim { result: Word::Policy, signatures: Vec::new(), reason: "of before".to_owned() };
    let known = Results { dkim: Some(known), ..Results::default() };
    let (authenticator, _server) = in_vain(Duration::from_secs(10)).await;
    let results = authenticate(&authenticator, SIMPLE, Wanted::DKIM | Wanted::ARC, known.clone()).await;
    assert_eq!(results.dkim, known.dkim);
    assert!(results.arc.is_some());
}

#[tokio::test]
async fn without_a_resolver_everything_may_be_found_out_later() {
    let nobody = Err(NoResolver("no such file".to_owned()));
    let authenticator = Authenticator::new(nobody, "mx.example.net", Duration::from_secs(10));
    let results = authenticate(&authenticator, SIMPLE, Wanted::ALL, Results::default()).await;
    let words = [results.spf.unwrap().result, results.dkim.unwrap().result, results.dmarc.unwrap().result];
    assert_eq!(words, [Word::TempError; 3]);
    assert_eq!(results.arc.unwrap().result, Word::TempError);
}

#[tokio::test]
async fn a_message_that_is_a_burden_is_not_verified() {
    let signature = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=from; bh=eA==; b=eA==\r\n";
    let many = format!("From: a@example.org\r\n{}\r\nx\r\n", signature.repeat(21));
    let results = of(many.as_bytes(), Wanted::DKIM).await;
    assert_eq!(results.dkim.unwrap().signatures.len(), 20);
    let greedy = signature.replace("h=from", &format!("h=from{}", ":x".repeat(5_000)));
    let message = format!("From: a@example.org\r\n{greedy}{}\r\nx\r\n", "X: y\r\n".repeat(20));
    let dkim = of(message.as_bytes(), Wanted::DKIM).await.dkim.unwrap();
    let [one] = dkim.signatures.as_slice() else { panic!("{dkim:?}") };
    assert_eq!((one.result, one.domain.as_str()), (Word::PermError, "example.org"));
    assert!(one.reason.contains("too many names"), "{}", one.reason);
    let sealed = greedy.replace("DKIM-Signature: v=1", "ARC-Message-Signature: i=1");
    let arc = of(format!("{sealed}{message}").as_bytes(), Wanted::ARC).await.arc.unwrap();
    assert!(arc.result == Word::Fail && arc.reason.contains("too many names"), "{arc:?}");
    for endless in [b"X: y\r\n".repeat(10_001), ["X: ", &"y".repeat(1 << 20), "\r\n"].concat().into_bytes()] {
        let dkim = of(&endless, Wanted::DKIM).await.dkim.unwrap();
        assert!(dkim.result == Word::PermError && dkim.reason.contains("10000 fields"), "{}", dkim.reason);
    }
}

/// The library ends the section at such a line, or takes it for another field than other readers do.
#[tokio::test]
async fn where_readers_differ_nothing_is_verified() {
    for odd in ["no field\r\n", "To\r\n : b@example.com\r\n", "To: b@example.com\n", "\u{e9}: x\r\n"] {
        let message = format!("From: a@example.org\r\n{odd}\r\nx\r\n");
        let results = of(message.as_bytes(), Wanted::DKIM | Wanted::ARC).await;
        let (dkim, arc) = (results.dkim.unwrap(), results.arc.unwrap());
        assert_eq!((dkim.result, arc.result), (Word::PermError, Word::Fail), "{odd:?}");
    }
}

/// Their bodies do not count.
#[tokio::test]
async fn large_messages_are_looked_at_together() {
    let (authenticator, _server) = in_vain(Duration::from_secs(10)).await;
    let message = [b"From: a@example.org\r\n\r\n".as_slice(), &[b'x'; 4 << 20]].concat();
    let one = || authenticate(&authenticator, &message, Wanted::DKIM, Results::default());
    let (first, second) = tokio::join!(one(), one());
    assert_eq!((first.dkim.unwrap().result, second.dkim.unwrap().result), (Word::None, Word::None));
}

/// Whoever finds no room waits, and for no longer than for all else.
#[tokio::test]
async fn no_more_is_held_than_there_is_room_for() {
    let (authenticator, _server) = in_vain(Duration::from_millis(50)).await;
    let largest = || authenticator.room(Wanted::DKIM, 50 << 20);
    let mut rooms = Vec::new();
    for _ in 0..64 {
        rooms.push(largest().await);
    }
    let (content, origin) = (Bytes::from_static(SIMPLE), origin());
    let headers = HeaderSection::parse(&content);
    let message = Headed { headers: &headers, content: &content };
    let dkim = |room| authenticator.authenticate(room, Wanted::DKIM, &origin, message, Results::default());
    let late = dkim(largest().await).await.dkim.unwrap();
    assert_eq!((late.result, late.reason.as_str()), (Word::TempError, "it took too long"));
    drop(rooms.pop());
    assert_eq!(dkim(largest().await).await.dkim.unwrap().result, Word::None);
}

/// A configuration with these lines, and keys of both kinds.
fn keyring(directory: &Path, lines: &str) -> Keyring {
    fs::write(directory.join("rsa.pem"), Key::generate(Kind::Rsa).unwrap()).unwrap();
    fs::write(directory.join("ed.pem"), Key::generate(Kind::Ed25519).unwrap()).unwrap();
    let file = directory.join("waxseal.toml");
    fs::write(&file, include_str!("../config/good/smallest.toml").to_owned() + lines).unwrap();
    let (config, _) = Config::load(&file).unwrap_or_else(|findings| panic!("{findings:?}"));
    Keyring::load(&config).unwrap()
}

fn key(domain: &str, selector: &str, file: &str, more: &str) -> String {
    format!("\n[[dkim]]\ndomain = \"{domain}\"\nselector = \"{selector}\"\nkey = \"{file}.pem\"\n{more}\n")
}

/// The selectors of the signatures that a message gets.
async fn signed(keyring: &Keyring, client: &str, head: &str) -> Vec<String> {
    let content = Bytes::from(format!("{head}\r\nx\r\n"));
    let client: IpAddr = client.parse().unwrap();
    let headers = HeaderSection::parse(&content);
    let fields = keyring.sign(client, Headed { headers: &headers, content: &content }).await.unwrap();
    let selector = |value: &[u8]| {
        let value = String::from_utf8_lossy(value).into_owned();
        value.split("s=").nth(1).unwrap().split(';').next().unwrap().to_owned()
    };
    fields.iter().map(|field| selector(&field.value)).collect()
}

#[tokio::test]
async fn mail_of_our_users_is_signed_by_the_keys_of_its_author() {
    let directory = tempfile::tempdir().unwrap();
    let lines = [
        key("example.org", "one", "rsa", "subdomains = true"),
        key("example.org", "two", "ed", ""),
        key("sub.example.org", "below", "ed", ""),
    ];
    let keyring = keyring(directory.path(), &lines.concat());
    assert_eq!(signed(&keyring, OURS, "From: a@Example.org\r\n").await, ["one", "two"]);
    assert_eq!(signed(&keyring, "::ffff:127.0.0.1", "From: a@example.org\r\n").await.len(), 2);
    assert_eq!(signed(&keyring, OURS, "From: a@sub.example.org\r\n").await, ["below"]);
    assert_eq!(signed(&keyring, OURS, "From: a@other.example.org\r\n").await, ["one"]);
    let nobody: [&str; 0] = [];
    for head in [
        "From: a@example.com\r\n",
        "From: a@notexample.org\r\n",
        "To: a@example.org\r\n",
        "From: a@example.org\r\nFrom: a@example.org\r\n",
        "From: a@example.org, b@example.com\r\n",
        "From: a@example.org\r\nno field\r\n",
        "From: a@example.org\r\nTo\r\n : b@example.org\r\n",
    ] {
        assert_eq!(signed(&keyring, OURS, head).await, nobody, "{head}");
    }
    assert_eq!(signed(&keyring, OTHERS, "From: a@example.org\r\n").await, nobody);
}

#[tokio::test]
async fn only_mail_of_others_is_sealed_and_only_when_it_was_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let lines = "\n[arc]\ndomain = \"example.org\"\nselector = \"s\"\nkey = \"rsa.pem\"\n";
    let keyring = keyring(directory.path(), lines);
    let (ours, others): (IpAddr, IpAddr) = (OURS.parse().unwrap(), OTHERS.parse().unwrap());
    assert_eq!((keyring.wants(ours), keyring.wants(others)), (Wanted::NOTHING, Wanted::ALL));
    let content = Bytes::from_static(SIMPLE);
    let headers = HeaderSection::parse(&content);
    let message = Headed { headers: &headers, content: &content };
    let chain = |result| Some(Chain { result, seals: Vec::new(), reason: String::new() });
    let whole = Results { arc: chain(Word::None), ..Results::default() };
    assert_eq!(keyring.seal(ours, message, &whole).await.unwrap().len(), 0);
    assert_eq!(keyring.seal(others, message, &whole).await.unwrap().len(), 3);
    for arc in [None, chain(Word::TempError)] {
        let unknown = Results { arc, ..Results::default() };
        assert_eq!(keyring.seal(others, message, &unknown).await.unwrap().len(), 0);
    }
}

#[test]
fn a_broken_key_leaves_the_last_good_ones() {
    let directory = tempfile::tempdir().unwrap();
    let lines = [key("example.org", "one", "rsa", ""), key("example.org", "two", "ed", "")].concat();
    let keyring = keyring(directory.path(), &lines);
    let before = keyring.records();
    assert_eq!(keyring.reload(), Ok(Reloaded::Unchanged));
    fs::write(directory.path().join("ed.pem"), Key::generate(Kind::Ed25519).unwrap()).unwrap();
    fs::write(directory.path().join("rsa.pem"), "no key").unwrap();
    let findings = keyring.reload().unwrap_err();
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["K003"]);
    assert_eq!(keyring.records(), before, "none of them is taken");
    fs::write(directory.path().join("rsa.pem"), Key::generate(Kind::Rsa).unwrap()).unwrap();
    assert_eq!(keyring.reload(), Ok(Reloaded::Swapped));
    assert!(keyring.records().iter().zip(&before).all(|(new, old)| new != old));
}
