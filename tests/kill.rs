//! `kill -9` at any time loses nothing that was answered with 250.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Message, Mode, Taking};
use waxseal_tests::site::Site;

/// How many clients send at once.
const CLIENTS: usize = 4;

/// After how many accepted mails the relay is killed.
const ACCEPTED: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mail_answered_with_250_is_delivered_once_after_a_restart() {
    // Nothing is delivered before the kill, so that "once" can be held strictly.
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::Defer).await;
    let site = Site::new().host("there.example", host.address);
    let (accepted, site) = kill_under_load(site).await;

    host.change(Mode::NoStartTls, Taking::Accept);
    let _restarted = site.spawn().await;
    let copies = delivered(&host, &accepted).await;
    let twice: Vec<_> = copies.iter().filter(|(_, copies)| **copies > 1).collect();
    assert!(twice.is_empty(), "delivered more than once: {twice:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_amid_deliveries_loses_nothing_and_repeats_only_those_in_flight() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address).set(
        "delivery",
        "connections",
        "{ total = 4, host = 4 }",
    );
    let (accepted, site) = kill_under_load(site).await;

    let _restarted = site.spawn().await;
    let copies = delivered(&host, &accepted).await;
    let repeated: usize = copies.values().map(|copies| copies - 1).sum();
    // Taken by the host, and the relay killed before it could write that down: no relay can help it
    // (RFC 5321 section 6.1); as many at most as may cross or await their record at once.
    assert!(repeated <= 2 * 4, "{repeated} mails were delivered more than once");
}

/// Loads a relay with mail, kills it, and gives the subjects that were answered with 250.
async fn kill_under_load(site: Site) -> (Vec<String>, Site) {
    let relay = site.spawn().await;
    let (report, mut reports) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(send_until_gone(relay.address, number, report.clone()));
    }
    drop(report);
    let mut accepted = Vec::new();
    while accepted.len() < ACCEPTED {
        accepted.push(reports.recv().await.expect("the clients send until the relay is gone"));
    }
    let site = relay.kill().await;
    clients.join_all().await;
    while let Some(subject) = reports.recv().await {
        accepted.push(subject);
    }
    (accepted, site)
}

async fn send_until_gone(relay: SocketAddr, client: usize, report: mpsc::UnboundedSender<String>) {
    let mut connection = Client::connect(relay).await;
    connection.ehlo().await;
    for number in 0.. {
        let subject = format!("load-{client}-{number}-end");
        let reply = connection.mail("load@client.example", &["a@there.example"], &message(&subject)).await;
        match reply.code {
            250 => report.send(subject).expect("the test listens"),
            0 => return,
            _ => panic!("a relay that is well says {reply}"),
        }
    }
}

/// Awaits all of them at the host, then a while for copies, and counts these by subject.
async fn delivered(host: &Host, accepted: &[String]) -> BTreeMap<String, usize> {
    host.until(format!("{} mails after the restart", accepted.len()), |sessions| {
        let texts: Vec<String> =
            sessions.iter().flat_map(|session| &session.messages).map(Message::text).collect();
        accepted.iter().all(|subject| texts.iter().any(|text| text.contains(subject))).then_some(())
    })
    .await;
    // That something does not happen can only be seen by waiting: longer than a retry.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let texts: Vec<String> = host.messages().iter().map(Message::text).collect();
    let copies = |subject: &String| texts.iter().filter(|text| text.contains(subject)).count();
    accepted.iter().map(|subject| (subject.clone(), copies(subject))).collect()
}
