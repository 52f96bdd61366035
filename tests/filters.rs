//! A filter may tighten what a policy says, and never loosen it.

use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;

const SENDER: &str = "someone@senders.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_floor_of_a_filter_holds_on_every_path() {
    let filter = r#"fn offer(host) { if host.domain == "sealed.example" { require("encrypted") } }"#;
    for mode in [Mode::NoStartTls, Mode::Refuse454, Mode::GarbageAfter220] {
        let host = Host::start(mode.clone()).await;
        let site = Site::new().policy("filters/floor.rhai", filter);
        let relay =
            site.host("sealed.example", host.address).host("open.example", host.address).start().await;
        relay.accept(SENDER, "a@sealed.example", &message("sealed")).await;
        relay.accept(SENDER, "a@open.example", &message("open")).await;
        host.messages_until(1).await;
        // The sealed mail has been tried, and tried again.
        let count = host.sessions().len();
        host.ended(count + 1).await;
        assert_eq!(host.messages().len(), 1, "{mode:?}");
        assert_eq!(host.messages()[0].recipients, ["a@open.example"], "{mode:?}");
        relay.waits(1).await;
    }
}

#[tokio::test]
async fn a_filter_that_accepts_changes_no_policy() {
    let filter = "fn mail(client, mail) { accept() }";
    let site = Site::new().policy("filters/lax.rhai", filter).incoming(&[r#""bank.example" require"#]);
    let relay = site.start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
}

#[tokio::test]
async fn a_filter_may_turn_away_a_client_before_the_greeting() {
    let filter =
        r#"fn connect(client) { if client.address == "127.0.10.66" { refuse("5.7.1", "Not you") } }"#;
    let relay = Site::new().policy("filters/clients.rhai", filter).start().await;
    let turned_away = relay.client_from([127, 0, 10, 66]).await.greeting;
    assert_eq!(turned_away.code, 554, "{turned_away}");
    assert!(turned_away.text().contains("Not you"), "{turned_away}");
    assert_eq!(relay.client_from([127, 0, 10, 67]).await.greeting.code, 220);
}

#[tokio::test]
async fn a_filter_may_refuse_a_recipient() {
    let filter = r#"
        fn rcpt(client, recipient) {
            if recipient.domain == "closed.example" { refuse("5.7.1", "Nobody writes there") }
        }
    "#;
    let relay = Site::new().policy("filters/recipients.rhai", filter).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    client.say("MAIL FROM:<a@client.example>").await;
    assert_eq!(client.say("RCPT TO:<a@closed.example>").await.codes(), "550 5.7.1");
    assert_eq!(client.say("RCPT TO:<a@open.example>").await.code, 250);
}
