//! What vanished by accident is not taken for "no policy": only the operator can say that it is meant.

use std::fs;

use waxseal_plugins::reload::Reloaded;
use waxseal_tests::client::Reply;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::save::Style;
use waxseal_tests::site::{Site, table};

const MAIL: &str = "MAIL FROM:<a@bank.example>";

const REFUSING: &str = r#"fn mail(client, mail) { refuse("5.7.1", "Not today") }"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_lost_over_half_of_its_rows_is_refused() {
    let filler: Vec<String> = (0..12).map(|number| format!("\"n{number}.example\" attempt")).collect();
    let mut rows = vec![r#""bank.example" require"#];
    rows.extend(filler.iter().map(String::as_str));
    let relay = Site::new().incoming(&rows).start().await;
    relay.rejects("domains.rhai", &table(&[r#""other.example" attempt"#], &[""; 0])).await;
    assert_eq!(told(&relay).await.codes(), "530 5.7.0");
    accepted_removals(&relay).await;
    assert_eq!(told(&relay).await.code, 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_folder_of_filters_is_refused() {
    let relay = Site::new().policy("filters/closed.rhai", REFUSING).start().await;
    fs::remove_file(relay.site.policies().join("filters/closed.rhai")).unwrap();
    says_how_to_accept(&relay).await;
    assert_eq!(told(&relay).await.codes(), "550 5.7.1");
    accepted_removals(&relay).await;
    assert_eq!(told(&relay).await.code, 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_filter_of_several_that_vanishes_is_refused() {
    let site = Site::new().policy("filters/closed.rhai", REFUSING);
    let relay = site.policy("filters/other.rhai", "fn connect(client) { }").start().await;
    fs::remove_file(relay.site.policies().join("filters/closed.rhai")).unwrap();
    says_how_to_accept(&relay).await;
    assert_eq!(told(&relay).await.codes(), "550 5.7.1");
    accepted_removals(&relay).await;
    assert_eq!(told(&relay).await.code, 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vanished_override_is_refused() {
    let site = Site::new().policy("incoming/attempt.rhai", REFUSING);
    // A second file, so that the folder is not emptied.
    let relay = site.policy("incoming/own.rhai", REFUSING).start().await;
    fs::remove_file(relay.site.policies().join("incoming/attempt.rhai")).unwrap();
    says_how_to_accept(&relay).await;
    assert_eq!(told(&relay).await.codes(), "550 5.7.1");
    accepted_removals(&relay).await;
    assert_eq!(told(&relay).await.code, 250);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_directory_is_refused_whoever_asks() {
    let relay = Site::new().incoming(&[r#""bank.example" require"#]).start().await;
    fs::remove_dir_all(relay.site.policies()).unwrap();
    fs::create_dir(relay.site.policies()).unwrap();
    says_how_to_accept(&relay).await;
    assert_eq!(told(&relay).await.codes(), "530 5.7.0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_linked_directory_may_be_switched_to_another() {
    let site = Site::new().incoming(&[r#""bank.example" require"#]);
    let (policies, blue, green) = (site.policies(), site.path("blue"), site.path("green"));
    fs::rename(&policies, &blue).unwrap();
    fs::create_dir(&green).unwrap();
    fs::write(green.join("domains.rhai"), table(&[r#""bank.example" attempt"#], &[""; 0])).unwrap();
    std::os::unix::fs::symlink(&blue, &policies).unwrap();
    let relay = site.start().await;
    assert_eq!(told(&relay).await.codes(), "530 5.7.0");

    let mut swaps = relay.swaps();
    std::os::unix::fs::symlink(&green, relay.site.path("next")).unwrap();
    fs::rename(relay.site.path("next"), &policies).unwrap();
    waxseal_tests::wait::soon("the other directory's bundle", swaps.changed()).await.unwrap();
    assert_eq!(told(&relay).await.code, 250);

    // And it goes on being watched.
    let text = table(&[r#""bank.example" require because "green""#], &[""; 0]);
    relay.edit("domains.rhai", &text, Style::RenameOver).await;
    assert_eq!(told(&relay).await.codes(), "530 5.7.0");
}

async fn says_how_to_accept(relay: &TestRelay) {
    let Reloaded::Rejected { diagnostics, .. } = relay.reload().await else { panic!("it was taken") };
    let said = diagnostics.iter().map(ToString::to_string).collect::<String>();
    assert!(said.contains("waxseal reload --accept-removals"), "{said}");
}

async fn accepted_removals(relay: &TestRelay) {
    let taken = relay.accept_removals().await;
    assert!(matches!(taken, Reloaded::Swapped { .. }), "{taken:?}");
}

/// What a client of `bank.example` is told in clear.
async fn told(relay: &TestRelay) -> Reply {
    let mut client = relay.client().await;
    client.ehlo().await;
    client.say(MAIL).await
}
