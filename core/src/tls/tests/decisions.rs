//! What the four decisions make of real policies.

use std::sync::Arc;

use waxseal_plugins::bundle::{Bundle, Settings, Snapshot};
use waxseal_plugins::facts::{Certificate, Client, Handshake, Hello, Host, Row, Version};
use waxseal_plugins::verdicts::{ClientCertificate, Floor, Group, Terms};

use super::super::ask::Asker;
use super::super::client::ClientPlan;
use super::super::denied::Denied;
use super::super::server::{AtHello, ServerPlan};
use super::super::{certificate, cipher, offer, start};
use crate::observe::{Observer, SessionId};

const TABLE: (&str, &str) = ("domains.rhai", "incoming { \"*\" lax }\noutgoing { \"*\" lax }");

/// Both policies are called `lax`; their text is given.
fn asker(incoming: &str, outgoing: &str, filter: &str) -> Asker {
    let files =
        [TABLE, ("incoming/lax.rhai", incoming), ("outgoing/lax.rhai", outgoing), ("filters/f.rhai", filter)];
    let settings = Settings {
        tls_enabled: true,
        identities: ["mail.example.org".to_owned()].into(),
        directory: std::env::temp_dir(),
        ..Settings::default()
    };
    let (bundle, _) = Bundle::load(&Snapshot::of(files), &settings, 7).unwrap();
    Asker { bundle: Arc::new(bundle), observer: Observer::off(), session: SessionId::next() }
}

fn row(row: Row) -> Arc<Row> {
    let pattern = if row.pattern.is_empty() { "*".into() } else { row.pattern };
    Arc::new(Row { policy: "lax".into(), place: "domains.rhai:1:12".into(), pattern, ..row })
}

fn client(terms: Row) -> Arc<Client> {
    Arc::new(Client { address: "192.0.2.1".into(), row: row(terms), ..Client::default() })
}

fn host(terms: Row) -> Arc<Host> {
    Arc::new(Host {
        name: "mx.example.org".into(),
        domain: "example.org".into(),
        offers_tls: true,
        row: row(terms),
        ..Host::default()
    })
}

/// The codes and the text that are said.
fn said(denied: &Denied) -> String {
    format!("{} {} ({})", denied.reply.code.unwrap(), denied.reply.text, denied.place)
}

const FAILS: &str = "let n = 0; 1 / n";

#[tokio::test]
async fn offers_as_the_policy_says() {
    for (body, expected) in [
        ("advertise()", "Advertise"),
        ("withhold()", "Withhold"),
        ("refuse(\"no\")", "Refuse 554 5.7.1 no"),
        ("refuse(\"5.3.2\", \"no\")", "Refuse 554 5.3.2 no"),
    ] {
        let asker = asker(&format!("fn offer(client) {{ {body} }}"), "", "");
        let answer = match offer::incoming(&asker, &client(Row::default())).await {
            offer::Incoming::Advertise => "Advertise".to_owned(),
            offer::Incoming::Withhold => "Withhold".to_owned(),
            offer::Incoming::Refuse(reply) => format!("Refuse {reply}"),
            offer::Incoming::Fail(reply) => format!("Fail {reply}"),
        };
        assert_eq!(answer, expected);
    }
}

#[tokio::test]
async fn starts_where_offered_and_keeps_the_floor() {
    let asker = asker("", "fn offer(host) { start_tls() }", "fn offer(host) { require(\"verified\") }");
    let offered = host(Row::default());
    assert_eq!(offer::outgoing(&asker, &offered).await, offer::Outgoing::StartTls(Floor::Verified));
    let withheld = Arc::new(Host { offers_tls: false, ..Host::clone(&offered) });
    assert_eq!(offer::outgoing(&asker, &withheld).await, offer::Outgoing::NotOffered(Floor::Verified));
}

#[tokio::test]
async fn a_policy_that_fails_opens_nothing() {
    // Only a fact of these tests makes it fail, so that the bundle loads.
    let fails = |hook: &str, given: &str, when: &str| {
        format!("fn {hook}({given}) {{ if {when} {{ {FAILS} }} accept() }}")
    };
    let incoming = |hook: &str, given: &str| asker(&fails(hook, given, "client.port == 1"), "", "");
    let client = Arc::new(Client { port: 1, ..Client::clone(&client(Row::default())) });
    match start::incoming(&incoming("start", "client"), &client).await {
        start::Incoming::Refuse(reply) => assert!(reply.to_string().starts_with("454 4.7.0 ")),
        start::Incoming::Go(plan) => panic!("{plan:?}"),
    }
    let asker_at_cipher = incoming("cipher", "client, hello");
    let hello = Arc::new(Hello::default());
    let answer = cipher::incoming(&asker_at_cipher, &client, &hello, ServerPlan::default()).await;
    assert!(matches!(answer, AtHello::Fail(_)));
    let judged = Arc::new(Certificate::default());

    let asker = asker("", &fails("certificate", "host, certificate", "host.port == 1"), "");
    let host = Arc::new(Host { port: 1, ..Host::clone(&host(Row::default())) });
    match certificate::outgoing(&asker, &host, &judged).await {
        certificate::Outgoing::Defer(denied) => {
            assert!(said(&denied).starts_with("4.3.0 a policy of this relay failed (outgoing/lax.rhai:1"));
        }
        answer => panic!("{answer:?}"),
    }
}

