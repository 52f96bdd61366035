//! A large message streams through: it costs no memory of its size.

use waxseal_tests::client::Client;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;

/// The size of the message, octets.
const SIZE: usize = 50 * 1024 * 1024;

/// What the relay may need more than before it, octets.
const MEMORY: u64 = 12 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_mebibytes_come_and_go_without_being_held_in_memory() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = Site::new()
        .host("there.example", host.address)
        .set("limits", "message_size", r#""60MiB""#)
        .set("timeouts", "data_end", r#""60s""#)
        .spawn()
        .await;
    let before = relay.memory();
    let line = format!("{}\r\n", "0123456789".repeat(7));
    let chunk = line.repeat(1024);
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    assert_eq!(client.envelope("a@client.example", &["b@there.example"]).await.code, 354);
    client.send("Subject: large\r\n\r\n").await;
    let chunks = SIZE / chunk.len();
    for _ in 0..chunks {
        client.send(&chunk).await;
    }
    assert_eq!(client.say(".").await.code, 250);

    let arrived = host.messages_until(1).await.remove(0);
    assert!(arrived.content.ends_with(chunk.as_bytes()));
    let body =
        arrived.content.windows(4).position(|octets| octets == b"\r\n\r\n").expect("a header's end") + 4;
    assert_eq!(arrived.content.len() - body, chunks * chunk.len());
    let grown = relay.peak_memory().saturating_sub(before);
    assert!(grown < MEMORY, "the relay grew by {} KiB", grown / 1024);
}
