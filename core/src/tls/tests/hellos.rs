//! Handshakes that end at the hello, or before.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use waxseal_plugins::facts::{Hello, Version};

use super::super::Tls;
use super::super::failure::FailureKind;
use super::super::hello::tests::{large_hello, tls10_hello};
use super::super::server::{AtHello, ServerPlan};
use super::support::{Fixture, SOON, client_plan, kind, sockets};

/// What a peer's octets come to, and what the hook was told: once, or not at all.
async fn accept_octets(
    tls: &Tls,
    octets: &[u8],
    within: Duration,
) -> (FailureKind, Option<Arc<Hello>>, Vec<u8>) {
    let (mut near, far) = sockets().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let peer = async move {
        near.write_all(octets).await.unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let accepting = tls.accept(far, within, async |hello| {
        told.lock().unwrap().push(hello);
        AtHello::Proceed(ServerPlan::default())
    });
    // The peer's side ends when ours has closed, so it proves that ours does.
    let (answer, accepted) =
        tokio::join!(async { tokio::time::timeout(SOON, peer).await.unwrap() }, accepting);
    let mut heard = heard.lock().unwrap();
    assert!(heard.len() <= 1);
    (kind(accepted), heard.pop(), answer)
}

#[tokio::test]
async fn tells_the_hook_of_hellos_that_the_library_refuses() {
    let tls = Fixture::new().tls;
    let (kind, hello, answer) = accept_octets(&tls, &tls10_hello(), SOON).await;
    let hello = hello.unwrap();
    assert_eq!((kind, hello.highest_version), (FailureKind::NoVersion, Version::Tls10));
    assert!(hello.library_refusal.contains("no TLS version in common"), "{}", hello.library_refusal);
    assert_eq!(answer.first(), Some(&21), "an alert went out");

    for garbage in [&b"MAIL FROM:<a@b.example>\r\n"[..], &[0x80, 0x2e, 1, 3, 1, 0, 9]] {
        let (kind, hello, _) = accept_octets(&tls, garbage, SOON).await;
        assert_eq!(kind, FailureKind::Garbage);
        assert!(hello.unwrap().library_refusal.contains("not TLS"));
    }
}

/// The library takes hellos of up to 64 KiB, and so does the hook: whatever the segments in which
/// they come.
#[tokio::test]
async fn reads_large_hellos_that_come_in_pieces() {
    let tls = Fixture::new().tls;
    let (mut near, far) = sockets().await;
    near.set_nodelay(true).unwrap();
    let peer = async {
        for piece in large_hello().chunks(1000) {
            near.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        near.read_u8().await.unwrap()
    };
    let mut heard = None;
    let accepting = tls.accept(far, SOON, async |hello| {
        heard = Some(hello);
        AtHello::Refuse("enough".into())
    });
    let (answer, accepted) = tokio::join!(peer, accepting);
    assert_eq!((answer, kind(accepted)), (21, FailureKind::RefusedByPolicy));
    let hello = heard.unwrap();
    assert_eq!((hello.server_name.as_str(), hello.highest_version), ("mx.example.org", Version::Tls13));
    assert_eq!(hello.library_refusal, "");
}

#[tokio::test]
async fn gives_up_on_silence_and_on_half_a_hello() {
    let tls = Fixture::new().tls;
    let short = Duration::from_millis(50);
    let (kind, hello, _) = accept_octets(&tls, &[], short).await;
    assert_eq!((kind, hello), (FailureKind::Timeout, None));
    let half = tls10_hello()[..30].to_vec();
    let (kind, hello, _) = accept_octets(&tls, &half, short).await;
    assert_eq!((kind, hello.unwrap().highest_version), (FailureKind::Timeout, Version::Tls10));

    let (near, _far) = sockets().await;
    let failed = tls.connect(near, short, &client_plan("mail.example.org")).await;
    assert_eq!(failed.unwrap_err().kind, FailureKind::Timeout);
}

#[tokio::test]
async fn tells_a_closed_connection() {
    let tls = Fixture::new().tls;
    let (near, far) = sockets().await;
    drop(near);
    let heard = tls.accept(far, SOON, async |_| panic!("nothing came")).await;
    assert_eq!(kind(heard), FailureKind::Closed);
    let (near, mut far) = sockets().await;
    let closing = async {
        far.read_u8().await.unwrap();
        far.shutdown().await.unwrap();
        far.read_to_end(&mut Vec::new()).await.unwrap();
    };
    let plan = client_plan("mail.example.org");
    let (failed, ()) = tokio::join!(tls.connect(near, SOON, &plan), closing);
    assert_eq!(kind(failed), FailureKind::Closed);
}

#[tokio::test]
async fn tells_what_is_not_tls() {
    let tls = Fixture::new().tls;
    let (near, mut far) = sockets().await;
    far.write_all(b"454 4.7.0 TLS not available\r\n").await.unwrap();
    let failed = tls.connect(near, SOON, &client_plan("mail.example.org")).await.unwrap_err();
    assert_eq!(failed.kind, FailureKind::Garbage);
    assert!(failed.to_string().starts_with("the handshake failed: what came was not TLS"), "{failed}");
}

#[tokio::test]
async fn refuses_at_the_hello_with_an_alert() {
    let tls = Fixture::new().tls;
    for (answer, kind, alert) in [
        (AtHello::Refuse("too old".into()), FailureKind::RefusedByPolicy, "AccessDenied"),
        (AtHello::Fail("a bug".into()), FailureKind::PolicyFailed, "InternalError"),
    ] {
        let (near, far) = sockets().await;
        let plan = client_plan("mail.example.org");
        let (accepted, connected) =
            tokio::join!(tls.accept(far, SOON, async |_| answer), tls.connect(near, SOON, &plan));
        assert_eq!(accepted.unwrap_err().kind, kind);
        let failure = connected.unwrap_err();
        assert_eq!(failure.kind, FailureKind::PeerAlert);
        assert!(failure.detail.contains(alert), "{failure}");
    }
}
