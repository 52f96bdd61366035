//! A relay that cannot start says why, once, and exits with 2.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use waxseal_tests::ca::Identity;
use waxseal_tests::command::{run_relay, waxseal};
use waxseal_tests::site::Site;

/// Starts it; it must not start, and each of these must be said.
async fn refuses(configuration: &Path, said: &[&str]) {
    let run = waxseal(configuration, &["run"]).await;
    assert_eq!(run.code, Some(2), "{run:?}");
    for words in said {
        assert!(run.errors.contains(words), "`{words}` is not said: {}", run.errors);
    }
    assert!(!run.errors.contains("panicked"), "{run:?}");
    assert_eq!(run.errors.matches("waxseal: ").count(), 1, "one message: {}", run.errors);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken() {
    let site = Site::new();
    let configuration = site.write();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = fs::read_to_string(&configuration).unwrap().replace("127.0.0.1:0", &address);
    fs::write(&configuration, text).unwrap();
    refuses(&configuration, &[&address, "another program listens there"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_dir_that_cannot_be_made() {
    let site = Site::new();
    let configuration = site.write();
    // A dangling link, which stops root as well, whom permissions do not.
    std::os::unix::fs::symlink("/proc/nowhere/at/all", site.data()).unwrap();
    refuses(&configuration, &["data_dir", "data"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_relay_on_the_same_data_dir() {
    let site = Site::new();
    let configuration = site.write();
    let _first = run_relay(&configuration).await;
    refuses(&configuration, &["another"]).await;
    assert_eq!(waxseal(&configuration, &["status"]).await.code, Some(0), "the first is still there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_policies_without_last_good_ones() {
    let site = Site::new().policy("incoming/own.rhai", "fn mail(client, mail) { accept(");
    refuses(&site.write(), &["incoming/own.rhai:1:", "no last good ones"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_that_of_the_certificate() {
    let site = Site::new();
    Identity::self_signed(&["relay.example"])
        .write(&site.path("tls/unused.pem"), &site.path("tls/relay.key"));
    refuses(&site.write(), &["K004", "relay.key", "relay.pem"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_missing() {
    let site = Site::new();
    let configuration = site.write();
    fs::remove_file(site.path("tls/relay.pem")).unwrap();
    refuses(&configuration, &["waxseal.toml:", "relay.pem", "cannot be read"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_log_that_cannot_be_opened() {
    let site = Site::new();
    let configuration = site.write();
    fs::create_dir_all(site.data().join("decisions.ndjson")).unwrap();
    fs::set_permissions(site.data(), Permissions::from_mode(0o700)).unwrap();
    refuses(&configuration, &["decision log"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_identity_it_makes_one_and_says_so() {
    let site = Site::new();
    let configuration = site.write();
    let text = fs::read_to_string(&configuration).unwrap();
    let start = text.find("[[tls.identity]]").unwrap();
    fs::write(&configuration, &text[..start]).unwrap();
    let relay = run_relay(&configuration).await;
    relay.signal("TERM").await;
    let (status, errors) = relay.end().await;
    assert!(status.success() && errors.contains("self-made"), "{errors}");
}
