//! A plugin is replaced by another version of it while mail flows.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;
use waxseal_tests::client::Client;
use waxseal_tests::guests;
use waxseal_tests::save::Style;

use super::plugin_grants::{WITNESS, witnessed};

/// The two versions, by the word that they say.
const FIRST: &str = "version-one";
const SECOND: &str = "version-two";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_session_meets_the_new_version_and_one_in_progress_the_old_one() {
    let relay = witnessed().await.start().await;
    let mut before = in_a_transaction(relay.address).await;
    assert_eq!(recipient(&mut before).await, Seen::new(FIRST, 1));

    let second = guests::edited(guests::own("witness").await, FIRST, SECOND);
    relay.edit(WITNESS, &second, Style::RenameOver).await;
    let mut after = in_a_transaction(relay.address).await;
    // They share what the plugin remembers.
    assert_eq!(recipient(&mut after).await, Seen::new(SECOND, 2));
    assert_eq!(recipient(&mut before).await, Seen::new(FIRST, 3));
    assert_eq!(recipient(&mut after).await, Seen::new(SECOND, 4));

    let site = relay.stop().await;
    let relay = site.start().await;
    assert_eq!(recipient(&mut in_a_transaction(relay.address).await).await, Seen::new(SECOND, 5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_meets_two_versions_and_nothing_remembered_is_lost() {
    let relay = witnessed().await.start().await;
    let first = guests::own("witness").await;
    let second = guests::edited(first, FIRST, SECOND);
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..3 {
        clients.spawn(send_until(Arc::clone(&stop), relay.address));
    }
    for swap in 0..6 {
        let version = if swap % 2 == 0 { &second } else { first };
        relay.edit(WITNESS, version, Style::ALL[swap % 3]).await;
    }
    stop.store(true, Ordering::Relaxed);
    let seen: Vec<[Seen; 2]> = clients.join_all().await.into_iter().flatten().collect();

    let mixed: Vec<_> = seen.iter().filter(|[one, other]| one.version != other.version).collect();
    assert!(mixed.is_empty(), "two versions in one transaction: {mixed:?}");
    let versions: BTreeSet<_> = seen.iter().map(|[one, _]| one.version.as_str()).collect();
    assert_eq!(versions, [FIRST, SECOND].into());
    let mut numbers: Vec<u64> = seen.iter().flatten().map(|seen| seen.number).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "lost, or told twice: {numbers:?}");
}

/// What the plugin tells of a recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    version: String,
    number: u64,
}

impl Seen {
    fn new(version: &str, number: u64) -> Self {
        Self { version: version.to_owned(), number }
    }
}

/// Session after session, each of one transaction with two recipients; gives what was told of them.
async fn send_until(stop: Arc<AtomicBool>, relay: SocketAddr) -> Vec<[Seen; 2]> {
    let mut seen = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let mut client = in_a_transaction(relay).await;
        seen.push([recipient(&mut client).await, recipient(&mut client).await]);
        client.say("QUIT").await;
    }
    seen
}

async fn in_a_transaction(relay: SocketAddr) -> Client {
    let mut client = Client::ready(IpAddr::from([127, 0, 0, 1]), relay, None).await.unwrap();
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 250);
    client
}

async fn recipient(client: &mut Client) -> Seen {
    let reply = client.say("RCPT TO:<b@there.example>").await;
    assert_eq!(reply.codes(), "550 5.7.1", "{reply}");
    match reply.text().split(' ').collect::<Vec<_>>()[..] {
        [_, version, "recipient", number, ..] => Seen::new(version, number.parse().unwrap()),
        _ => panic!("{reply}"),
    }
}
