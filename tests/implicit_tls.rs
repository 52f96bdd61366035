//! Listeners on which TLS begins with the first byte (RFC 8314 section 3.3) ask the same policies,
//! except for what makes no sense there.

use waxseal_tests::client::Client;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

#[tokio::test]
async fn the_same_rows_hold() {
    let rows = [r#""require.example" require"#, r#""verified.example" require_verified"#];
    let relay = Site::new().implicit_listener().incoming(&rows).start().await;
    let mut client = connect(&relay).await.unwrap();
    assert_eq!(client.greeting.code, 220);
    assert!(!client.ehlo().await.offers("STARTTLS"));
    assert_eq!(client.say("MAIL FROM:<a@require.example>").await.code, 250);
    assert_eq!(client.say("RSET").await.code, 250);
    assert_eq!(client.say("MAIL FROM:<a@verified.example>").await.codes(), "554 5.7.5");
}

#[tokio::test]
async fn the_offer_is_asked_of_nobody() {
    let script = r#"fn offer(client) { refuse("Never") } fn mail(client, mail) { accept() }"#;
    let site = Site::new().policy("incoming/never.rhai", script).incoming(&[r#""*" never"#]);
    let relay = site.implicit_listener().start().await;
    let mut client = connect(&relay).await.unwrap();
    assert_eq!(client.ehlo().await.code, 250);
    assert_eq!(client.say("STARTTLS").await.code / 100, 5);
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 250);
    relay.decision("a decision at mail", |it| it.is("incoming", "mail")).await;
    assert!(!relay.decisions().iter().any(|it| it.is("incoming", "offer")));
}

#[tokio::test]
async fn a_refused_start_closes_the_connection() {
    let script = r#"
        fn start(client) { if client.implicit_tls { refuse("Not here") } else { accept() } }
        fn mail(client, mail) { accept() }
    "#;
    let site = Site::new().policy("incoming/elsewhere.rhai", script).incoming(&[r#""*" elsewhere"#]);
    let relay = site.implicit_listener().start().await;
    assert!(connect(&relay).await.is_err());
    let mut client = relay.client().await;
    client.ehlo().await;
    assert!(client.start_tls(&tls::client(None, Versions::Modern)).await.is_ok());
}

async fn connect(relay: &TestRelay) -> std::io::Result<Client> {
    let config = tls::client(None, Versions::Modern);
    Client::connect_implicit(relay.implicit.expect("an implicit listener"), &config).await
}
