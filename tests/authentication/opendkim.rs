//! OpenDKIM, as the milter of a relay: what its Authentication-Results say of mail that passes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinSet;
use waxseal_tests::client::Client;
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::milters::{Milter, OpenDkim};
use waxseal_tests::site::Site;

use super::cases::Case;

/// How many clients send at once.
const CLIENTS: usize = 4;

/// What it says of each case, in the words of the other peers: whether each signature holds.
pub(crate) async fn judge(names: SocketAddr, cases: &[Case]) -> Vec<String> {
    let milter = Milter::opendkim(OpenDkim::Ask(names)).await;
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address).milter("opendkim", milter.address(), "");
    let relay = site.start().await;
    let messages: Arc<Vec<_>> = Arc::new(cases.iter().map(|case| case.message.clone()).collect());
    let mut clients = JoinSet::new();
    for first in 0..CLIENTS {
        let (messages, address) = (Arc::clone(&messages), relay.address);
        clients.spawn(async move {
            let mut client = Client::connect(address).await;
            client.ehlo().await;
            for (number, message) in messages.iter().enumerate().skip(first).step_by(CLIENTS) {
                send(&mut client, &recipient(number), message).await;
            }
        });
    }
    clients.join_all().await;
    let arrived = host.messages_until(cases.len()).await;
    let arrived: HashMap<_, _> = arrived.iter().map(|one| (one.recipients[0].clone(), holds(one))).collect();
    (0..cases.len()).map(|number| arrived[&recipient(number)].clone()).collect()
}

fn recipient(number: usize) -> String {
    format!("n{number}@there.example")
}

async fn send(client: &mut Client, recipient: &str, message: &[u8]) {
    let reply = client.envelope("someone@client.example", &[recipient]).await;
    assert_eq!(reply.code, 354, "{reply}");
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        // RFC 5321 section 4.5.2.
        client.send(if line.starts_with(b".") { [b".", line].concat() } else { line.to_vec() }).await;
    }
    let reply = client.say(if message.ends_with(b"\r\n") { "." } else { "\r\n." }).await;
    assert_eq!(reply.code, 250, "{}: {reply}", String::from_utf8_lossy(message));
}

/// Whether each signature holds, as its field on top says (RFC 8601).
fn holds(message: &Message) -> String {
    let text = message.text().replace("\r\n\t", " ").replace("\r\n ", " ");
    let first = text.lines().next().unwrap_or_default();
    // Of mail without signatures it says nothing.
    let results = first.strip_prefix("Authentication-Results: verifier.example;").unwrap_or_default();
    let words = results.split(';').filter_map(|result| result.trim().strip_prefix("dkim="));
    let words = words.map(|rest| rest.split(' ').next().unwrap_or_default());
    let mut holds: Vec<bool> = words.filter(|word| *word != "none").map(|word| word == "pass").collect();
    holds.sort_unstable();
    format!("{holds:?}")
}
