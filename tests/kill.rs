//! `kill -9` at any time loses nothing that was answered with 250.

mod ledger;
mod senders;
mod sink;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use waxseal::admin::protocol::{Request, Response};
use waxseal::admin::{SOCKET, control};
use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Message, Mode, Taking};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::{PATIENCE, soon};

use self::ledger::Ledger;
use self::senders::Senders;
use self::sink::{Dies, Manner, Sink, TAKEN};

/// How many clients send at once.
const CLIENTS: usize = 4;

/// After how many accepted mails the relay is killed.
const ACCEPTED: usize = 150;

/// How often the relay is killed, unless this says otherwise.
const CRASHES: usize = 4;
const VARIABLE: &str = "WAXSEAL_TEST_CRASHES";

/// After how many mails at most, accepted or taken, it is killed again.
const EVENTS: usize = 250;

/// How many connections the relay may have at once to one host.
const CONNECTIONS: usize = 3;

/// What one crash may repeat of a destination: what its host has taken, and the relay was killed before it
/// could write that down. No relay can help one mail a connection (RFC 5321 section 4.5.4.1); ours goes on
/// meanwhile, as far as its leases go: four for each connection.
const REPEATS: usize = CONNECTIONS * 4;

const CLEAR: &str = "clear.example";
const SEALED: &str = "sealed.example";
const CHUNKS: &str = "chunks.example";
const POSTBOX: &str = "senders.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_nothing_and_repeats_only_what_it_had_no_time_to_record() {
    let crashes = std::env::var(VARIABLE).ok().and_then(|count| count.parse().ok()).unwrap_or(CRASHES);
    let ledger = Ledger::new();
    let (mut site, sinks) = world(&ledger).await;
    let senders = Senders::new(ledger.clone(), tls::client(None, Versions::Modern));
    for _ in 0..crashes {
        let relay = site.spawn().await;
        let sending = senders.start(relay.address).await;
        soon("mail to come and go", ledger.events(1 + random(EVENTS))).await;
        // Whatever it is about, some microseconds later.
        tokio::time::sleep(Duration::from_micros(random(3000) as u64)).await;
        site = relay.kill().await;
        sending.join_all().await;
        for sink in &sinks {
            sink.quiet().await;
        }
        ledger.next_life();
    }
    let relay = site.spawn().await;
    // Whatever is missing then is named below.
    let ended = timeout(PATIENCE, delivered(&relay.site, &ledger)).await;
    let count = ledger.count();
    #[expect(clippy::print_stdout, reason = "the figures are worth more than that they are within bounds")]
    {
        println!("{crashes} crashes: {count}");
    }
    assert_eq!(count.lost, [], "{count}");
    assert!(ended.is_ok(), "all is delivered, but the queue does not end: {count}");
    assert_eq!(count.wrong, [""; 0], "{count}");
    assert!(count.most_repeats() <= REPEATS, "{count}");
}

/// The host has the mail, but who can know? RFC 5321 section 4.5.4.1: better twice than not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_gone_amid_its_250_gets_the_mail_again() {
    let ledger = Ledger::new();
    let manner = Manner { domain: CLEAR, tls: None, extensions: &[], dies: Dies::First(TAKEN.len()) };
    let sink = Sink::start(manner, ledger.clone()).await;
    let relay = Site::new().host(CLEAR, sink.address).start().await;
    for number in 0..TAKEN.len() {
        let content = format!("Message-ID: <load-{number}@load.example>\r\n\r\nOnce.\r\n");
        relay.accept("someone@there.example", &format!("someone@{CLEAR}"), &content).await;
        ledger.accepted(number.to_string(), vec![CLEAR]);
    }
    relay.drained().await;
    let count = ledger.count();
    assert_eq!(count.unsaid, TAKEN.len(), "each beginning of a 250 is none: {count}");
    assert!(count.lost.is_empty() && count.wrong.is_empty() && count.repeats.is_empty(), "{count:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mail_answered_with_250_is_delivered_once_after_a_restart() {
    // Nothing is delivered before the kill, so that "once" can be held strictly.
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::Defer).await;
    let site = Site::new().host("there.example", host.address);
    let (accepted, site) = kill_under_load(site).await;

    host.change(Mode::NoStartTls, Taking::Accept);
    let _restarted = site.spawn().await;
    let copies = copies(&host, &accepted).await;
    let twice: Vec<_> = copies.iter().filter(|(_, copies)| **copies > 1).collect();
    assert!(twice.is_empty(), "delivered more than once: {twice:?}");
}

/// Four hosts: three that take mail, in clear, inside TLS and in chunks, and the sender's, for notices. One
/// dies now and then amid its word.
async fn world(ledger: &Ledger) -> (Site, Vec<Sink>) {
    let connections = format!("{{ host = {CONNECTIONS} }}");
    let mut site =
        Site::new().set("delivery", "connections", connections).outgoing(&[&format!("\"{SEALED}\" require")]);
    let identity = site.authority.issue(&["mx.sealed.example"]);
    let sealed = tls::server(&identity, Versions::Modern);
    let mut sinks = Vec::new();
    for (domain, tls, extensions, dies) in [
        (CLEAR, None, &["PIPELINING"][..], Dies::Never),
        (SEALED, Some(sealed), &[], Dies::Never),
        (CHUNKS, None, &["PIPELINING", "CHUNKING"], Dies::Every(23)),
        (POSTBOX, None, &["PIPELINING"], Dies::Never),
    ] {
        let sink = Sink::start(Manner { domain, tls, extensions, dies }, ledger.clone()).await;
        site = site.host(domain, sink.address);
        sinks.push(sink);
    }
    (site, sinks)
}

/// Awaits all that was accepted, and then the end of the queue, so that nothing can come after it.
async fn delivered(site: &Site, ledger: &Ledger) {
    let socket = site.data().join(SOCKET);
    while ledger.awaited() > 0 || waiting(&socket).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How many messages wait in the queue.
async fn waiting(socket: &Path) -> u64 {
    match control::ask(socket, &Request::Status).await.expect("the relay runs") {
        Response::Status(status) => status.queue.messages,
        answer => panic!("no status: {answer:?}"),
    }
}

/// A number below this one.
fn random(below: usize) -> usize {
    // The standard library seeds each of these anew.
    usize::try_from(RandomState::new().build_hasher().finish() >> 33).expect("31 bits") % below
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
async fn copies(host: &Host, accepted: &[String]) -> BTreeMap<String, usize> {
    host.until(format!("{} mails after the restart", accepted.len()), |sessions| {
        let texts: Vec<String> =
            sessions.iter().flat_map(|session| &session.messages).map(Message::text).collect();
        accepted.iter().all(|subject| texts.iter().any(|text| text.contains(subject))).then_some(())
    })
    .await;
    // That something does not happen can only be seen by waiting: longer than a retry.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let texts: Vec<String> = host.messages().iter().map(Message::text).collect();
    let of = |subject: &String| texts.iter().filter(|text| text.contains(subject)).count();
    accepted.iter().map(|subject| (subject.clone(), of(subject))).collect()
}
