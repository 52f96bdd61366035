//! A message whose end never came is no message (RFC 5321 section 4.1.1.4).

use std::time::Duration;

use waxseal_tests::client::{Client, Reply};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::soon;

#[tokio::test]
async fn a_client_that_falls_silent_in_the_middle_is_told_and_nothing_is_kept() {
    let relay = Site::new().set("timeouts", "command", r#""1s""#).start().await;
    let mut client = amid(relay.client().await).await;
    assert_eq!(client.reply().await.codes(), "421 4.4.2");
    assert_eq!(client.reply().await, Reply::GONE);
    assert_eq!(relay.waiting().await, 0);
}

#[tokio::test]
async fn a_client_that_vanishes_in_the_middle_leaves_nothing() {
    let relay = Site::new().start().await;
    drop(amid(relay.client().await).await);
    let mut client = relay.client().await;
    client.ehlo().await;
    // Cut within TLS, without a close_notify: a truncation, not an end.
    drop(amid(client.start_tls(&tls::client(None, Versions::Modern)).await.unwrap()).await);
    // Stopped, it has no session left: all it would have kept is kept.
    let relay = relay.stop().await.start().await;
    assert_eq!(relay.waiting().await, 0);
}

#[tokio::test]
async fn a_client_that_drips_is_sent_away_though_it_never_pauses() {
    let relay = Site::new().set("timeouts", "command", r#""1s""#).start().await;
    let mut client = amid(relay.client().await).await;
    let dripping = async {
        let mut drips = tokio::time::interval(Duration::from_millis(100));
        loop {
            drips.tick().await;
            client.send("x").await;
            if let Ok(reply) = tokio::time::timeout(Duration::from_millis(50), client.reply()).await {
                return reply;
            }
        }
    };
    assert_eq!(soon("the end of a drip", dripping).await.codes(), "421 4.4.2");
    assert_eq!(relay.waiting().await, 0);
}

/// In the middle of a message, at what looks most like its end.
async fn amid(mut client: Client) -> Client {
    client.ehlo().await;
    assert_eq!(client.envelope("a@client.example", &["b@there.example"]).await.code, 354);
    client.send("Subject: cut\r\n\r\ntext\r\n.").await;
    client
}
