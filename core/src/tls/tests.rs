//! Handshakes over loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use waxseal_plugins::facts::{Hello, Version};
use waxseal_plugins::verdicts::{ClientCertificate, Group, Suite, Terms};

use super::client::{ClientPlan, Connected};
use super::failure::{FailureKind, HandshakeFailure};
use super::server::{Accepted, AtHello, ServerPlan};
use super::testing::{Ca, Fixture, Leaf, SOON, configuration, expired, leaf_params, sockets};
use super::{Reloaded, Tls};

type Handshake = (Result<Accepted, HandshakeFailure>, Result<Connected, HandshakeFailure>);

fn client_plan(server_name: &str) -> ClientPlan {
    ClientPlan { server_name: server_name.into(), generation: 1, ..ClientPlan::default() }
}

/// A handshake of the relay with itself; then an octet each way, so that tickets and late alerts
/// arrive.
async fn handshake(tls: &Tls, server: &ServerPlan, client: &ClientPlan) -> Handshake {
    let (near, far) = sockets().await;
    let plan = server.clone();
    let (mut accepted, mut connected) =
        tokio::join!(tls.accept(far, SOON, |_| AtHello::Proceed(plan)), tls.connect(near, SOON, client));
    if let (Ok(accepted), Ok(connected)) = (&mut accepted, &mut connected) {
        accepted.stream.write_all(b"!").await.unwrap();
        connected.stream.read_exact(&mut [0]).await.unwrap();
    }
    (accepted, connected)
}

/// What the client sees resumed.
async fn resumes(tls: &Tls, server: &ServerPlan, client: &ClientPlan) -> bool {
    let (accepted, connected) = handshake(tls, server, client).await;
    let (server, client) = (accepted.unwrap().handshake, connected.unwrap().handshake);
    assert_eq!(server, client);
    client.resumed
}

fn kind(failed: Result<impl Sized, HandshakeFailure>) -> FailureKind {
    failed.map(|_| ()).unwrap_err().kind
}

#[tokio::test]
async fn negotiates_the_best_there_is() {
    let fixture = Fixture::new();
    let (accepted, connected) =
        handshake(&fixture.tls, &ServerPlan::default(), &client_plan("MAIL.example.org.")).await;
    let (accepted, connected) = (accepted.unwrap(), connected.unwrap());
    assert_eq!(accepted.handshake, connected.handshake);
    assert_eq!(connected.handshake.version, Version::Tls13);
    assert_eq!(connected.handshake.group, "X25519MLKEM768");
    assert_eq!(connected.handshake.suite, "TLS_AES_256_GCM_SHA384");
    assert_eq!(accepted.server_name, "mail.example.org");
    assert_eq!(accepted.own_chain, connected.chain);
    assert!(connected.possession);
    assert!(accepted.chain.is_empty());
}

#[tokio::test]
async fn chooses_the_identity_by_name_and_falls_back_to_the_default() {
    let fixture = Fixture::new();
    let tls = &fixture.tls;
    let presented =
        async |plan: ServerPlan, name: &str| handshake(tls, &plan, &client_plan(name)).await.1.unwrap().chain;
    let default = presented(ServerPlan::default(), "unknown.example").await;
    let other = presented(ServerPlan::default(), "other.example.org").await;
    assert_ne!(default, other);
    assert_eq!(presented(ServerPlan::default(), "127.0.0.1").await, default);
    let named = ServerPlan { identity: Some("other.example.org".into()), ..ServerPlan::default() };
    assert_eq!(presented(named, "mail.example.org").await, other);
}

#[tokio::test]
async fn does_not_begin_with_an_unknown_identity() {
    let fixture = Fixture::new();
    let plan = ServerPlan { identity: Some("nobody".into()), ..ServerPlan::default() };
    let (accepted, connected) = handshake(&fixture.tls, &plan, &client_plan("mail.example.org")).await;
    assert_eq!((kind(accepted), kind(connected)), (FailureKind::NotBegun, FailureKind::PeerAlert));

    let plan = ClientPlan { identity: Some("nobody".into()), ..client_plan("mail.example.org") };
    let (near, _far) = sockets().await;
    assert_eq!(kind(fixture.tls.connect(near, SOON, &plan).await), FailureKind::NotBegun);
}

