//! Never an open relay, in any configuration that loads.

use waxseal::config::Config;
use waxseal_tests::client::Client;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

/// Recipients, and what a client that may not relay is told of them.
#[rustfmt::skip]
const RECIPIENTS: [(&str, &str); 13] = [
    ("a@here.example",                     "250"),
    ("A@HERE.Example",                     "250"),
    ("postmaster",                         "250"),
    ("a@below.here-too.example",           "250"),
    ("a@here-too.example",                 "550 5.7.1"),
    ("a@elsewhere.example",                "550 5.7.1"),
    ("a@nothere.example",                  "550 5.7.1"),
    ("a@here.example.elsewhere.example",   "550 5.7.1"),
    ("a@[127.0.0.1]",                      "550 5.7.1"),
    ("a@[IPv6:::1]",                       "550 5.7.1"),
    // Routes in the local part: the host behind us would follow them, as it trusts us.
    ("a%elsewhere.example@here.example",   "550 5.7.1"),
    ("elsewhere.example!a@here.example",   "550 5.7.1"),
    (r#""a@elsewhere.example"@here.example"#, "550 5.7.1"),
];

#[tokio::test]
async fn a_stranger_may_send_to_our_domains_only() {
    let relay = closed().start().await;
    for (recipient, expected) in RECIPIENTS {
        let mut client = begun(&relay, [127, 0, 0, 1]).await;
        let reply = client.say(&format!("RCPT TO:<{recipient}>")).await;
        assert!(reply.codes().starts_with(expected), "<{recipient}>: {reply}, expected {expected}");
    }
}

#[tokio::test]
async fn a_source_route_leads_nowhere_else() {
    let relay = closed().start().await;
    let mut client = begun(&relay, [127, 0, 0, 1]).await;
    let reply = client.say("RCPT TO:<@here.example:a@elsewhere.example>").await;
    assert_eq!(reply.code / 100, 5, "{reply}");
}

#[tokio::test]
async fn a_client_of_our_networks_may_send_anywhere() {
    let relay = closed().start().await;
    let mut client = begun(&relay, [127, 0, 7, 9]).await;
    assert_eq!(client.say("RCPT TO:<a@elsewhere.example>").await.code, 250);
    assert_eq!(client.say("RCPT TO:<a%elsewhere.example@here.example>").await.code, 250);
}

#[tokio::test]
async fn a_route_opens_nothing() {
    let relay = closed().route("elsewhere.example", "127.0.0.1:1").route("*", "127.0.0.1:1").start().await;
    let mut client = begun(&relay, [127, 0, 0, 1]).await;
    assert_eq!(client.say("RCPT TO:<a@elsewhere.example>").await.codes(), "550 5.7.1");
}

#[tokio::test]
async fn without_networks_and_domains_nobody_may_send_anything() {
    let relay = Site::new().set("relay", "networks", "[]").start().await;
    let mut client = begun(&relay, [127, 0, 0, 1]).await;
    assert_eq!(client.say("RCPT TO:<a@elsewhere.example>").await.codes(), "550 5.7.1");
}

#[test]
fn a_configuration_of_an_open_relay_does_not_load() {
    for (key, value) in [
        ("networks", r#"["0.0.0.0/0"]"#),
        ("networks", r#"["::/0"]"#),
        ("networks", r#"["0.0.0.0/1", "128.0.0.0/1"]"#),
        ("domains", r#"["*"]"#),
    ] {
        let refused = Config::load(&Site::new().set("relay", key, value).write());
        assert!(refused.is_err(), "{key} = {value} has loaded");
    }
}

/// A site that relays for one network and two domains.
fn closed() -> Site {
    Site::new().set("relay", "networks", r#"["127.0.7.0/24"]"#).set(
        "relay",
        "domains",
        r#"["here.example", "*.here-too.example"]"#,
    )
}

/// A client that has said MAIL FROM.
async fn begun(relay: &TestRelay, source: [u8; 4]) -> Client {
    let mut client = relay.client_from(source).await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.code, 250);
    client
}
