//! A script that fails while mail flows opens nothing, and takes nothing down.
//!
//! The scripts here fail for one peer alone, which no check before the reload can know of.

use tokio::task::JoinSet;
use waxseal_tests::ca::Identity;
use waxseal_tests::client::{Client, message};
use waxseal_tests::host::{Host, Mode, Session};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};

const UNLUCKY: [u8; 4] = [127, 0, 11, 13];

/// The ways in which a script fails, and what the decision log says of it.
const FAILURES: [(&str, &str); 4] =
    [(r#"throw "bad luck""#, "bad luck"), ("loop {}", ""), ("return 42", ""), ("[1][7]", "")];

/// Each hook for incoming mail, what it is given, and what its failure is told as.
#[rustfmt::skip]
const INCOMING: [(&str, &str, Told); 5] = [
    ("offer",       "client",              Told::AtMail),
    ("start",       "client",              Told::AtStartTls),
    ("cipher",      "client, hello",       Told::InTheHandshake),
    ("certificate", "client, certificate", Told::AtMailInsideTls),
    ("mail",        "client, mail",        Told::AtMail),
];

/// Where an unlucky client hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// STARTTLS is offered, and every MAIL gets `451 4.3.0`, in clear and inside TLS.
    AtMail,
    /// `454 4.7.0`.
    AtStartTls,
    /// The alert `internal_error`.
    InTheHandshake,
    /// MAIL inside TLS gets `451 4.3.0`.
    AtMailInsideTls,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_for_a_client_takes_its_mail_or_harms_another() {
    let mut cells = JoinSet::new();
    for (hook, parameters, told) in INCOMING {
        for (failure, logged) in FAILURES {
            cells.spawn(async move {
                let condition = r#"client.address == "127.0.11.13""#;
                let script = script(hook, parameters, condition, failure, "incoming");
                let site = Site::new().policy("incoming/unlucky.rhai", &script);
                let relay = site.incoming(&[r#""*" unlucky"#]).start().await;
                told.holds(&relay, &format!("{hook}: {failure}")).await;
                is_logged(&relay, hook, "incoming", logged).await;
            });
        }
    }
    cells.join_all().await;
}

/// Each hook for outgoing mail, and what it is given.
const OUTGOING: [(&str, &str); 5] = [
    ("offer", "host"),
    ("start", "host"),
    ("cipher", "host, handshake"),
    ("certificate", "host, certificate"),
    ("mail", "host, mail"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_failure_for_a_host_sends_it_mail_on_any_path() {
    let mut cells = JoinSet::new();
    for (hook, parameters) in OUTGOING {
        for (failure, logged) in FAILURES {
            cells.spawn(async move {
                let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
                let condition = r#"host.domain == "there.example""#;
                let script = script(hook, parameters, condition, failure, "outgoing");
                let site = Site::new().policy("outgoing/unlucky.rhai", &script);
                let relay = site.outgoing(&[r#""*" unlucky"#]).host("there.example", host.address);
                let relay = relay.host("other.example", host.address).start().await;
                relay.accept("a@client.example", "b@there.example", &message("unlucky")).await;
                relay.accept("a@client.example", "b@other.example", &message("lucky")).await;
                is_logged(&relay, hook, "outgoing", logged).await;
                let taken = host.messages_until(1).await;
                assert_eq!(taken[0].recipients, ["b@other.example"], "{hook}: {failure}");
                relay.waits(1).await;
                let asked = |session: &Session| session.commands.iter().any(|it| it.contains("b@there"));
                assert!(!host.sessions().iter().any(asked), "{hook}: {failure}: the envelope crossed");
            });
        }
    }
    cells.join_all().await;
}

/// A policy of this hook alone beside `mail`, which fails under a condition.
fn script(hook: &str, parameters: &str, condition: &str, failure: &str, direction: &str) -> String {
    let good = match (direction, hook) {
        ("incoming", "offer") => "advertise()",
        ("outgoing", "offer") => "start_tls()",
        _ => "accept()",
    };
    let mail = match (direction, hook) {
        (_, "mail") => "",
        ("incoming", _) => "fn mail(client, mail) { accept() }",
        (_, _) => "fn mail(host, mail) { accept() }",
    };
    format!("fn {hook}({parameters}) {{ if {condition} {{ {failure} }} {good} }}\n{mail}\n")
}

async fn is_logged(relay: &TestRelay, hook: &str, direction: &str, reason: &str) {
    let awaited = format!("the failure at {direction} {hook}");
    let failure =
        relay.decision(awaited, |it| it.is(direction, hook) && it.text("verdict") == "failure").await;
    let place = format!("{direction}/unlucky.rhai:1:");
    assert!(failure.text("decided_by").starts_with(&place), "{failure:?}");
    assert!(failure.text("reason").contains(reason), "{failure:?}");
}

impl Told {
    async fn holds(self, relay: &TestRelay, cell: &str) {
        let config = tls::client(None, Versions::Modern);
        let mut other = relay.client().await;
        other.ehlo().await;
        let mut other = other.start_tls(&config).await.expect(cell);
        other.ehlo().await;
        assert_eq!(mail(&mut other).await, "250 2.1.0", "{cell}: another client");

        let mut client = relay.client_from(UNLUCKY).await;
        assert!(client.ehlo().await.offers("STARTTLS"), "{cell}");
        match self {
            Self::AtMail => {
                assert_eq!(mail(&mut client).await, "451 4.3.0", "{cell}");
                assert_eq!(inside(client, &config).await, "451 4.3.0", "{cell}");
            }
            Self::AtStartTls => assert_eq!(client.say("STARTTLS").await.codes(), "454 4.7.0", "{cell}"),
            Self::InTheHandshake => {
                let failed = client.start_tls(&config).await.err().expect(cell);
                assert!(failed.to_string().contains("InternalError"), "{cell}: {failed}");
            }
            Self::AtMailInsideTls => assert_eq!(inside(client, &config).await, "451 4.3.0", "{cell}"),
        }
    }
}

/// What MAIL is answered inside TLS.
async fn inside(client: Client, config: &std::sync::Arc<rustls::ClientConfig>) -> String {
    let mut client = client.start_tls(config).await.expect("a handshake");
    client.ehlo().await;
    mail(&mut client).await
}

async fn mail(client: &mut Client) -> String {
    client.say("MAIL FROM:<a@client.example>").await.codes()
}
