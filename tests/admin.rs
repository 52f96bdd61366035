//! Metrics and health, as a monitor sees them.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use waxseal_tests::client::message;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::wait::soon;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_and_mails_are_counted() {
    let host = Host::start(Mode::NoStartTls).await;
    let relay = watched().host("there.example", host.address).start().await;
    relay.accept("a@client.example", "b@there.example", &message("counted")).await;
    host.messages_until(1).await;
    relay.drained().await;
    let metrics = ask(&relay, "/metrics").await;
    assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
    let counted = |line: &&str| {
        ["waxseal_", r#"direction="outgoing""#, r#"hook="mail""#, r#"verdict="accept""#]
            .iter()
            .all(|part| line.contains(part))
    };
    let line = metrics.lines().find(counted).unwrap_or_else(|| panic!("nothing of it in:\n{metrics}"));
    assert!(line.ends_with(" 1"), "{line}");
    // Names of peers are for the log: a metric has few labels.
    assert!(!metrics.contains("there.example") && !metrics.contains("client.example"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_tells_of_broken_policies_and_mail_still_flows() {
    let relay = watched().start().await;
    let good = ask(&relay, "/health").await;
    assert!(good.starts_with("HTTP/1.1 200") && good.contains(r#""problems":[]"#), "{good}");
    relay.rejects("domains.rhai", "incoming {").await;
    let broken = ask(&relay, "/health").await;
    assert!(broken.starts_with("HTTP/1.1 200") && broken.contains("broken"), "{broken}");
    assert!(ask(&relay, "/health/live").await.starts_with("HTTP/1.1 200"));
}

fn watched() -> Site {
    Site::new().set("admin", "address", r#""127.0.0.1:0""#)
}

/// The whole answer to a GET.
async fn ask(relay: &TestRelay, path: &str) -> String {
    let mut socket = TcpStream::connect(relay.admin().expect("an admin address")).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: relay.example\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon("an answer", socket.read_to_string(&mut answer)).await.unwrap();
    answer
}
