//! Connections that send nothing cost little, and end.

use std::net::SocketAddr;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

/// What this test would open.
const WANTED: usize = 10_000;

/// Kept for all else that runs in this process.
const RESERVED: usize = 500;

/// What a connection that sends nothing may cost the relay, octets.
const MEMORY_EACH: u64 = 8 * 1024;

/// How many connections idle inside TLS, and what each may cost, octets.
const TLS_COUNT: usize = 1000;
const MEMORY_EACH_TLS: u64 = 20 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_that_send_nothing_cost_little_memory_and_no_mail() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new()
        .host("there.example", host.address)
        .set("limits", "sessions", "20000")
        .set("limits", "sessions_per_client", "20000")
        .spawn()
        .await;
    let count = WANTED.min(open_files().saturating_sub(RESERVED));
    let before = relay.memory();
    let silent = connect(relay.address, count).await;

    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    assert_eq!(client.mail("a@client.example", &["b@there.example"], &message("amid")).await.code, 250);
    host.messages_until(1).await;

    let each = relay.memory().saturating_sub(before) / u64::try_from(count).unwrap();
    assert!(each < MEMORY_EACH, "{count} connections cost {each} octets each");
    drop(silent);
    assert_eq!(Client::connect(relay.address).await.greeting.code, 220);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_inside_tls_cost_little_memory() {
    let relay = Site::new().set("limits", "sessions_per_client", "20000").spawn().await;
    // What the first handshakes cost once is not counted.
    drop(idle_inside_tls(relay.address, 50).await);
    let before = relay.memory();
    let idle = idle_inside_tls(relay.address, TLS_COUNT).await;
    let each = relay.memory().saturating_sub(before) / u64::try_from(TLS_COUNT).unwrap();
    assert!(each < MEMORY_EACH_TLS, "{TLS_COUNT} connections inside TLS cost {each} octets each");
    drop(idle);
}

#[tokio::test]
async fn a_client_that_says_nothing_is_sent_away_in_time() {
    let relay = Site::new().set("timeouts", "command", r#""1s""#).start().await;
    let mut client = relay.client().await;
    assert_eq!(client.greeting.code, 220);
    assert_eq!(client.reply().await.code, 421);
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_a_handshake_is_sent_away_in_time() {
    let relay = Site::new().set("timeouts", "handshake", r#""1s""#).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("STARTTLS").await.code, 220);
    // A record's head, and nothing after it.
    client.send(b"\x16\x03\x01\x02\x00").await;
    client.rest().await;
}

/// Connects so many times, and awaits each greeting: a session that has begun.
async fn connect(relay: SocketAddr, count: usize) -> Vec<TcpStream> {
    let mut connecting = JoinSet::new();
    for _ in 0..50 {
        connecting.spawn(async move {
            let mut connections = Vec::new();
            for _ in 0..count / 50 {
                let connection = TcpStream::connect(relay).await.expect("the relay takes it");
                connection.readable().await.expect("a greeting");
                connections.push(connection);
            }
            connections
        });
    }
    connecting.join_all().await.into_iter().flatten().collect()
}

/// Makes so many connections go over to TLS, and say EHLO.
async fn idle_inside_tls(relay: SocketAddr, count: usize) -> Vec<Client> {
    let config = tls::client(None, Versions::Modern);
    let mut clients = Vec::new();
    for _ in 0..count {
        let client = Client::ready([127, 0, 0, 1].into(), relay, Some(&config)).await;
        clients.push(client.expect("a handshake"));
    }
    clients
}

/// How many files this process may open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("the limits of this process");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("one of files");
    line.split_whitespace().next().and_then(|soft| soft.parse().ok()).unwrap_or(usize::MAX)
}
