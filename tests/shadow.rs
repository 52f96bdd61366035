//! `waxseal shadow` and `waxseal promote`: a candidate is asked on real mail without effect, and comes into
//! force.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use waxseal_tests::client::Reply;
use waxseal_tests::command::{Said, waxseal};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::{Site, table};
use waxseal_tests::wait::soon;

const REQUIRED: [&str; 1] = [r#""bank.example" require"#];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_candidate_is_asked_without_effect_and_promoted() {
    let site = Site::new().set("admin", "address", "\"127.0.0.1:0\"");
    let (relay, operator) = running(site, &REQUIRED).await;
    fs::create_dir(relay.site.policies().join(".git")).unwrap();
    assert_eq!(operator.say(&["shadow", "show"]).await.code, Some(2), "nothing is in the shadow yet");

    let started = operator.say(&["shadow", "start", "next"]).await;
    assert_eq!(started.code, Some(0), "{started:?}");
    assert_eq!(told(&relay).await.code, 250, "the candidate has no effect");
    let shown = operator.shown(|report| report["stricter"] == 1).await;
    assert_eq!((&shown["report"]["weaker"], &shown["skipped"]), (&0.into(), &0.into()), "{shown:#}");
    let group = &shown["report"]["groups"][0];
    assert_eq!((&group["before"]["verdict"], &group["now"]["verdict"]), (&"accept".into(), &"refuse".into()));
    assert_eq!(group["example"]["domain"], "bank.example");

    let status = operator.say(&["status"]).await;
    assert!(status.output.contains("1 stricter"), "{status:?}");
    assert!(status.output.contains("stricter: incoming mail, 1 decision: accept -> refuse"), "{status:?}");
    let metrics = relay.scraped().await;
    let line = r#"waxseal_shadow_decisions_total{direction="incoming",hook="mail",difference="stricter"} 1"#;
    assert!(metrics.contains(line), "{metrics}");

    let promoted = operator.say(&["promote"]).await;
    assert_eq!(promoted.code, Some(0), "{promoted:?}");
    assert_eq!(told(&relay).await.codes(), "530 5.7.0", "the candidate is in force");
    assert!(promoted.output.contains("generation 2"), "{promoted:?}");
    let kept = kept(&relay.site);
    assert!(promoted.output.contains(&format!("shadow start {}", kept.display())), "{promoted:?}");
    assert!(relay.site.policies().join(".git").exists(), "what is no policy stays where it is");
    let status = operator.say(&["status", "--json"]).await.json();
    assert_eq!((&status["shadow"], &status["policies"]["rejected"]), (&Value::Null, &0.into()), "{status:#}");

    // And back, as it says.
    assert_eq!(operator.say(&["shadow", "start", kept.to_str().unwrap()]).await.code, Some(0));
    let back = operator.say(&["promote"]).await;
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(told(&relay).await.code, 250);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gets_weaker_is_not_promoted_unless_that_is_meant() {
    let (relay, operator) = running(Site::new().incoming(&REQUIRED), &[]).await;
    operator.say(&["shadow", "start", "next"]).await;
    assert_eq!(told(&relay).await.codes(), "530 5.7.0");
    operator.shown(|report| report["weaker"] == 1).await;
    assert_eq!(operator.say(&["shadow", "show"]).await.code, Some(1));

    let refused = operator.say(&["promote"]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.output.contains("WEAKER: incoming mail, 1 decision: refuse -> accept"), "{refused:?}");
    assert!(refused.output.contains("--accept-weaker"), "{refused:?}");
    assert_eq!((relay.generation(), told(&relay).await.code), (1, 530));

    let accepted = operator.say(&["promote", "--accept-weaker"]).await;
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    assert_eq!(told(&relay).await.code, 250);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_broken_or_has_changed_is_not_promoted() {
    let (relay, operator) = running(Site::new(), &REQUIRED).await;
    let table_of_next = relay.site.path("next/domains.rhai");
    let good = fs::read_to_string(&table_of_next).unwrap();
    fs::write(&table_of_next, "incoming { \"*\" atempt }").unwrap();
    let broken = operator.say(&["shadow", "start", "next"]).await;
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.output.contains("did you mean `attempt`?"), "{broken:?}");

    fs::write(&table_of_next, &good).unwrap();
    assert_eq!(operator.say(&["shadow", "start", "next"]).await.code, Some(0));
    fs::write(&table_of_next, format!("{good}\n// later\n")).unwrap();
    let changed = operator.say(&["promote"]).await;
    assert_eq!(changed.code, Some(2), "{changed:?}");
    assert!(changed.errors.contains("have changed"), "{changed:?}");

    assert_eq!(operator.say(&["shadow", "stop"]).await.code, Some(0));
    assert_eq!(operator.say(&["promote"]).await.code, Some(2));
    assert_eq!((relay.generation(), told(&relay).await.code), (1, 250));
    relay.stop().await;
}

/// The same gate as at a reload: a folder of filters that is emptied is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_lost_files_is_refused_as_at_a_reload() {
    let filter = "fn rcpt(client, recipient) { accept() }";
    let (relay, operator) = running(Site::new().policy("filters/own.rhai", filter), &REQUIRED).await;
    operator.say(&["shadow", "start", "next"]).await;
    let refused = operator.say(&["promote"]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.output.contains("B011"), "{refused:?}");
    assert_eq!(relay.generation(), 1);
    let accepted = operator.say(&["promote", "--accept-removals", "--json"]).await;
    assert_eq!((accepted.code, &accepted.json()["generation"]), (Some(0), &2.into()), "{accepted:?}");
    relay.stop().await;
}

/// An operator at a site.
struct Operator {
    configuration: PathBuf,
    directory: PathBuf,
}

impl Operator {
    /// Runs a command; `next` is the candidate's directory.
    async fn say(&self, arguments: &[&str]) -> Said {
        let next = self.directory.to_str().unwrap();
        let arguments: Vec<_> = arguments.iter().map(|one| if *one == "next" { next } else { one }).collect();
        waxseal(&self.configuration, &arguments).await
    }

    /// Looks until the report is as awaited.
    async fn shown(&self, awaited: impl Fn(&Value) -> bool) -> Value {
        let looking = async {
            loop {
                let shown = self.say(&["shadow", "show", "--json"]).await.json();
                if awaited(&shown["report"]) {
                    return shown;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        soon("a decision in the shadow", looking).await
    }
}

/// A relay, and a directory beside its policies whose table has these rows.
async fn running(site: Site, rows: &[&str]) -> (TestRelay, Operator) {
    let directory = site.path("next");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("domains.rhai"), table(rows, &[""; 0])).unwrap();
    let relay = site.start().await;
    let configuration = relay.site.path("waxseal.toml");
    (relay, Operator { configuration, directory })
}

/// Where the policies of before are.
fn kept(site: &Site) -> PathBuf {
    let beside =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("policies.2"));
    let entries = fs::read_dir(site.path("")).unwrap().flatten().map(|entry| entry.path());
    entries.into_iter().find(|path| beside(path)).expect("the policies of before")
}

/// What a client of `bank.example` is told in clear.
async fn told(relay: &TestRelay) -> Reply {
    let mut client = relay.client().await;
    client.ehlo().await;
    let reply = client.say("MAIL FROM:<a@bank.example>").await;
    client.say("QUIT").await;
    reply
}
