//! A script that fails while mail flows opens nothing, and takes nothing down.
//!
//! The scripts here fail for one peer alone, which no check before the reload can know of.

use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const UNLUCKY: [u8; 4] = [127, 0, 11, 13];

/// An incoming policy in which this hook fails for the unlucky client.
fn failing(hook: &str, parameters: &str) -> String {
    format!(
        "fn {hook}({parameters}) {{ if client.address == \"127.0.11.13\" {{ throw \"bad luck\" }} accept() }}"
    )
}

fn site(hook: &str, parameters: &str) -> Site {
    Site::new().policy("incoming/unlucky.rhai", &failing(hook, parameters)).incoming(&[r#""*" unlucky"#])
}

#[tokio::test]
async fn a_failure_at_mail_defers_that_mail_and_no_other() {
    let relay = site("mail", "client, mail").start().await;
    let mut client = relay.client_from(UNLUCKY).await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.codes(), "451 4.3.0");
    let mut other = relay.client().await;
    other.ehlo().await;
    assert_eq!(other.say("MAIL FROM:<a@client.example>").await.code, 250);

    let failure = relay.decision("the failure", |it| it.text("verdict") == "failure").await;
    assert!(failure.text("decided_by").starts_with("incoming/unlucky.rhai:1:"), "{failure:?}");
    assert!(failure.text("reason").contains("bad luck"), "{failure:?}");
}

#[tokio::test]
async fn a_failure_at_start_answers_454() {
    let relay = site("start", "client").start().await;
    let mut client = relay.client_from(UNLUCKY).await;
    client.ehlo().await;
    assert_eq!(client.say("STARTTLS").await.codes(), "454 4.7.0");
}

#[tokio::test]
async fn a_failure_at_cipher_fails_the_handshake() {
    let relay = site("cipher", "client, hello").start().await;
    let config = tls::client(None, Versions::Modern);
    let mut client = relay.client_from(UNLUCKY).await;
    client.ehlo().await;
    assert!(client.start_tls(&config).await.err().unwrap().to_string().contains("InternalError"));
    let mut other = relay.client().await;
    other.ehlo().await;
    assert!(other.start_tls(&config).await.is_ok());
}

#[tokio::test]
async fn a_failure_at_certificate_defers_the_mail() {
    let relay = site("certificate", "client, certificate").start().await;
    let mut client = relay.client_from(UNLUCKY).await;
    client.ehlo().await;
    let mut client = client.start_tls(&tls::client(None, Versions::Modern)).await.unwrap();
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.codes(), "451 4.3.0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_for_a_host_defers_its_mail() {
    let host = Host::start(Mode::NoStartTls).await;
    for (hook, parameters) in [("offer", "host"), ("mail", "host, mail")] {
        let script = format!(
            "fn {hook}({parameters}) {{ if host.domain == \"there.example\" {{ throw \"bad luck\" }} {} }}",
            if hook == "offer" { "stay_clear()" } else { "accept()" }
        );
        let site = Site::new().policy("outgoing/unlucky.rhai", &script);
        let relay = site.outgoing(&[r#""*" unlucky"#]).host("there.example", host.address).start().await;
        relay.accept("a@client.example", "b@there.example", &message("unlucky")).await;
        relay.decision("the failure", |it| it.is("outgoing", hook) && it.text("verdict") == "failure").await;
        relay.waits(1).await;
    }
    assert!(host.sessions().iter().all(|session| !session.saw_mail_in_clear()));
}

#[tokio::test]
async fn an_endless_loop_is_a_failure_too() {
    let script = r#"fn mail(client, mail) { if client.address == "127.0.11.13" { loop {} } accept() }"#;
    let site = Site::new().policy("incoming/unlucky.rhai", script).incoming(&[r#""*" unlucky"#]);
    let relay = site.start().await;
    let mut client = relay.client_from(UNLUCKY).await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@client.example>").await.codes(), "451 4.3.0");
}
