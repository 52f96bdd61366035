//! The filters of `examples`, as they are shipped, with real mail through a real relay: what arrives is compared octet for
//! octet. `route_by_domain` is in `routes.rs`.
//!
//! - `disclaimers`, `external`: what is added, and to what nothing is
//! - `attachments`, `cards`: what does not come through, in whatever it is wrapped
//! - `copies`: archive_copy
//! - `strangers`: dnsbl, greylist, rate_limit

mod attachments;
mod cards;
mod copies;
mod disclaimers;
mod external;
mod strangers;

use std::fs;
use std::path::Path;

use waxseal_tests::client::Reply;
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const SENDER: &str = "ann@example.org";
const RECIPIENT: &str = "bob@there.example";

/// Who is on the list of those inside, and who is not.
const INSIDE: [u8; 4] = [127, 0, 0, 1];
const OUTSIDE: [u8; 4] = [127, 0, 9, 9];

/// A message that is sent, and what arrives of it.
struct Case {
    what: &'static str,
    sent: Vec<u8>,
    arrives: Vec<u8>,
}

impl Case {
    /// It arrives as it was.
    fn same(what: &'static str, sent: impl Into<Vec<u8>>) -> Self {
        let sent = sent.into();
        Self { what, arrives: sent.clone(), sent }
    }

    /// It arrives with something in the place of something else, which it has once.
    fn with(what: &'static str, sent: impl Into<Vec<u8>>, instead: &[(&str, &str)]) -> Self {
        let mut case = Self::same(what, sent);
        for (was, becomes) in instead {
            case.arrives = replaced(&case.arrives, was, becomes).unwrap_or_else(|| panic!("{what}: `{was}`"));
        }
        case
    }
}

/// A site with a shipped filter and its lists; who is inside is [`INSIDE`].
fn site(filter: &str) -> Site {
    let text = shipped(&format!("filters/{filter}.rhai"));
    with_lists(Site::new().policy(&format!("filters/{filter}.rhai"), text))
}

/// A site with a filter that was changed.
fn with_lists(site: Site) -> Site {
    site.policy("lists/inside.txt", "127.0.0.1\n")
        .policy("lists/card_partners.txt", shipped("filters/lists/card_partners.txt"))
        .policy("lists/archives.txt", "127.0.7.7\n")
}

/// A file of `examples`.
fn shipped(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The relay, and the host that mail for `there.example` goes to.
async fn relay(site: Site) -> (TestRelay, Host) {
    let host = Host::start(Mode::NoStartTls).await;
    (site.host("there.example", host.address).start().await, host)
}

/// Hands a message to the relay: what it says to that.
async fn send(relay: &TestRelay, from: [u8; 4], envelope: (&str, &[&str]), content: &[u8]) -> Reply {
    let mut client = relay.client_from(from).await;
    client.ehlo().await;
    let (sender, recipients) = envelope;
    let mut reply = client.say(&format!("MAIL FROM:<{sender}> BODY=8BITMIME")).await;
    for recipient in recipients {
        assert_eq!(reply.code, 250, "{reply}");
        reply = client.say(&format!("RCPT TO:<{recipient}>")).await;
    }
    assert_eq!(reply.code, 250, "{reply}");
    assert_eq!(client.say("DATA").await.code, 354);
    let mut stuffed = Vec::with_capacity(content.len());
    for line in content.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    client.send(stuffed).await;
    let reply = client.say(".").await;
    client.say("QUIT").await;
    reply
}

/// Each is taken, and arrives as it should.
async fn arrive(relay: &TestRelay, host: &Host, from: [u8; 4], sender: &str, cases: Vec<Case>) {
    let before = host.messages().len();
    let mut wrong = Vec::new();
    for (number, case) in (before + 1..).zip(cases) {
        let reply = send(relay, from, (sender, &[RECIPIENT]), &case.sent).await;
        assert_eq!(reply.code, 250, "{}: {reply}", case.what);
        let arrived = untraced(host.messages_until(number).await.last().unwrap());
        if arrived != case.arrives {
            let (arrived, arrives) = (arrived.escape_ascii(), case.arrives.escape_ascii());
            wrong.push(format!("{}:\n  should be {arrives}\n  but is    {arrived}", case.what));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What arrived, without our own Received field.
fn untraced(message: &Message) -> Vec<u8> {
    let start = position(&message.content, "Received: from client.example").expect("our own field");
    let mut end = start;
    loop {
        end += position(&message.content[end..], "\r\n").expect("the end of a line") + 2;
        if !matches!(message.content[end], b' ' | b'\t') {
            return [&message.content[..start], &message.content[end..]].concat();
        }
    }
}

fn position(octets: &[u8], text: &str) -> Option<usize> {
    octets.windows(text.len()).position(|window| window == text.as_bytes())
}

/// Octets with something in the place of something else, if they have that once.
fn replaced(octets: &[u8], was: &str, becomes: &str) -> Option<Vec<u8>> {
    let at = position(octets, was)?;
    let behind = &octets[at + was.len()..];
    position(behind, was).is_none().then(|| [&octets[..at], becomes.as_bytes(), behind].concat())
}

/// The head of a message that has nothing special.
fn head(fields: &str) -> String {
    format!("From: Ann <{SENDER}>\r\nTo: bob@there.example\r\nSubject: Elephants\r\n{fields}\r\n")
}

/// A message of several parts, each with its fields and its body.
fn multipart(kind: &str, parts: &[&str]) -> String {
    head(&format!("MIME-Version: 1.0\r\nContent-Type: multipart/{kind}; boundary=\"out=er\"\r\n"))
        + "This is MIME.\r\n"
        + bounded("out=er", parts).as_str()
}

/// Parts between the delimiters of a boundary.
fn bounded(boundary: &str, parts: &[&str]) -> String {
    let parts: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}\r\n")).collect();
    format!("{parts}--{boundary}--\r\n")
}