#[tokio::test]
async fn holds_the_terms_in_the_handshake() {
    let fixture = Fixture::new();
    let group = Terms { groups: Some([Group::Secp384r1].into()), ..Terms::default() };
    let suite = Terms { suites: Some([Suite::EcdheEcdsaChacha20Poly1305].into()), ..Terms::default() };
    let client = |terms: &Terms| ClientPlan { terms: terms.clone(), ..client_plan("mail.example.org") };
    let server = |terms: &Terms| ServerPlan { terms: terms.clone(), ..ServerPlan::default() };
    for (server, client) in [(server(&group), client(&suite)), (server(&suite), client(&group))] {
        let connected = handshake(&fixture.tls, &server, &client).await.1.unwrap();
        assert_eq!(connected.handshake.version, Version::Tls12);
        assert_eq!(connected.handshake.group, "secp384r1");
        assert_eq!(connected.handshake.suite, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    }
    let modern = Terms { min_version: Version::Tls13, ..Terms::default() };
    let (accepted, connected) = handshake(&fixture.tls, &server(&modern), &client(&suite)).await;
    assert_eq!((kind(accepted), kind(connected)), (FailureKind::NoVersion, FailureKind::NoVersion));
    let (accepted, connected) = handshake(
        &fixture.tls,
        &server(&group),
        &client(&Terms { groups: Some([Group::X25519].into()), ..Terms::default() }),
    )
    .await;
    assert_eq!((kind(accepted), kind(connected)), (FailureKind::NothingShared, FailureKind::NothingShared));
    let nothing = Terms { min_version: Version::Tls13, ..suite };
    let (near, _far) = sockets().await;
    assert_eq!(kind(fixture.tls.connect(near, SOON, &client(&nothing)).await), FailureKind::NotBegun);
}

#[tokio::test]
async fn connects_whatever_the_certificate() {
    let directory = tempfile::TempDir::new().unwrap();
    for (name, params) in [
        ("expired", expired(leaf_params(&["x.example"]))),
        ("ca", super::testing::ca_params("x")),
        ("nameless", leaf_params(&[])),
    ] {
        let files = Leaf::self_signed(&params).write(directory.path(), name);
        let (tls, _) = Tls::load(&configuration(directory.path(), vec![files], &[])).unwrap();
        let connected = handshake(&tls, &ServerPlan::default(), &client_plan("mx.example")).await.1.unwrap();
        assert!(connected.possession, "{name}");
    }
}

#[tokio::test]
async fn asks_for_a_client_certificate_only_when_told_to() {
    let fixture = Fixture::new();
    let with = ClientPlan { identity: Some("other.example.org".into()), ..client_plan("mail.example.org") };
    let ask = |client_certificate| ServerPlan { client_certificate, ..ServerPlan::default() };
    for (request, client, presented) in [
        (ClientCertificate::None, &with, 0),
        (ClientCertificate::Request, &with, 1),
        (ClientCertificate::Require, &with, 1),
        (ClientCertificate::Require, &client_plan("mail.example.org"), 0),
    ] {
        let accepted = handshake(&fixture.tls, &ask(request), client).await.0.unwrap();
        assert_eq!((accepted.chain.len(), accepted.possession), (presented, presented == 1));
    }
}

#[tokio::test]
async fn resumes_under_the_same_policy_only() {
    let fixture = Fixture::new();
    let tls = &fixture.tls;
    let (lax, client) = (ServerPlan::default(), client_plan("mail.example.org"));
    assert!(!resumes(tls, &lax, &client).await);
    assert!(resumes(tls, &lax, &client).await);
    let strict = Terms { min_version: Version::Tls13, ..Terms::default() };
    for stricter in [
        ServerPlan { client_certificate: ClientCertificate::Require, ..lax.clone() },
        ServerPlan { terms: strict.clone(), ..lax.clone() },
        ServerPlan { generation: 2, ..lax.clone() },
    ] {
        assert!(!resumes(tls, &stricter, &client).await, "{stricter:?}");
        assert!(resumes(tls, &stricter, &client).await, "{stricter:?}");
    }
    for other in [
        ClientPlan { terms: strict, ..client.clone() },
        ClientPlan { identity: Some("other.example.org".into()), ..client.clone() },
        ClientPlan { generation: 2, ..client.clone() },
    ] {
        resumes(tls, &lax, &client).await;
        assert!(!resumes(tls, &lax, &other).await, "{other:?}");
    }
}

/// The bypass: a session made where no client certificate was asked for, resumed where one is
/// required. The library itself lets it pass wherever ticket keys are shared.
#[tokio::test]
async fn carries_no_session_past_a_required_client_certificate() {
    let fixture = Fixture::new();
    let old = Terms { suites: Some([Suite::EcdheEcdsaAes128GcmSha256].into()), ..Terms::default() };
    for terms in [Terms::default(), old] {
        let lax = ServerPlan { terms: terms.clone(), ..ServerPlan::default() };
        let strict = ServerPlan { client_certificate: ClientCertificate::Require, ..lax.clone() };
        let identity = Some("other.example.org".into());
        let client = ClientPlan { identity, terms, ..client_plan("mail.example.org") };
        handshake(&fixture.tls, &lax, &client).await.1.unwrap();
        let accepted = handshake(&fixture.tls, &strict, &client).await.0.unwrap();
        assert_eq!((accepted.handshake.resumed, accepted.chain.len()), (false, 1));
    }
}

#[tokio::test]
async fn shows_the_chain_again_on_a_resumed_session() {
    let fixture = Fixture::new();
    let server = ServerPlan { client_certificate: ClientCertificate::Request, ..ServerPlan::default() };
    let client = ClientPlan { identity: Some("other.example.org".into()), ..client_plan("mail.example.org") };
    let full = handshake(&fixture.tls, &server, &client).await;
    let resumed = handshake(&fixture.tls, &server, &client).await;
    let (full, resumed) = ((full.0.unwrap(), full.1.unwrap()), (resumed.0.unwrap(), resumed.1.unwrap()));
    assert!(!full.0.handshake.resumed && resumed.0.handshake.resumed);
    assert_eq!(full.0.chain, resumed.0.chain);
    assert_eq!(full.1.chain, resumed.1.chain);
    assert!(resumed.0.possession && resumed.1.possession);
}

/// Nobody could hold a row's groups on a session without a key exchange.
#[tokio::test]
async fn does_not_resume_tls12_as_a_server() {
    let fixture = Fixture::new();
    let suites = Some([Suite::EcdheEcdsaAes128GcmSha256].into());
    let client =
        ClientPlan { terms: Terms { suites, ..Terms::default() }, ..client_plan("mail.example.org") };
    for _ in 0..2 {
        let accepted = handshake(&fixture.tls, &ServerPlan::default(), &client).await.0.unwrap();
        assert_eq!((accepted.handshake.version, accepted.handshake.resumed), (Version::Tls12, false));
        assert_eq!(accepted.handshake.group, "x25519");
    }
}

/// What a peer's octets come to, and what the hook was told: once, or not at all.
async fn accept_octets(tls: &Tls, octets: &[u8], within: Duration) -> (FailureKind, Option<Hello>, Vec<u8>) {
    let (mut near, far) = sockets().await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let peer = async move {
        near.write_all(octets).await.unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let accepting = tls.accept(far, within, |hello| {
        told.lock().unwrap().push(hello);
        AtHello::Proceed(ServerPlan::default())
    });
    // The peer's side ends when ours has closed, so it proves that ours does.
    let (answer, accepted) =
        tokio::join!(async { tokio::time::timeout(SOON, peer).await.unwrap() }, async { accepting.await });
    let mut heard = heard.lock().unwrap();
    assert!(heard.len() <= 1);
    (kind(accepted), heard.pop(), answer)
}

#[tokio::test]
async fn tells_the_hook_of_hellos_that_the_library_refuses() {
    let tls = Fixture::new().tls;
    let (kind, hello, answer) = accept_octets(&tls, &super::hello::tests::tls10_hello(), SOON).await;
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

#[tokio::test]
async fn gives_up_on_silence_and_on_half_a_hello() {
    let tls = Fixture::new().tls;
    let short = Duration::from_millis(50);
    let (kind, hello, _) = accept_octets(&tls, &[], short).await;
    assert_eq!((kind, hello), (FailureKind::Timeout, None));
    let half = super::hello::tests::tls10_hello()[..30].to_vec();
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
    let heard = tls.accept(far, SOON, |_| panic!("nothing came")).await;
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
            tokio::join!(tls.accept(far, SOON, |_| answer), tls.connect(near, SOON, &plan));
        assert_eq!(accepted.unwrap_err().kind, kind);
        let failure = connected.unwrap_err();
        assert_eq!(failure.kind, FailureKind::PeerAlert);
        assert!(failure.detail.contains(alert), "{failure}");
    }
}

#[tokio::test]
async fn reloads_identities_under_traffic() {
    let fixture = Fixture::new();
    let (tls, plan, client) = (&fixture.tls, ServerPlan::default(), client_plan("mail.example.org"));
    let before = handshake(tls, &plan, &client).await.1.unwrap();
    assert_eq!(tls.reload().unwrap(), (Reloaded::Unchanged, vec![]));
    assert!(resumes(tls, &plan, &client).await);

    fixture.ca.leaf(&leaf_params(&["mail.example.org"])).write(fixture.directory.path(), "mail.example.org");
    assert_eq!(tls.reload().unwrap(), (Reloaded::Swapped, vec![]));
    let after = handshake(tls, &plan, &client).await.1.unwrap();
    assert_ne!(before.chain, after.chain);
    assert!(!after.handshake.resumed);
}

#[tokio::test]
async fn keeps_the_last_good_identities_and_roots() {
    let fixture = Fixture::new();
    let (tls, directory) = (&fixture.tls, fixture.directory.path());
    let (plan, client) = (ServerPlan::default(), client_plan("mail.example.org"));
    let before = handshake(tls, &plan, &client).await.1.unwrap().chain;
    std::fs::write(directory.join("roots.pem"), "nothing").unwrap();
    let leaf = fixture.ca.leaf(&leaf_params(&["mail.example.org"]));
    std::fs::write(directory.join("mail.example.org.key"), leaf.key.serialize_pem()).unwrap();
    std::fs::remove_file(directory.join("other.example.org.pem")).unwrap();
    let findings = tls.reload().unwrap_err();
    let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["T004", "T001", "T010"], "{findings:?}");
    assert!(findings.iter().all(|finding| finding.help.is_some()));
    assert_eq!(handshake(tls, &plan, &client).await.1.unwrap().chain, before);
}

#[test]
fn warns_of_dates_and_order() {
    let directory = tempfile::TempDir::new().unwrap();
    let (ca, other) = (Ca::new("One"), Ca::new("Other"));
    let old = ca.leaf(&expired(leaf_params(&["a.example"]))).write(directory.path(), "a.example");
    let disordered = ca.leaf(&leaf_params(&["b.example"])).below(&other).write(directory.path(), "b.example");
    let (_, warnings) = Tls::load(&configuration(directory.path(), vec![old, disordered], &[])).unwrap();
    let codes: Vec<_> = warnings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["T006", "T007"]);
}

#[tokio::test]
async fn makes_an_identity_of_its_own_once() {
    let directory = tempfile::TempDir::new().unwrap();
    let chain = async || -> Vec<CertificateDer<'static>> {
        let (tls, warnings) = Tls::load(&configuration(directory.path(), vec![], &[])).unwrap();
        assert_eq!(warnings.first().unwrap().code, "T021");
        handshake(&tls, &ServerPlan::default(), &client_plan("mail.example.org")).await.1.unwrap().chain
    };
    assert_eq!(chain().await, chain().await);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = directory.path().join("data/tls/mail.example.org.self-made.key");
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
