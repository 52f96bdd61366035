//! A host that does not answer delays nobody but its own mail.

use std::net::TcpListener;

use tokio::task::JoinSet;
use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::site::Site;

const SENDER: &str = "someone@senders.example";

/// Mail for the dead host: messages of each session.
const SESSIONS: u64 = 50;
const MESSAGES: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_to_others_passes_by_a_queue_for_a_dead_host() {
    // It takes connections, since the system does, and never says a word.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let good = Host::start(Mode::NoStartTls).await;
    let site = Site::new()
        .host("dead.example", dead.local_addr().unwrap())
        .host("good.example", good.address)
        .set("timeouts", "reply", r#""60s""#)
        .set("delivery", "connections", "{ total = 10, host = 20 }");
    let relay = site.start().await;
    let mut sessions = JoinSet::new();
    for session in 0..SESSIONS {
        let mut client = relay.client().await;
        sessions.spawn(async move {
            client.ehlo().await;
            for number in 0..MESSAGES {
                let recipient = format!("n{session}.{number}@dead.example");
                assert_eq!(client.mail(SENDER, &[&recipient], &message("waits")).await.code, 250);
            }
        });
    }
    sessions.join_all().await;
    relay.accept(SENDER, "a@good.example", &message("passes by")).await;
    good.messages_until(1).await;
    relay.waits(SESSIONS * MESSAGES).await;
}
