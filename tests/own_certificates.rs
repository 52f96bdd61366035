//! Our certificates are replaced while mail flows; a broken one is not taken.

use waxseal_tests::ca::Identity;
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
