//! SIGTERM, SIGINT and SIGHUP, to the command as an operator runs it.

use std::fs;

use waxseal_tests::client::{Client, message};
use waxseal_tests::command::{run_relay, waxseal};
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::until;

const SENDER: &str = "a@client.example";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_data_in_progress_end() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::Defer).await;
    let (site, _names) = Site::new().host("there.example", host.address).with_name_server().await;
    let relay = run_relay(&site.write()).await;
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    assert_eq!(client.envelope(SENDER, &["b@there.example"]).await.code, 354);
    relay.signal("TERM").await;
    // It is stopping once it takes no more connections.
    until("the end of listening", || std::net::TcpStream::connect(relay.address).is_err().then_some(()))
        .await;
    client.send(message("the last one")).await;
    assert_eq!(client.say(".").await.code, 250);
    let (status, errors) = relay.end().await;
    assert!(status.success(), "{errors}");

    host.change(Mode::NoStartTls, Taking::Accept);
    let _again = run_relay(&site.write()).await;
    assert!(host.messages_until(1).await[0].text().contains("Subject: the last one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stalls_in_data_does_not_hold_it_up() {
    let site = Site::new().set("timeouts", "stop", r#""1s""#);
    let relay = run_relay(&site.write()).await;
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    assert_eq!(client.envelope(SENDER, &["b@there.invalid"]).await.code, 354);
    relay.signal("TERM").await;
    let (status, errors) = relay.end().await;
    assert!(status.success(), "{errors}");
    assert!(errors.contains("1 sessions and attempts were cut"), "{errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let site = Site::new().set("timeouts", "stop", r#""10m""#);
    let relay = run_relay(&site.write()).await;
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    assert_eq!(client.envelope(SENDER, &["b@there.invalid"]).await.code, 354);
    relay.signal("TERM").await;
    until("the end of listening", || std::net::TcpStream::connect(relay.address).is_err().then_some(()))
        .await;
    relay.signal("INT").await;
    let (status, errors) = relay.end().await;
    assert!(status.success(), "{errors}");
    assert!(errors.contains("stopped at once"), "{errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_in_progress_is_bounded_and_its_mail_is_sent_after_the_restart() {
    let silent = Host::start(Mode::SilentAfter220).await;
    let site = Site::new()
        .outgoing(&[r#""there.example" require"#])
        .set("timeouts", "handshake", r#""10m""#)
        .set("timeouts", "stop", r#""1s""#)
        .host("there.example", silent.address);
    let (site, _names) = site.with_name_server().await;
    let relay = run_relay(&site.write()).await;
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    assert_eq!(client.mail(SENDER, &["b@there.example"], &message("kept")).await.code, 250);
    silent.until("an attempt", |sessions| (!sessions.is_empty()).then_some(())).await;
    relay.signal("TERM").await;
    let (status, errors) = relay.end().await;
    assert!(status.success(), "{errors}");

    let identity = site.authority.issue(&["mx.there.example"]);
    silent.change(Mode::tls(&identity), Taking::Accept);
    let _again = run_relay(&site.write()).await;
    assert!(silent.messages_until(1).await[0].text().contains("Subject: kept"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sighup_with_broken_files_keeps_policies_and_certificates() {
    let site = Site::new().incoming(&[r#""bank.example" require"#]);
    let configuration = site.write();
    let relay = run_relay(&configuration).await;
    fs::write(site.policies().join("domains.rhai"), "fn (((").unwrap();
    fs::write(site.path("tls/relay.key"), "half a k").unwrap();
    relay.signal("HUP").await;
    let found = async {
        loop {
            let status = waxseal(&configuration, &["status", "--json"]).await.json();
            if status["certificates"]["findings"][0]["code"] == "K003" && status["policies"]["rejected"] != 0
            {
                return;
            }
        }
    };
    waxseal_tests::wait::soon("both findings", found).await;
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
    client.start_tls(&tls::client(None, Versions::Modern)).await.unwrap();
    relay.signal("TERM").await;
    let (status, errors) = relay.end().await;
    assert!(status.success() && errors.contains("SIGHUP") && errors.contains("relay.key"), "{errors}");
}