#[tokio::test]
async fn joins_the_terms_of_the_row_into_the_plan() {
    let script = "fn start(p) { accept().min_version(\"1.2\").groups([\"x25519\", \"secp256r1\"]) }";
    let asker = asker(&script.replace("(p)", "(client)"), &script.replace("(p)", "(host)"), "");
    let terms = Row { min_version: Version::Tls13, groups: vec!["x25519".into()], ..Row::default() };
    let joined =
        Terms { min_version: Version::Tls13, groups: Some([Group::X25519].into()), ..Terms::default() };
    let start::Incoming::Go(plan) = start::incoming(&asker, &client(terms.clone())).await else { panic!() };
    assert_eq!((plan.terms, plan.generation), (joined.clone(), 7));
    let start::Outgoing::Go(plan) = start::outgoing(&asker, &host(terms)).await else { panic!() };
    assert_eq!((plan.terms, plan.generation, plan.server_name.as_str()), (joined, 7, "mx.example.org"));

    let clash = Row { groups: vec!["secp384r1".into()], ..Row::default() };
    let start::Incoming::Refuse(reply) = start::incoming(&asker, &client(clash.clone())).await else {
        panic!()
    };
    assert_eq!(reply.to_string(), "454 4.7.0 the terms leave no key exchange group");
    let start::Outgoing::Defer(denied) = start::outgoing(&asker, &host(clash)).await else { panic!() };
    assert_eq!(said(&denied), "4.7.5 the terms leave no key exchange group (domains.rhai:1:12)");
}

#[tokio::test]
async fn asks_for_client_certificates_where_somebody_looks_at_them() {
    let plan = async |policy: &str, filter: &str| {
        let asker = asker(policy, "", filter);
        match start::incoming(&asker, &client(Row::default())).await {
            start::Incoming::Go(plan) => plan.client_certificate,
            start::Incoming::Refuse(reply) => panic!("{reply}"),
        }
    };
    let looks = "fn certificate(client, certificate) { accept() }";
    assert_eq!(plan("", "").await, ClientCertificate::None);
    assert_eq!(plan(looks, "").await, ClientCertificate::Request);
    assert_eq!(plan("", looks).await, ClientCertificate::Request);
    let requires = "fn start(client) { accept().client_certificate(\"require\") }";
    assert_eq!(plan(requires, "").await, ClientCertificate::Require);
}

#[tokio::test]
async fn holds_a_required_client_certificate() {
    let asker = asker("", "", "");
    let required = ServerPlan { client_certificate: ClientCertificate::Require, ..ServerPlan::default() };
    let answer = async |presented: bool, plan: &ServerPlan| {
        let certificate = Arc::new(Certificate { presented, ..Certificate::default() });
        certificate::incoming(&asker, &client(Row::default()), &certificate, plan).await
    };
    assert_eq!(answer(true, &required).await, certificate::Incoming::Accept);
    assert_eq!(answer(false, &ServerPlan::default()).await, certificate::Incoming::Accept);
    let certificate::Incoming::Refuse(reply) = answer(false, &required).await else { panic!() };
    assert!(reply.to_string().starts_with("554 5.7.5 "), "{reply}");
}

#[tokio::test]
async fn narrows_the_plan_at_the_hello_and_never_widens_it() {
    let asker = asker(
        "fn cipher(client, hello) { accept().min_version(\"1.2\").identity(\"mail.example.org\") }",
        "",
        "",
    );
    let terms = Terms { min_version: Version::Tls13, ..Terms::default() };
    let plan = ServerPlan { terms, ..ServerPlan::default() };
    let answer = cipher::incoming(&asker, &client(Row::default()), &Arc::default(), plan.clone()).await;
    let AtHello::Proceed(narrowed) = answer else { panic!() };
    assert_eq!(narrowed, ServerPlan { identity: Some("mail.example.org".into()), ..plan });
}

#[tokio::test]
async fn holds_the_terms_on_what_was_negotiated() {
    let asker = asker("", "", "");
    let old = Arc::new(Handshake { version: Version::Tls12, ..Handshake::default() });
    let terms = Terms { min_version: Version::Tls13, ..Terms::default() };
    let plan = ClientPlan { terms, ..ClientPlan::default() };
    let cipher::Outgoing::Defer(denied) = cipher::outgoing(&asker, &host(Row::default()), &old, &plan).await
    else {
        panic!()
    };
    assert_eq!(said(&denied), "4.7.5 TLS 1.3 is required, but TLS 1.2 was negotiated (domains.rhai:1:12)");
}
