//! With the global switch off, as it is by default, nothing is offered, started or verified: of all
//! hooks `mail` alone is asked, in both directions.

use std::collections::BTreeSet;

use waxseal_tests::ca::Identity;
use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;

/// Policies and a filter that would be heard at every hook.
const EVERY_INCOMING_HOOK: &str = "
    fn offer(client) { advertise() }
    fn start(client) { accept() }
    fn cipher(client, hello) { accept() }
    fn certificate(client, certificate) { accept() }
    fn mail(client, mail) { accept() }
";
const EVERY_OUTGOING_HOOK: &str = "
    fn offer(host) { start_tls() }
    fn start(host) { accept() }
    fn cipher(host, handshake) { accept() }
    fn certificate(host, certificate) { accept() }
    fn mail(host, mail) { accept() }
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_switch_off_mail_alone_is_asked() {
    let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
    let site = Site::new().tls_off().host("there.example", host.address);
    let site = site.policy("incoming/every.rhai", EVERY_INCOMING_HOOK).incoming(&[r#""*" every"#]);
    let site = site.policy("outgoing/every.rhai", EVERY_OUTGOING_HOOK).outgoing(&[r#""*" every"#]);
    let relay = site.start().await;
    let mut client = relay.client().await;
    assert!(!client.ehlo().await.offers("STARTTLS"));
    assert_eq!(client.say("STARTTLS").await.codes(), "502 5.5.1");
    assert_eq!(client.mail("a@client.example", &["b@there.example"], &message("open")).await.code, 250);

    host.messages_until(1).await;
    let session = &host.sessions()[0];
    assert!(!session.was_told("STARTTLS") && !session.messages[0].encrypted, "{session:?}");
    relay.decision("the decision at outgoing mail", |it| it.is("outgoing", "mail")).await;
    let decisions = relay.decisions();
    let asked: BTreeSet<_> = decisions.iter().map(|it| (it.text("direction"), it.text("hook"))).collect();
    assert_eq!(asked, BTreeSet::from([("incoming", "mail"), ("outgoing", "mail")]));
}
