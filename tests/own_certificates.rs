//! Our certificates are replaced while mail flows; a broken one is not taken.

use waxseal::authentication::sign::key::{Key, Kind};
use waxseal_tests::ca::Identity;
use waxseal_tests::command::waxseal;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::{HOSTNAME, Site};
use waxseal_tests::tls::{self, Versions};
use waxseal_tests::wait::soon;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_presented_without_a_restart() {
    let relay = Site::new().start().await;
    let old = presented(&relay).await;
    let renewed = relay.site.authority.issue(&[HOSTNAME]);
    let mut in_progress = relay.client().await;
    renewed.write(&relay.site.path("tls/relay.pem"), &relay.site.path("tls/relay.key"));
    until_presented(&relay, &renewed).await;
    assert_ne!(old, renewed.chain);
    assert_eq!(in_progress.ehlo().await.code, 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_does_not_fit_changes_nothing_until_it_does() {
    let relay = Site::new().start().await;
    let old = presented(&relay).await;
    let (renewed, other) = (relay.site.authority.issue(&[HOSTNAME]), Identity::self_signed(&[HOSTNAME]));
    renewed.write(&relay.site.path("tls/relay.pem"), &relay.site.path("tls/unused.key"));
    other.write(&relay.site.path("tls/unused.pem"), &relay.site.path("tls/relay.key"));
    let refused = relay.reload_everything().await.identities.unwrap_err();
    assert!(refused[0].to_string().contains("relay.key"), "{refused:?}");
    assert_eq!(presented(&relay).await, old);

    renewed.write(&relay.site.path("tls/relay.pem"), &relay.site.path("tls/relay.key"));
    relay.reload_everything().await.identities.unwrap();
    assert_eq!(presented(&relay).await, renewed.chain);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signing_key_that_is_broken_changes_nothing_until_it_is_mended() {
    let settings = [("domain", r#""example.org""#), ("selector", r#""s1""#), ("key", r#""arc.pem""#)];
    let site = settings.into_iter().fold(Site::new(), |site, (key, value)| site.set("arc", key, value));
    let renew =
        |site: &Site| std::fs::write(site.path("arc.pem"), Key::generate(Kind::Ed25519).unwrap()).unwrap();
    renew(&site);
    let relay = site.start().await;
    let configuration = relay.site.path("waxseal.toml");
    let status = async || waxseal(&configuration, &["status"]).await;
    assert!(status().await.output.contains("s1._domainkey.example.org"));

    std::fs::write(relay.site.path("arc.pem"), "no key").unwrap();
    let refused = relay.reload_everything().await.signing_keys.unwrap_err();
    assert_eq!(refused[0].code, "K003", "{refused:?}");
    assert!(status().await.output.contains("those of before stay in force"));

    renew(&relay.site);
    assert!(relay.reload_everything().await.signing_keys.is_ok());
    assert!(!status().await.output.contains("SIGNING KEYS"));
}

async fn until_presented(relay: &TestRelay, identity: &Identity) {
    let looking = async {
        while presented(relay).await != identity.chain {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    soon("the new certificate", looking).await;
}

async fn presented(relay: &TestRelay) -> Vec<rustls::pki_types::CertificateDer<'static>> {
    let mut client = relay.client().await;
    client.ehlo().await;
    let client = client.start_tls(&tls::client(None, Versions::Modern)).await.unwrap();
    client.tls.unwrap().chain
}

/// How renewals are put in place.
#[derive(Clone, Copy, Debug)]
enum Renewal {
    /// Written beside the old files, then renamed over them.
    Rename,
    /// Behind a symbolic link to a directory, as certbot and Kubernetes do it.
    Symlink,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_of_renewing_is_noticed_and_no_old_session_resumes() {
    let mut renewals = tokio::task::JoinSet::new();
    for renewal in [Renewal::Rename, Renewal::Symlink] {
        renewals.spawn(async move {
            let relay = Site::new().start().await;
            let config = tls::client(None, Versions::Modern);
            assert!(!resumes(&relay, &config).await, "{renewal:?}: the first is a full handshake");
            assert!(resumes(&relay, &config).await, "{renewal:?}: nothing to resume, nothing to see");

            // Half of it does no harm, and hinders nothing.
            std::fs::write(relay.site.path("tls/relay.pem"), "-----BEGIN CERTIFICATE-----\nMII").unwrap();
            let _ = relay.reload_everything().await;
            assert!(resumes(&relay, &config).await, "{renewal:?}: half a file ended a session");

            let renewed = relay.site.authority.issue(&[HOSTNAME]);
            renew(&relay, &renewed, renewal);
            let _ = relay.reload_everything().await;
            assert_eq!(presented(&relay).await, renewed.chain, "{renewal:?}");
            assert!(!resumes(&relay, &config).await, "{renewal:?}: a session outlived its certificate");
        });
    }
    renewals.join_all().await;
}

fn renew(relay: &TestRelay, identity: &Identity, renewal: Renewal) {
    let (site, renewed) = (&relay.site, relay.site.path("renewed"));
    std::fs::create_dir(&renewed).unwrap();
    identity.write(&renewed.join("relay.pem"), &renewed.join("relay.key"));
    match renewal {
        Renewal::Rename => {
            for file in ["relay.key", "relay.pem"] {
                std::fs::rename(renewed.join(file), site.path("tls").join(file)).unwrap();
            }
        }
        Renewal::Symlink => {
            std::fs::copy(site.path("tls/root.pem"), renewed.join("root.pem")).unwrap();
            std::fs::rename(site.path("tls"), site.path("old")).unwrap();
            std::os::unix::fs::symlink(&renewed, site.path("tls")).unwrap();
        }
    }
}

async fn resumes(relay: &TestRelay, config: &std::sync::Arc<rustls::ClientConfig>) -> bool {
    let mut client = relay.client().await;
    client.ehlo().await;
    let mut client = client.start_tls(config).await.unwrap();
    // The tickets come with the first reply (RFC 8446 section 4.6.1).
    client.ehlo().await;
    client.tls.unwrap().resumed
}
