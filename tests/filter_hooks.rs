//! Each verdict of each hook of filters, end to end: the same mail, the same tables, once with a script and once with
//! a plugin that does the same. Their hooks on TLS are in `verdicts.rs` and `filters.rs`.
//!
//! - `connections`: connect, ehlo, mail, rcpt
//! - `edits`: what a message says afterwards, and to whom it goes
//! - `dispositions`: what becomes of it
//! - `turns`: one filter after the other, what is strictest, and what the log has of it
//! - `ways`: route, delivered, deferred, failed

mod connections;
mod dispositions;
mod edits;
mod turns;
mod ways;

use waxseal_tests::client::Reply;
use waxseal_tests::guests;
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

/// The filter that does what mail asks for, as a script.
const SCRIPT: &str = include_str!("filter_hooks/actor.rhai");

const SENDER: &str = "ann@client.example";
const RECIPIENT: &str = "bob@there.example";

/// A message of three parts: 1.1, 1.2, and 2, which is attached.
const HEAD: &str = "From: Ann <ann@client.example>\r\nSubject: Blue elephants\r\nX-Old: one\r\nX-Old: two\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n";
const BODY: &str = "--b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nhello\r\n\
    --a\r\nContent-Type: text/html\r\n\r\n<body>hello</body>\r\n--a--\r\n\
    --b\r\nContent-Disposition: attachment; filename=notes.txt\r\n\r\nold notes\r\n--b--\r\n";

/// Who does what mail asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Script,
    Plugin,
}

impl Actor {
    /// A site with it as a filter, and what it is granted.
    async fn site(self) -> Site {
        let site = Site::new();
        match self {
            Self::Script => site.policy("filters/actor.rhai", SCRIPT),
            Self::Plugin => {
                let component = guests::own("actor").await;
                site.policy("filters/actor.wasm", component).grant("actor", &["counters"])
            }
        }
    }

    /// A relay with it, and the host that mail for `there.example` goes to.
    async fn relay(self) -> (TestRelay, Host) {
        let host = Host::start(Mode::NoStartTls).await;
        (self.site().await.host("there.example", host.address).start().await, host)
    }

    /// Where it decides, as the decision log has it, up to the line.
    const fn place(self) -> &'static str {
        match self {
            Self::Script => "filters/actor.rhai:",
            Self::Plugin => "filters/actor.wasm:actor/src/lib.rs:",
        }
    }
}

/// The message with these orders.
fn letter(orders: &[&str]) -> String {
    let orders: String = orders.iter().map(|order| format!("X-Do: {order}\r\n")).collect();
    format!("{orders}{HEAD}\r\n{BODY}")
}

/// Hands a message to the relay: what it says to that.
async fn send(relay: &TestRelay, recipients: &[&str], content: &str) -> Reply {
    let mut client = relay.client().await;
    client.ehlo().await;
    let reply = client.mail(SENDER, recipients, content).await;
    client.say("QUIT").await;
    reply
}

/// What arrived, with `TRACE` in the place of our own Received field.
fn untraced(message: &Message) -> String {
    let text = message.text();
    let start = text.find("Received: from client.example").expect("our own field");
    let lines = text[start..].split_inclusive('\n').skip(1);
    let rest = lines.skip_while(|line| line.starts_with([' ', '\t']));
    format!("{}TRACE\r\n{}", &text[..start], rest.collect::<String>())
}
