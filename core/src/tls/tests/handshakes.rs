//! Handshakes over loopback.

use waxseal_plugins::facts::Version;
use waxseal_plugins::verdicts::{ClientCertificate, Group, Suite, Terms};

use super::super::Tls;
use super::super::client::ClientPlan;
use super::super::failure::FailureKind;
use super::super::server::{AtHello, ServerPlan};
use super::support::{
    Fixture, Leaf, SOON, ca_params, client_plan, configuration, expired, handshake, kind, leaf_params,
    resumes, sockets,
};

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
    assert_eq!(accepted.own.cert, connected.chain);
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

#[tokio::test(start_paused = true)]
async fn waits_for_the_hook_longer_than_for_the_client() {
    let fixture = Fixture::new();
    let (near, far) = sockets().await;
    let accepting = fixture.tls.accept(far, SOON, async |_| {
        tokio::time::sleep(SOON * 2).await;
        AtHello::Proceed(ServerPlan::default())
    });
    let plan = client_plan("mail.example.org");
    let (accepted, connected) = tokio::join!(accepting, fixture.tls.connect(near, SOON * 4, &plan));
    assert_eq!(accepted.unwrap().handshake, connected.unwrap().handshake);
}

#[tokio::test]
async fn connects_whatever_the_certificate() {
    let directory = tempfile::TempDir::new().unwrap();
    for (name, params) in [
        ("expired", expired(leaf_params(&["x.example"]))),
        ("ca", ca_params("x")),
        ("nameless", leaf_params(&[])),
    ] {
        let files = Leaf::self_signed(&params).write(directory.path(), name);
        let (tls, _) = Tls::load(&configuration(directory.path(), &[files], &[])).unwrap();
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
    for stricter in [
        ServerPlan { client_certificate: ClientCertificate::Request, ..lax.clone() },
        ServerPlan { client_certificate: ClientCertificate::Require, ..lax.clone() },
        ServerPlan { identity: Some("other.example.org".into()), ..lax.clone() },
        ServerPlan { generation: 2, ..lax.clone() },
    ]
    .into_iter()
    .chain(narrower().map(|terms| ServerPlan { terms, ..lax.clone() }))
    {
        assert!(!resumes(tls, &stricter, &client).await, "{stricter:?}");
        assert!(resumes(tls, &stricter, &client).await, "{stricter:?}");
    }
    for other in [
        ClientPlan { identity: Some("other.example.org".into()), ..client.clone() },
        ClientPlan { generation: 2, ..client.clone() },
    ]
    .into_iter()
    .chain(narrower().map(|terms| ClientPlan { terms, ..client.clone() }))
    {
        resumes(tls, &lax, &client).await;
        assert!(!resumes(tls, &lax, &other).await, "{other:?}");
    }
}

/// Terms that the best handshake meets, each narrower in one part.
fn narrower() -> impl Iterator<Item = Terms> {
    [
        Terms { min_version: Version::Tls13, ..Terms::default() },
        Terms { suites: Some([Suite::Aes256GcmSha384].into()), ..Terms::default() },
        Terms { groups: Some([Group::X25519MlKem768].into()), ..Terms::default() },
        Terms { roots: Some(["webpki".to_owned()].into()), ..Terms::default() },
    ]
    .into_iter()
}

/// The client's key shares are of the groups that it likes best; for another the server asks again
/// (HelloRetryRequest). The hook has seen the first hello, and is asked once.
#[tokio::test]
async fn retries_with_the_group_that_the_terms_leave() {
    let fixture = Fixture::new();
    for group in [Group::Secp256r1, Group::Secp384r1] {
        let terms = Terms { groups: Some([group].into()), ..Terms::default() };
        let server = ServerPlan { terms, ..ServerPlan::default() };
        for resumed in [false, true] {
            let (accepted, connected) =
                handshake(&fixture.tls, &server, &client_plan("mail.example.org")).await;
            let (accepted, connected) = (accepted.unwrap().handshake, connected.unwrap().handshake);
            assert_eq!(accepted, connected);
            assert_eq!((accepted.version, accepted.resumed), (Version::Tls13, resumed));
            assert_eq!(accepted.group, group.name());
        }
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
