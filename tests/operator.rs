//! What an operator sees of a running relay: `status`, `reload`, metrics.

use std::fs;
use std::path::PathBuf;

use waxseal_tests::ca::{Identity, Usage, Validity};
use waxseal_tests::command::{Running, run_relay, waxseal};
use waxseal_tests::site::{HOSTNAME, Site};
use waxseal_tests::wait::{soon, until};

async fn running(site: &Site) -> (PathBuf, Running) {
    let configuration = site.write();
    let relay = run_relay(&configuration).await;
    (configuration, relay)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_reload_says_why_and_exits_with_1() {
    let site = Site::new();
    let (configuration, _relay) = running(&site).await;
    let fine = waxseal(&configuration, &["reload"]).await;
    assert_eq!(fine.code, Some(0), "{fine:?}");

    fs::write(site.policies().join("domains.rhai"), "outgoing { \"*\" atempt }").unwrap();
    let rejected = waxseal(&configuration, &["reload"]).await;
    assert_eq!(rejected.code, Some(1), "{rejected:?}");
    assert!(rejected.output.contains("domains.rhai:1:"), "{rejected:?}");
    let json = waxseal(&configuration, &["reload", "--json"]).await;
    assert_eq!((json.code, &json.json()["policies"]["result"]), (Some(1), &"rejected".into()));

    let status = waxseal(&configuration, &["status"]).await;
    assert_eq!(status.code, Some(1), "{status:?}");
    assert!(status.output.contains("domains.rhai:1:"), "{status:?}");
    assert!(status.output.contains("those of before stay in force"), "{status:?}");
    let json = waxseal(&configuration, &["status", "--json"]).await.json();
    assert_eq!(json["policies"]["generation"], 1);
    assert!(json["policies"]["rejected"].as_u64().unwrap() >= 1, "{json}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_shows_certificates_with_their_end_and_what_is_wrong_on_disk() {
    let site = Site::new();
    let (configuration, _relay) = running(&site).await;
    let fine = waxseal(&configuration, &["status"]).await;
    assert_eq!(fine.code, Some(0), "{fine:?}");
    assert!(fine.output.contains("relay.example: until 4000-01-01"), "{fine:?}");

    fs::write(site.path("tls/relay.pem"), "-----BEGIN CERTIFICATE-----\nMII").unwrap();
    let rejected = waxseal(&configuration, &["reload"]).await;
    assert_eq!(rejected.code, Some(1), "{rejected:?}");
    assert!(rejected.output.contains("relay.pem"), "{rejected:?}");
    let status = waxseal(&configuration, &["status"]).await;
    assert_eq!(status.code, Some(1), "{status:?}");
    assert!(status.output.contains("relay.example: until 4000-01-01"), "{status:?}");
    assert!(status.output.contains("K002"), "{status:?}");

    let expired = site.authority.issue_with(&[HOSTNAME], Validity::Expired, Usage::Both);
    expired.write(&site.path("tls/relay.pem"), &site.path("tls/relay.key"));
    assert_eq!(waxseal(&configuration, &["reload"]).await.code, Some(0));
    let status = waxseal(&configuration, &["status"]).await;
    assert!(status.output.contains("relay.example: EXPIRED on 2021-01-01"), "{status:?}");
    let json = waxseal(&configuration, &["status", "--json"]).await.json();
    assert_eq!(json["certificates"]["in_force"][0]["state"], "expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_says_loudly_that_the_last_good_policies_are_in_force() {
    let site = Site::new().start().await.stop().await;
    let site = site.policy("incoming/own.rhai", "fn mail(client, mail) { accept(");
    let (configuration, _relay) = running(&site).await;
    let status = waxseal(&configuration, &["status"]).await;
    assert_eq!(status.code, Some(1), "{status:?}");
    assert!(status.output.contains("THE LAST GOOD ONES"), "{status:?}");
    assert!(status.output.contains("incoming/own.rhai:1:"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn status_shows_that_the_configuration_has_changed() {
    let site = Site::new();
    let (configuration, _relay) = running(&site).await;
    let text = fs::read_to_string(&configuration).unwrap();
    fs::write(&configuration, text + "# changed\n").unwrap();
    let status = waxseal(&configuration, &["status"]).await;
    assert!(status.output.contains("changed since the start"), "{status:?}");

    // A file that is broken now hinders nobody from asking.
    fs::write(&configuration, "hostname = 5\ndata_dir = \"data\"\n[[").unwrap();
    let status = waxseal(&configuration, &["status"]).await;
    assert!(status.output.contains("changed since the start"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_control_socket_that_was_removed_comes_back() {
    let site = Site::new();
    let (configuration, _relay) = running(&site).await;
    let socket = site.data().join("control.sock");
    fs::remove_file(&socket).unwrap();
    until("the control socket again", || socket.exists().then_some(())).await;
    let status = waxseal(&configuration, &["status"]).await;
    assert_eq!(status.code, Some(0), "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_relay_they_say_so_and_exit_with_2() {
    let configuration = Site::new();
    let configuration = configuration.write();
    for command in ["status", "reload"] {
        let said = waxseal(&configuration, &[command]).await;
        assert_eq!(said.code, Some(2), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_count_reloads_and_mail() {
    let site = Site::new().set("admin", "address", "\"127.0.0.1:0\"");
    let relay = site.start().await;
    relay.accept("a@client.example", "b@there.invalid", "Subject: counted\r\n\r\nx\r\n").await;
    relay.retable(&[r#""bank.example" require"#], &[]).await;
    relay.rejects("domains.rhai", "fn (((").await;
    let other = Identity::self_signed(&[HOSTNAME]);
    other.write(&relay.site.path("tls/relay.pem"), &relay.site.path("tls/relay.key"));
    relay.reload_everything().await.identities.unwrap();
    let metrics = relay.scraped().await;
    for line in [
        r#"waxseal_reloads_total{part="policies",result="swapped"} 1"#,
        r#"waxseal_reloads_total{part="policies",result="rejected"} 1"#,
        r#"waxseal_reloads_total{part="certificates",result="swapped"} 1"#,
        "waxseal_bundle_generation 2",
        "waxseal_decision_log_drops_total 0",
        "waxseal_messages_accepted_total 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_whose_file_is_gone_is_said_and_outlives_a_restart() {
    let filter =
        r#"fn rcpt(client, recipient) { if in_list("blocked", recipient.sender) { refuse("5.7.1", "No") } }"#;
    let site =
        Site::new().policy("filters/blocked.rhai", filter).policy("lists/blocked.txt", "one.example\n");
    let (configuration, mut relay) = running(&site).await;
    assert_eq!(waxseal(&configuration, &["status"]).await.code, Some(0));
    fs::remove_file(site.policies().join("lists/blocked.txt")).unwrap();
    for start in ["the same", "another"] {
        let said = async {
            loop {
                let status = waxseal(&configuration, &["status"]).await;
                if status.output.contains("the list `blocked` stays as it was: its file is gone") {
                    return status;
                }
            }
        };
        let status = soon("what is wrong with the list", said).await;
        assert_eq!(status.code, Some(1), "{start}: {status:?}");
        assert!(status.output.contains("the lists of before stay in force"), "{status:?}");
        assert!(!status.output.contains("POLICIES"), "the policies are in order: {status:?}");
        if start == "the same" {
            relay.signal("TERM").await;
            relay.end().await;
            relay = run_relay(&configuration).await;
        }
    }
}
