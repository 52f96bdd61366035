//! A relay that is told to stop lets transactions in progress end, and loses nothing.

use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_in_progress_ends_and_its_mail_survives() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::Defer).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.envelope("a@client.example", &["b@there.example"]).await.code, 354);
    let ending = async {
        client.send(message("the last one")).await;
        client.say(".").await
    };
    let (site, reply) = tokio::join!(relay.stop(), ending);
    assert_eq!(reply.code, 250, "{reply}");

    host.change(Mode::NoStartTls, Taking::Accept);
    let _again = site.start().await;
    assert!(host.messages_until(1).await[0].text().contains("Subject: the last one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_session_is_told_and_does_not_hold_it_up() {
    let relay = Site::new().set("timeouts", "stop", r#""60s""#).start().await;
    let mut idle = relay.client().await;
    idle.ehlo().await;
    let (_, reply) = tokio::join!(relay.stop(), idle.reply());
    assert!(matches!(reply.code, 0 | 421), "{reply}");
}
