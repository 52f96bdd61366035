//! Each host is asked once an attempt, and what it may have taken goes to no other.

use waxseal_tests::client::message;
use waxseal_tests::dns::Zone;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

const SENDER: &str = "someone@senders.example";

async fn started(host: &Host) -> TestRelay {
    Site::new().host("there.example", host.address).set("delivery", "retry", r#"["1h"]"#).start().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_says_later_over_a_kept_connection_is_not_asked_over_a_new_one() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::AcceptFirst).await;
    let relay = started(&host).await;
    relay.accept(SENDER, "a@there.example", &message("first")).await;
    relay.drained().await;
    relay.accept(SENDER, "a@there.example", &message("second")).await;
    assert_eq!(host.ended(1).await.messages.len(), 1);
    relay.waits(1).await;
    relay.decision("the second mail", |it| it.is("outgoing", "mail")).await;
    let asked: usize = host.sessions().iter().map(|it| told(&it.commands, "RCPT")).sum();
    assert_eq!((host.sessions().len(), asked), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_with_one_mail_a_connection_gets_all_recipients_in_one_attempt() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::AcceptOne).await;
    let relay = started(&host).await;
    let recipients: Vec<String> = (0..250).map(|number| format!("r{number}@there.example")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.mail(SENDER, &recipients, &message("to many")).await.code, 250);
    let taken: usize = host.messages_until(3).await.iter().map(|it| it.recipients.len()).sum();
    assert_eq!(taken, 250);
    relay.drained().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_host_may_have_taken_does_not_go_to_the_next() {
    let second = Host::start_at("127.0.8.2:0", Mode::NoStartTls, Taking::Accept).await;
    let address = format!("127.0.8.1:{}", second.address.port());
    let first = Host::start_at(&address, Mode::NoStartTls, Taking::Unconfirmed).await;
    let zone = Zone::default()
        .mx("there.example", 10, "first.there.example")
        .mx("there.example", 20, "second.there.example")
        .address("first.there.example", [127, 0, 8, 1])
        .address("second.there.example", [127, 0, 8, 2]);
    let site = Site::new().zone(zone).set("delivery", "port", second.address.port().to_string());
    let relay = site.set("delivery", "retry", r#"["1h"]"#).start().await;
    relay.accept(SENDER, "a@there.example", &message("once")).await;
    assert_eq!(first.ended(1).await.messages.len(), 1);
    // The destination is not left alone for it: the next mail shows that the attempt is over.
    first.change(Mode::NoStartTls, Taking::Accept);
    relay.accept(SENDER, "b@there.example", &message("another")).await;
    first.messages_until(2).await;
    relay.waits(1).await;
    assert!(second.sessions().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_terms_of_one_domain_lead_to_no_clear_text_for_another() {
    let site = Site::new();
    let name = "mx.shared.example";
    let host = Host::start(Mode::only_tls12(&site.authority.issue(&[name]))).await;
    let to = format!("{name}:{}", host.address.port());
    let zone = Zone::default().address(name, host.address.ip());
    let rows = [r#""strict.example" require min_version "1.3""#, r#""plain.example" attempt"#];
    let site = site.zone(zone).route("strict.example", &to).route("plain.example", &to).outgoing(&rows);
    let relay = site.start().await;
    for number in 1..=4 {
        relay.accept(SENDER, "a@strict.example", &message("waits")).await;
        assert!(host.ended(number).await.tls.is_none());
    }
    relay.accept(SENDER, "a@plain.example", &message("encrypted")).await;
    assert!(host.messages_until(1).await[0].encrypted);
}

fn told(commands: &[String], verb: &str) -> usize {
    commands.iter().filter(|command| command.starts_with(verb)).count()
}
