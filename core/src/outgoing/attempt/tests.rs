//! Whole attempts: names and spool are made up, hosts are played.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
use waxseal_plugins::bundle::Settings;
use waxseal_plugins::reload::{Live, Source};
use waxseal_plugins::wasm::Host;

use self::spool::OneMessage;
use super::*;
use crate::authentication::Authenticator;
use crate::config::Config;
use crate::names::{LookupError, Mx, Names, NoResolver};
use crate::observe::Observer;
use crate::outgoing::UNRECORDED;
use crate::outgoing::ourselves::Ourselves;
use crate::outgoing::peer::{Peer, Script, config};
use crate::outgoing::trip::ADDRESSES;
use crate::outgoing::worker;
use crate::relay::Services;
use crate::relay::signing::Signing;
use crate::spool::{BodyRef, Envelope, LeasedRecipient, Outcome, Purpose, Spool, SpoolError};
use crate::tls::Tls;

mod addresses;
mod spool;
mod ways;

/// What the name system does.
enum Dns {
    /// The domain's host has this address, so many times.
    Addresses(usize),
    /// It has so many different ones.
    Many(u8),
    /// It never answers.
    Silent,
    /// It panics.
    Panics,
}

#[async_trait]
impl Names for Dns {
    async fn mx(&self, _: &str) -> Result<Vec<Mx>, LookupError> {
        match self {
            Self::Addresses(_) | Self::Many(_) => {
                Ok(vec![Mx { preference: 1, host: "mx.example.org".to_owned() }])
            }
            Self::Silent => std::future::pending().await,
            Self::Panics => panic!("a defect"),
        }
    }

    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, LookupError> {
        match self {
            Self::Addresses(count) => Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST); *count]),
            Self::Many(count) => Ok((1..=*count).map(|last| IpAddr::from([127, 0, 0, last])).collect()),
            Self::Silent | Self::Panics => unreachable!(),
        }
    }

    async fn txt(&self, _: &str) -> Result<Vec<String>, LookupError> {
        unreachable!("no text says where mail goes")
    }

    async fn pointers(&self, _: IpAddr) -> Result<Vec<String>, LookupError> {
        unreachable!("no pointer says where mail goes")
    }
}

struct World {
    outbound: Arc<Outbound>,
    spool: Arc<OneMessage>,
    _directory: tempfile::TempDir,
}

impl World {
    fn new(names: Dns, spool: OneMessage, port: u16) -> Self {
        Self::filtered(names, spool, port, "")
    }

