//! A destination gets what it can take, in its turn: one that is dead or has too much delays nobody
//! else, and is not asked for each of its mails.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use waxseal_tests::client::message;
use waxseal_tests::command::waxseal;
use waxseal_tests::host::{Host, Mode, Session, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

const SENDER: &str = "someone@senders.example";

/// Mail for a dead destination: sessions, and messages of each.
const SESSIONS: usize = 20;
const MESSAGES: usize = 100;

/// How long a mail to another destination may take, on a machine that does much else.
const SOON: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_mails_for_a_dead_destination_delay_nobody_and_are_not_tried_each() {
    let good = Host::start(Mode::NoStartTls).await;
    let relay = Site::new()
        .host("dead.example", refusing())
        .host("good.example", good.address)
        .set("delivery", "retry", r#"["1h"]"#)
        .start()
        .await;
    let flood = flood(&relay, "dead.example", SESSIONS, MESSAGES);
    let mut slowest = Duration::ZERO;
    for number in 1..=5 {
        let start = Instant::now();
        relay.accept(SENDER, "a@good.example", &message("passes by")).await;
        good.messages_until(number).await;
        slowest = slowest.max(start.elapsed());
    }
    flood.join_all().await;
    assert!(slowest < SOON, "a mail took {slowest:?}");
    assert_eq!(relay.waiting().await, (SESSIONS * MESSAGES) as u64);
    // A few found out, for all.
    let tried = counted(&relay, r#"waxseal_attempts_total{outcome="deferred""#);
    assert!((1..50).contains(&tried), "{tried} attempts");
    assert!(counted(&relay, "waxseal_destinations_put_off_total") >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_that_is_back_gets_all_that_waits() {
    let address = refusing();
    let relay = Site::new().host("there.example", address).start().await;
    flood(&relay, "there.example", 5, 20).join_all().await;
    assert_eq!(relay.waiting().await, 100);
    let host = Host::start_at(&address.to_string(), Mode::NoStartTls, Taking::Accept).await;
    host.messages_until(100).await;
    relay.drained().await;
    let first = &host.sessions()[0];
    assert!(first.messages.len() > 1, "the probe's connection went on with what followed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_need_not_wait_for_a_destination_that_is_left_alone() {
    let address = refusing();
    let site = Site::new().host("there.example", address).set("delivery", "retry", r#"["1h"]"#);
    let relay = site.start().await;
    relay.accept(SENDER, "a@there.example", &message("waits")).await;
    let configuration = relay.site.write();
    let recorded = async {
        let list = ["queue", "list", "--messages", "--json"];
        while !waxseal(&configuration, &list).await.output.contains(r#""attempts":1"#) {}
    };
    soon("the attempt to be recorded", recorded).await;
    let host = Host::start_at(&address.to_string(), Mode::NoStartTls, Taking::Accept).await;
    let said = waxseal(&configuration, &["queue", "retry", "--domain", "there.example"]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    host.messages_until(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_goes_on_with_the_next_message_at_once() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address);
    let relay = site.set("delivery", "connections", "{ host = 1 }").start().await;
    flood(&relay, "there.example", 4, 25).join_all().await;
    host.messages_until(100).await;
    let sessions = host.sessions();
    assert!(sessions.len() < 10, "{} connections for 100 messages", sessions.len());
    let asked = sessions.iter().flat_map(|session| &session.commands).filter(|it| *it == "RSET").count();
    assert!(asked < 10, "{asked} times it was asked whether it is still there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_connection_that_the_host_closes_costs_no_attempt() {
    // It takes one message on each connection.
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::AcceptOne).await;
    let site = Site::new().host("there.example", host.address).set("delivery", "retry", r#"["1h"]"#);
    let relay = site.set("delivery", "connections", "{ host = 2 }").start().await;
    flood(&relay, "there.example", 2, 20).join_all().await;
    host.messages_until(40).await;
    relay.drained().await;
    assert_eq!(counted(&relay, r#"waxseal_attempts_total{outcome="deferred""#), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_has_too_much_is_left_alone_for_a_while() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::TooBusy).await;
    let site = Site::new().host("busy.example", host.address).set("delivery", "retry", r#"["1h"]"#);
    let relay = site.start().await;
    flood(&relay, "busy.example", 5, 20).join_all().await;
    host.until("its first session", |sessions| (!sessions.is_empty()).then_some(())).await;
    relay.accept(SENDER, "a@busy.example", &message("one more")).await;
    let tried = counted(&relay, r#"waxseal_attempts_total{outcome="deferred""#);
    assert!(tried < 20, "{tried} attempts for 101 messages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_domains_of_one_dead_host_leave_the_places_to_others() {
    // It takes connections, since the system does, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let good = Host::start(Mode::NoStartTls).await;
    let mut site = Site::new().host("good.example", good.address).set("timeouts", "reply", r#""60s""#).set(
        "delivery",
        "connections",
        "{ total = 10, host = 3 }",
    );
    let domains: Vec<String> = (0..40).map(|number| format!("d{number}.example")).collect();
    for domain in &domains {
        site = site.route(domain, silent.local_addr().unwrap());
    }
    let relay = site.start().await;
    for domain in &domains {
        relay.accept(SENDER, &format!("a@{domain}"), &message("waits")).await;
    }
    for number in 1..=3 {
        let start = Instant::now();
        relay.accept(SENDER, "a@good.example", &message("passes by")).await;
        good.messages_until(number).await;
        assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_busy_destination_does_not_keep_the_only_place() {
    // The same host for two domains, and then two hosts.
    for apart in [false, true] {
        let busy = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::Slowly).await;
        let other = Host::start(Mode::NoStartTls).await;
        let their_host = if apart { &other } else { &busy };
        let site = Site::new().route("busy.example", busy.address).route("b.example", their_host.address);
        let connections = if apart { "{ total = 1 }" } else { "{ total = 10, host = 1 }" };
        let relay = site.set("delivery", "connections", connections).start().await;
        // The host of both is known.
        relay.accept(SENDER, "a@b.example", &message("first")).await;
        their_host.messages_until(1).await;
        let endless = flood(&relay, "busy.example", 8, usize::MAX);
        busy.messages_until(100).await;
        relay.accept(SENDER, "a@b.example", &message("second")).await;
        let before = busy.messages().len();
        let of_other =
            |it: &Session| it.messages.iter().filter(|it| it.recipients[0] == "a@b.example").count();
        let both = |all: &[Session]| (all.iter().map(of_other).sum::<usize>() == 2).then_some(());
        their_host.until("the second mail to pass by", both).await;
        let meanwhile = busy.messages().len() - before;
        assert!(meanwhile < 300, "{meanwhile} messages of the other went first");
        drop(endless);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_is_held() {
    let host = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("slow.example", host.address);
    let relay = site.set("delivery", "rate", r#"{ messages = "2/s" }"#).start().await;
    let start = Instant::now();
    flood(&relay, "slow.example", 1, 5).join_all().await;
    host.messages_until(5).await;
    assert!(start.elapsed() >= Duration::from_millis(1900), "5 messages in {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_whose_handshakes_stall_costs_no_timeout_for_each_mail() {
    let host = Host::start(Mode::SilentAfter220).await;
    let site = Site::new().host("there.example", host.address).set("timeouts", "handshake", r#""1s""#);
    let relay = site.set("delivery", "connections", "{ host = 1 }").start().await;
    flood(&relay, "there.example", 1, 12).join_all().await;
    host.messages_until(12).await;
    let stalled = host.sessions().iter().filter(|session| session.was_told("STARTTLS")).count();
    assert_eq!(stalled, 3, "then the policy stays in clear");
}

/// An address where nobody listens.
fn refusing() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Sends so many messages in each of so many sessions.
fn flood(relay: &TestRelay, domain: &str, sessions: usize, messages: usize) -> JoinSet<()> {
    let mut running = JoinSet::new();
    for session in 0..sessions {
        let (address, domain) = (relay.address, domain.to_owned());
        running.spawn(async move {
            let mut client = waxseal_tests::client::Client::connect(address).await;
            client.ehlo().await;
            for number in 0..messages {
                let recipient = format!("n{session}.{number}@{domain}");
                assert_eq!(client.mail(SENDER, &[&recipient], &message("one of many")).await.code, 250);
            }
        });
    }
    running
}

/// The sum of the metrics that begin so.
fn counted(relay: &TestRelay, name: &str) -> u64 {
    let metrics = relay.metrics();
    let lines = metrics.lines().filter(|line| line.starts_with(name));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
