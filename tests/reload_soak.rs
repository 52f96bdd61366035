//! Mail flows while policies are saved in every way that editors have.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;
use waxseal_plugins::reload::Reloaded;
use waxseal_tests::ca::Identity;
use waxseal_tests::client::{Client, message};
use waxseal_tests::decisions::Decision;
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::save::Style;
use waxseal_tests::site::{Site, table};
use waxseal_tests::tls::{self, Versions};

/// How many times a file is saved, in all styles by turns.
const SAVES: usize = 200;

/// What the rows change between: under each of them the soak's mail is delivered.
const POLICIES: [&str; 3] = ["attempt", "prevent", "require"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_transaction_is_dropped_and_none_sees_two_generations() {
    let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..3 {
        clients.spawn(send_until(Arc::clone(&stop), relay.address, number));
    }
    let last = save_again_and_again(&relay).await;
    stop.store(true, Ordering::Relaxed);
    let accepted: Vec<String> = clients.join_all().await.into_iter().flatten().collect();

    // Not every save is seen by itself, but the last one is, and most are.
    assert_eq!(relay.generation(), last);
    assert!(last > 100, "only {last} generations");
    relay.drained().await;
    delivered_once(&host, &accepted);
    each_transaction_has_one_generation(&relay.decisions());
}

/// Saves the table in every style; gives the last generation.
async fn save_again_and_again(relay: &TestRelay) -> u64 {
    let path = relay.site.policies().join("domains.rhai");
    let mut generation = relay.generation();
    for number in 0..SAVES {
        let style = Style::ALL[number % Style::ALL.len()];
        let policy = POLICIES[number % POLICIES.len()];
        let text = table(
            &[r#""client.example" attempt"#],
            &[format!("\"there.example\" {policy} because \"save {number}\"")],
        );
        style.save(&path, &text);
        generation = match relay.reload().await {
            Reloaded::Swapped { generation, .. } | Reloaded::Unchanged { generation } => generation,
            Reloaded::Rejected { diagnostics, .. } => panic!("save {number} ({style:?}): {diagnostics:?}"),
        };
    }
    generation
}

/// Sends mail after mail, in long sessions, every other one inside TLS; gives the subjects. A
/// transaction may last over several reloads, and is always taken.
async fn send_until(stop: Arc<AtomicBool>, relay: SocketAddr, client: usize) -> Vec<String> {
    let config = tls::client(None, Versions::Modern);
    let source = IpAddr::from([127, 0, 0, 1]);
    let mut accepted = Vec::new();
    for session in 0.. {
        let encryption = (session % 2 == 0).then_some(&config);
        let mut connection = Client::ready(source, relay, encryption).await.expect("a handshake");
        for number in 0..10 {
            let subject = format!("soak-{client}-{session}-{number}-end");
            let reply =
                connection.mail("soak@client.example", &["a@there.example"], &message(&subject)).await;
            assert_eq!(reply.code, 250, "{subject}: {reply}");
            accepted.push(subject);
            if stop.load(Ordering::Relaxed) {
                return accepted;
            }
            // What is to be seen is the mixture, not the load.
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        connection.say("QUIT").await;
    }
    accepted
}

fn delivered_once(host: &Host, accepted: &[String]) {
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for text in host.messages().iter().map(Message::text) {
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
        *copies.entry(subject.to_owned()).or_default() += 1;
    }
    let wrong: Vec<_> =
        accepted.iter().filter(|subject| copies.get(*subject).copied().unwrap_or_default() != 1).collect();
    assert!(wrong.is_empty(), "lost or delivered twice: {wrong:?} of {}", accepted.len());
}

/// An incoming session's first transactions and each outgoing attempt are asked of one bundle.
fn each_transaction_has_one_generation(decisions: &[Decision]) {
    let mut generations: BTreeMap<(&str, &str), BTreeSet<u64>> = BTreeMap::new();
    for decision in decisions {
        let key = (decision.text("direction"), decision.text("session"));
        generations.entry(key).or_default().insert(decision.generation());
    }
    let mixed: Vec<_> = generations.iter().filter(|(_, generations)| generations.len() > 1).collect();
    assert!(mixed.is_empty(), "several generations in one session: {mixed:?}");
    assert!(generations.len() > 10, "only {} sessions were recorded", generations.len());
}