    fn filtered(names: Dns, spool: OneMessage, port: u16, filter: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config: Config = config(directory.path(), "enabled = false");
        config.delivery.port = port;
        let filters = config.policies.join("filters");
        std::fs::create_dir_all(&filters)
            .and_then(|()| std::fs::write(filters.join("one.rhai"), filter))
            .unwrap();
        let source = Source {
            directory: config.policies.clone(),
            last_good: config.data_dir.join("last_good"),
            settings: Settings::default(),
        };
        let (tls, _) = Tls::load(&config).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let live = Live::load(source).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let spool = Arc::new(spool);
        let services = Arc::new(Services {
            shadow: crate::shadow::Shadow::default(),
            certificates: Default::default(),
            authenticator: Authenticator::new(
                Err(NoResolver("nobody asks".to_owned())),
                "mail.example.org",
                Duration::from_secs(1),
            ),
            signing: Signing::load(&config).unwrap_or_else(|wrong| panic!("{wrong:?}")),
            config,
            live,
            tls,
            spool: Arc::clone(&spool) as Arc<dyn Spool>,
            observer: Observer::off(),
            names: Err(NoResolver("the attempt has its own".to_owned())),
            plugins: Host::default(),
            sessions: Default::default(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let outbound = Outbound::new(services, Arc::new(names));
        Self { outbound: Arc::new(outbound), spool, _directory: directory }
    }

    /// The outcomes of an attempt for so many recipients, each in words.
    async fn attempt(&self, recipients: u32) -> Vec<String> {
        worker::run(Arc::clone(&self.outbound), lease(recipients)).await;
        self.outbound.services.tasks.close();
        self.outbound.services.tasks.wait().await;
        let mut settled = self.spool.settled.lock().unwrap().clone();
        settled.sort_by_key(|(number, _)| *number);
        settled.into_iter().map(|(_, outcome)| words(outcome)).collect()
    }
}

fn words(outcome: Outcome) -> String {
    match outcome {
        Outcome::Delivered => "delivered".to_owned(),
        Outcome::Deferred { status, .. } => format!("deferred {} {}", status.code, status.reason),
        Outcome::Failed { status } => format!("failed {} {}", status.code, status.reason),
        Outcome::Abandoned => "abandoned".to_owned(),
    }
}

pub(in crate::outgoing) fn lease(recipients: u32) -> Lease {
    let recipient = |number| LeasedRecipient {
        number,
        address: format!("r{number}@example.org"),
        attempts: 0,
        last: None,
        dsn: Default::default(),
        attention: Timestamp::MAX,
    };
    let envelope = Envelope {
        id: Uuid::nil(),
        received: Timestamp::now(),
        sender: "ann@example.net".to_owned(),
        size: 19,
        eight_bit: false,
        smtp_utf8: false,
        dsn: Default::default(),
        tags: Default::default(),
        quarantine: None,
    };
    Lease {
        envelope: Arc::new(envelope),
        domain: "example.org".to_owned(),
        recipients: (0..recipients).map(recipient).collect(),
        purpose: Purpose::Deliver,
        body: BodyRef::of(Uuid::nil()),
        epoch: 1,
    }
}

/// A transaction of so many recipients, stepwise.
fn transaction(recipients: usize) -> Script {
    let rcpt = vec![("RCPT", "250 ok\r\n"); recipients];
    [vec![("MAIL", "250 ok\r\n")], rcpt, vec![("DATA", "354 go\r\n"), (">", "250 queued\r\n")]].concat()
}

#[tokio::test]
async fn more_than_a_hundred_recipients_go_in_transactions_of_a_hundred() {
    let greeting = vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n")];
    let script = [greeting, transaction(100), transaction(50)].concat();
    let peer = Peer::playing(vec![script]).await;
    let world = World::new(Dns::Addresses(1), OneMessage::default(), peer.endpoint.address.port());
    assert_eq!(world.attempt(150).await, vec!["delivered"; 150]);
    let heard = peer.heard().await.remove(0);
    assert_eq!(heard.iter().filter(|line| line.starts_with("MAIL")).count(), 2);
    assert_eq!(heard.iter().filter(|line| line.starts_with("RCPT")).count(), 150);
}

#[tokio::test]
async fn a_reset_after_the_confirmation_delivers_nobody_twice() {
    let greeting = || vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n")];
    // It breaks after the first hundred; the other address takes the rest.
    let first = [greeting(), transaction(100)].concat();
    let second = [greeting(), transaction(50)].concat();
    let peer = Peer::playing(vec![first, second]).await;
    let world = World::new(Dns::Addresses(2), OneMessage::default(), peer.endpoint.address.port());
    assert_eq!(world.attempt(150).await, vec!["delivered"; 150]);
    let heard = peer.heard().await.concat();
    let named: Vec<_> = heard.iter().filter(|line| line.starts_with("RCPT")).collect();
    assert_eq!(named.len(), 150);
}

/// What a crash would repeat is bounded, however many workers come after each other.
#[tokio::test(start_paused = true)]
async fn while_the_disk_stands_still_workers_do_not_go_on() {
    let world = World::new(Dns::Addresses(0), OneMessage::default(), 1);
    let stands_still = Arc::clone(&world.spool.disk).write_owned().await;
    let run = |_| worker::run(Arc::clone(&world.outbound), lease(1));
    let mut workers: JoinSet<()> = (0..UNRECORDED + 3).map(run).collect();
    for _ in 0..UNRECORDED {
        workers.join_next().await.unwrap().unwrap();
    }
    let next = timeout(Duration::from_secs(60), workers.join_next()).await;
    assert!(next.is_err(), "one more has gone on");
    drop(stands_still);
    assert_eq!(workers.join_all().await.len(), 3);
}

#[tokio::test]
async fn an_address_is_asked_once_whether_its_connection_was_kept_or_not() {
    let greeting = || vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n")];
    let grey: Script = vec![("MAIL", "250 ok\r\n"), ("RCPT", "451 4.7.1 grey\r\n"), ("QUIT", "221 bye\r\n")];
    let kept = [greeting(), transaction(1), grey.clone()].concat();
    let peer = Peer::playing(vec![kept, [greeting(), grey].concat()]).await;
    let world = World::new(Dns::Addresses(1), OneMessage::default(), peer.endpoint.address.port());
    assert_eq!(world.attempt(1).await, ["delivered"]);
    assert_eq!(world.attempt(1).await[1], "deferred 4.7.1 the host refused the recipient");
    assert!(peer.is_waiting(), "it was asked again at once");
}

#[tokio::test]
async fn a_host_that_takes_one_transaction_a_connection_gets_as_many_connections() {
    let greeting = || vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n")];
    let scripts = [100, 100, 50].map(|recipients| [greeting(), transaction(recipients)].concat());
    let peer = Peer::playing(scripts.to_vec()).await;
    let world = World::new(Dns::Addresses(1), OneMessage::default(), peer.endpoint.address.port());
    assert_eq!(world.attempt(250).await, vec!["delivered"; 250]);
    assert_eq!(peer.heard().await.concat().iter().filter(|line| line.starts_with("RCPT")).count(), 250);
}

#[tokio::test]
async fn what_a_host_may_have_taken_is_not_brought_to_the_next() {
    let greeting = || vec![("", "220 mx\r\n"), ("EHLO", "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n")];
    let silent = [greeting(), vec![("MAIL", ""), ("RCPT", ""), ("BDAT", "250 ok\r\n250 ok\r\n")]].concat();
    let peer = Peer::playing(vec![silent.clone(), silent]).await;
    let world = World::new(Dns::Addresses(2), OneMessage::default(), peer.endpoint.address.port());
    let outcome = world.attempt(1).await.remove(0);
    assert!(outcome.starts_with("deferred 4.4.2") && outcome.contains("may arrive twice"), "{outcome}");
    assert!(peer.is_waiting(), "it went to the next address");
}

#[tokio::test]
async fn a_host_that_closes_before_it_confirms_leaves_the_mail_with_us() {
    let mut script = [vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n")], transaction(1)].concat();
    script.pop();
    script.push((">", ""));
    let peer = Peer::playing(vec![script]).await;
    let world = World::new(Dns::Addresses(1), OneMessage::default(), peer.endpoint.address.port());
    let outcome = world.attempt(1).await.remove(0);
    assert!(outcome.starts_with("deferred 4.4.2"), "{outcome}");
    assert!(outcome.contains("may arrive twice"), "{outcome}");
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_not_offered_to_other_hosts() {
    let script = vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n"), ("QUIT", "221 bye\r\n")];
    let peer = Peer::playing(vec![script.clone(), script]).await;
    let spool = OneMessage { unreadable: Some(SpoolError::Unknown), ..OneMessage::default() };
    let world = World::new(Dns::Addresses(2), spool, peer.endpoint.address.port());
    let expected = "deferred 4.3.0 the relay could not read the message: no such message";
    assert_eq!(world.attempt(1).await, [expected]);
    assert!(peer.is_waiting());
}

#[tokio::test]
async fn a_stop_gives_the_attempt_back() {
    let world = World::new(Dns::Silent, OneMessage::default(), 1);
    world.outbound.services.stopping.cancel();
    assert_eq!(world.attempt(2).await, ["abandoned", "abandoned"]);
}

#[tokio::test]
async fn an_attempt_has_a_deadline() {
    let world = World::new(Dns::Silent, OneMessage::default(), 1);
    tokio::time::pause();
    assert_eq!(world.attempt(1).await, ["deferred 4.4.7 the attempt took too long"]);
}

#[tokio::test]
async fn a_panic_leaves_no_lease_behind() {
    let world = World::new(Dns::Panics, OneMessage::default(), 1);
    let expected = "deferred 4.3.0 the relay failed in the middle of the attempt";
    assert_eq!(world.attempt(1).await, [expected]);
}

#[tokio::test]
async fn a_panic_while_it_is_recorded_leaves_no_lease_behind() {
    let spool = OneMessage { panics: Mutex::new(1), ..OneMessage::default() };
    let world = World::new(Dns::Panics, spool, 1);
    assert_eq!(world.attempt(2).await, ["abandoned", "abandoned"]);
}

#[tokio::test]
async fn what_could_not_be_recorded_is_recorded_later() {
    let failures = Mutex::new(vec![SpoolError::Full, SpoolError::Failed("broken".to_owned())]);
    let world = World::new(Dns::Panics, OneMessage { failures, ..OneMessage::default() }, 1);
    tokio::time::pause();
    assert_eq!(world.attempt(1).await.len(), 1);
    let lost = Mutex::new(vec![SpoolError::LeaseLost]);
    let world = World::new(Dns::Panics, OneMessage { failures: lost, ..OneMessage::default() }, 1);
    assert!(world.attempt(1).await.is_empty(), "it is another's");
}

#[tokio::test]
async fn mail_is_not_brought_to_ourselves_under_another_name() {
    let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = relay.local_addr().unwrap();
    let mut world = World::new(Dns::Addresses(1), OneMessage::default(), address.port());
    let ourselves = crate::config::Listener { address, mode: crate::config::ListenerMode::StartTls };
    Arc::get_mut(&mut world.outbound).unwrap().ourselves = Ourselves::new(&[ourselves]);
    let expected =
        "deferred 4.4.6 the hosts of example.org lead back to this relay, which does not keep its mail";
    assert_eq!(world.attempt(1).await, [expected]);
}
