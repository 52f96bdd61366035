//! Messages go out in chunks where the host takes them (RFC 3030), and arrive octet by octet.

use waxseal_tests::client::Client;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_and_large_messages_arrive_in_chunks_as_they_were_sent() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::Chunks).await;
    let relay = Site::new().host("there.example", host.address).start().await;
    // One chunk, several, and more than are sent without a reply.
    for (count, lines) in (1..).zip([1, 3_000, 30_000]) {
        let text: String =
            (0..lines).map(|number| format!(".{number}\r\n..\r\nlast of {number}\r\n")).collect();
        let mut client = Client::connect(relay.address).await;
        client.ehlo().await;
        let content = format!("Subject: chunks\r\n\r\n{text}");
        let reply = client.mail("a@senders.example", &["b@there.example"], &content).await;
        assert_eq!(reply.code, 250, "{reply}");
        // By connection, not by time.
        let arrived = host.messages_until(count).await;
        let is_same = arrived.iter().any(|message| message.text().ends_with(&content));
        assert!(is_same, "{lines} lines are not the same");
    }
    let told = |verb: &str| host.sessions().iter().any(|session| session.was_told(verb));
    assert!(told("BDAT") && !told("DATA"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_for_nobody_comes_back_and_the_connection_goes_on() {
    let host = Host::start_at("127.0.0.1:0", Mode::NoStartTls, Taking::ChunksForKnown).await;
    let postbox = Host::start(Mode::NoStartTls).await;
    let site = Site::new().host("there.example", host.address).host("senders.example", postbox.address);
    let relay = site.set("delivery", "connections", "{ host = 1 }").start().await;
    let content = "Subject: chunks\r\n\r\nfor nobody\r\n";
    let mut client = Client::connect(relay.address).await;
    client.ehlo().await;
    for recipient in ["unknown@there.example", "known@there.example"] {
        assert_eq!(client.mail("a@senders.example", &[recipient], content).await.code, 250);
    }
    let taken = host.messages_until(1).await;
    assert_eq!(taken[0].recipients, ["known@there.example"]);
    let bounce = postbox.messages_until(1).await.remove(0);
    assert!(bounce.text().contains("Status: 5.1.1"), "{}", bounce.text());
}
