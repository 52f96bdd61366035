//! A resumed TLS session carries nobody past a policy: it is judged like a full one, and none is
//! resumed under another policy than the one it was made under.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use waxseal_tests::client::{Client, message};
use waxseal_tests::decisions::Decision;
use waxseal_tests::host::{Host, Mode, Taking};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::soon;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resumed_session_is_judged_like_a_full_one() {
    let relay = Site::new().incoming(&[r#""bank.example" require_verified"#]).start().await;
    let identity = relay.site.authority.issue(&["out.bank.example"]);
    for versions in [Versions::Only12, Versions::Only13] {
        let right = tls::client(Some(&identity), versions);
        let none = tls::client(None, versions);
        for (config, expected) in [(&right, "250"), (&none, "554 5.7.5")] {
            is_told(&relay, config, false, expected).await;
            is_told(&relay, config, resumes(versions), expected).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_is_resumed_under_another_bundle() {
    for versions in [Versions::Only12, Versions::Only13] {
        let config = tls::client(None, versions);
        let relay = Site::new().incoming(&[r#""bank.example" attempt"#]).start().await;
        is_told(&relay, &config, false, "250").await;
        is_told(&relay, &config, resumes(versions), "250").await;
        relay.retable(&[r#""bank.example" attempt because "another bundle""#], &[]).await;
        is_told(&relay, &config, false, "250").await;
        relay.retable(&[r#""bank.example" require_verified"#], &[]).await;
        is_told(&relay, &config, false, "554 5.7.5").await;
        relay.retable(&[r#""bank.example" attempt"#], &[]).await;
        is_told(&relay, &config, false, "250").await;
    }
}

/// The relay resumes no session of TLS 1.2, in which a resumption makes no new key exchange.
fn resumes(versions: Versions) -> bool {
    versions == Versions::Only13
}

/// Connects, resuming a TLS session or not, and says MAIL FROM.
async fn is_told(relay: &TestRelay, config: &Arc<ClientConfig>, resumed: bool, expected: &str) {
    let mut client = Client::ready(LOOPBACK, relay.address, Some(config)).await.unwrap();
    let handshake = client.tls.clone().unwrap();
    let version = handshake.version;
    assert_eq!(handshake.resumed, resumed, "{version:?}");
    let reply = client.say("MAIL FROM:<a@bank.example>").await;
    assert!(
        reply.codes().starts_with(expected),
        "{version:?}, resumed={resumed}: {reply}, expected {expected}"
    );
    client.say("QUIT").await;
}

/// The mirror of it, as a client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_is_judged_again_when_its_session_is_resumed() {
    let site = Site::new().outgoing(&[r#""there.example" require_verified"#]);
    let mode = Mode::tls(&site.authority.issue(&["mx.there.example"]));
    // Each mail is to have a connection of its own.
    let host = Host::start_at("127.0.0.1:0", mode, Taking::AcceptOne).await;
    let relay = site.host("there.example", host.address).start().await;
    for (number, resumed) in [(1, false), (2, true)] {
        relay.accept("a@client.example", "b@there.example", &message("again")).await;
        let session = host.ended(number).await;
        assert_eq!(session.tls.unwrap().resumed, resumed);
        assert_eq!(session.messages.len(), 1);
    }
    // They are written a moment later.
    let judged = soon("two judgements", async {
        loop {
            let judged: Vec<Decision> =
                relay.decisions().into_iter().filter(|it| it.is("outgoing", "certificate")).collect();
            if judged.len() == 2 {
                return judged;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let judged = judged.await;
    assert!(judged.iter().all(|it| it.fact("certificate", "verified") == true), "{judged:?}");

    relay.retable(&[], &[r#""there.example" require_verified because "another bundle""#]).await;
    relay.accept("a@client.example", "b@there.example", &message("after a reload")).await;
    assert!(!host.ended(3).await.tls.unwrap().resumed, "a session was resumed across a reload");
}
