//! Identities and roots, changed while mail flows.

use rcgen::ExtendedKeyUsagePurpose;
use rustls::pki_types::CertificateDer;
use waxseal_plugins::diagnostic::Diagnostic;

use super::super::server::{AtHello, ServerPlan};
use super::super::{Reloaded, Tls};
use super::support::{
    Ca, Fixture, Leaf, SOON, ca_params, client_plan, configuration, expired, handshake, leaf_params, resumes,
    sockets,
};

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

/// Sessions end with the roots that were in force: the next handshake is judged in full.
#[tokio::test]
async fn resumes_nothing_across_a_change_of_roots() {
    let fixture = Fixture::new();
    let (tls, plan, client) = (&fixture.tls, ServerPlan::default(), client_plan("mail.example.org"));
    assert!(!resumes(tls, &plan, &client).await);
    assert!(resumes(tls, &plan, &client).await);
    Ca::new("Another CA").write(fixture.directory.path(), "roots.pem");
    assert_eq!(tls.reload().unwrap().0, Reloaded::Swapped);
    assert!(!resumes(tls, &plan, &client).await);
}

/// A reload while the hooks are asked: one identity is presented, and the same one is judged.
#[tokio::test]
async fn finishes_a_handshake_across_a_reload() {
    let fixture = Fixture::new();
    let tls = &fixture.tls;
    let client = client_plan("mail.example.org");
    let before = handshake(tls, &ServerPlan::default(), &client).await.1.unwrap().chain;
    let (near, far) = sockets().await;
    let accepting = tls.accept(far, SOON, async |_| {
        let leaf = fixture.ca.leaf(&leaf_params(&["mail.example.org"]));
        leaf.write(fixture.directory.path(), "mail.example.org");
        assert_eq!(tls.reload().unwrap().0, Reloaded::Swapped);
        AtHello::Proceed(ServerPlan::default())
    });
    let (accepted, connected) = tokio::join!(accepting, tls.connect(near, SOON, &client));
    let (accepted, connected) = (accepted.unwrap(), connected.unwrap());
    assert_eq!(accepted.own.cert, connected.chain);
    assert_ne!(connected.chain, before, "the reload was before the identity was chosen");
}

/// It is the same for every connection of a minute, and for none after a change.
#[tokio::test]
async fn judges_our_own_certificate_once_a_minute() {
    let fixture = Fixture::new();
    let tls = &fixture.tls;
    let own = handshake(tls, &ServerPlan::default(), &client_plan("mail.example.org")).await.0.unwrap().own;
    let judged = |name: &str, second: i64| {
        tls.judge_own(&own, vec![name.to_owned()], jiff::Timestamp::from_second(second).unwrap())
    };
    let now = jiff::Timestamp::now().as_second().div_euclid(60) * 60;
    let first = judged("mail.example.org", now);
    assert!(first.verified, "{}", first.problem);
    assert!(std::sync::Arc::ptr_eq(&first, &judged("mail.example.org", now + 59)));
    assert!(!judged("other.example", now).verified, "another name is another question");
    assert!(judged("mail.example.org", 0).not_yet_valid, "another minute is another question");
    Ca::new("Another CA").write(fixture.directory.path(), "roots.pem");
    assert_eq!(tls.reload().unwrap().0, Reloaded::Swapped);
    assert!(!judged("mail.example.org", now).verified, "the roots have changed");
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
    assert_eq!(codes, ["K004", "K001", "K010"], "{findings:?}");
    assert!(findings.iter().all(|finding| finding.help.is_some()));
    assert_eq!(handshake(tls, &plan, &client).await.1.unwrap().chain, before);
}

#[test]
fn warns_of_a_name_that_the_certificate_does_not_have() {
    let directory = tempfile::TempDir::new().unwrap();
    let leaf = Leaf::self_signed(&leaf_params(&["*.example.org"]));
    let mut files = leaf.write(directory.path(), "mail.example.org");
    files.names = vec!["MX.example.org".into(), "*.example.org".into(), "mail.example.net".into()];
    let (_, warnings) = Tls::load(&configuration(directory.path(), &[files], &[])).unwrap();
    let messages: Vec<_> = warnings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(messages, ["the certificate does not name `mail.example.net`"]);
}

/// What hosts that check will see: a missing intermediate, a CA that nobody knows.
#[test]
fn warns_of_chains_that_lead_to_no_root() {
    let fixture = Fixture::new();
    let directory = fixture.directory.path();
    let between = fixture.ca.below(ca_params("Between"));
    let mut for_clients = leaf_params(&["c.example"]);
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let identities = [
        between.leaf(&leaf_params(&["a.example"])).write(directory, "a.example"),
        between.leaf(&leaf_params(&["b.example"])).below(&between).write(directory, "b.example"),
        between.leaf(&for_clients).below(&between).write(directory, "c.example"),
        fixture.ca.leaf(&expired(leaf_params(&["d.example"]))).write(directory, "d.example"),
        Ca::new("Unknown").leaf(&leaf_params(&["e.example"])).write(directory, "e.example"),
        Leaf::self_signed(&leaf_params(&["f.example"])).write(directory, "f.example"),
    ];
    let config = configuration(directory, &identities, &["roots.pem".to_owned()]);
    let (tls, warnings) = Tls::load(&config).unwrap();
    let untrusted = |warnings: &[Diagnostic]| -> Vec<(String, String)> {
        let found = warnings.iter().filter(|finding| finding.code == "K009");
        let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        found.map(|finding| (file(&finding.place.path), finding.message.clone())).collect()
    };
    let found = untrusted(&warnings);
    let files: Vec<_> = found.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, ["a.example.pem", "e.example.pem", "f.example.pem"], "{warnings:?}");
    assert!(found[0].1.contains("an intermediate certificate is missing"), "{found:?}");
    assert!(found[2].1.contains("the certificate is self-signed"), "{found:?}");

    between.leaf(&leaf_params(&["a.example"])).below(&between).write(directory, "a.example");
    let (_, warnings) = tls.reload().unwrap();
    assert_eq!(untrusted(&warnings).len(), 2, "{warnings:?}");
}

#[test]
fn says_one_thing_of_a_self_made_identity_and_says_it_after_a_reload_too() {
    let directory = tempfile::TempDir::new().unwrap();
    let (tls, warnings) = Tls::load(&configuration(directory.path(), &[], &["webpki".into()])).unwrap();
    let codes: Vec<_> = warnings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["K021"]);
    assert_eq!(tls.reload().unwrap(), (Reloaded::Unchanged, warnings));
}

#[test]
fn warns_of_dates_and_order() {
    let directory = tempfile::TempDir::new().unwrap();
    let (ca, other) = (Ca::new("One"), Ca::new("Other"));
    let old = ca.leaf(&expired(leaf_params(&["a.example"]))).write(directory.path(), "a.example");
    let disordered = ca.leaf(&leaf_params(&["b.example"])).below(&other).write(directory.path(), "b.example");
    let (_, warnings) = Tls::load(&configuration(directory.path(), &[old, disordered], &[])).unwrap();
    let codes: Vec<_> = warnings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["K006", "K007"]);
}

#[tokio::test]
async fn makes_an_identity_of_its_own_once() {
    let directory = tempfile::TempDir::new().unwrap();
    let chain = async || -> Vec<CertificateDer<'static>> {
        let (tls, warnings) = Tls::load(&configuration(directory.path(), &[], &[])).unwrap();
        assert_eq!(warnings.first().unwrap().code, "K021");
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
