//! A policy holds from the next transaction after its reload, on new connections and reused
//! ones; and whatever is wrong with the files, the last good bundle holds.

use std::net::IpAddr;

use tokio::task::JoinSet;
use waxseal_plugins::reload::Reloaded;
use waxseal_tests::ca::Identity;
use waxseal_tests::client::{Client, message};
use waxseal_tests::decisions::Decision;
use waxseal_tests::host::{Host, Message, Mode};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::save::Style;
use waxseal_tests::site::{Site, table};
use waxseal_tests::tls::{self, Versions};

const SENDER: &str = "someone@senders.example";

/// Before and after, and what a mail to a host with a self-signed certificate becomes then:
/// encrypted, in clear, or (`None`) deferred.
#[rustfmt::skip]
const OUTGOING: [(&str, Option<bool>, &str, Option<bool>); 4] = [
    ("attempt",          Some(true),  "require_verified", None),
    ("prevent",          Some(false), "require",          Some(true)),
    ("require",          Some(true),  "prevent",          Some(false)),
    ("require_verified", None,        "attempt",          Some(true)),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outgoing_mail_follows_the_new_policy_and_then_the_old_one_again() {
    let mut changes = JoinSet::new();
    for (before, first, after, second) in OUTGOING {
        changes.spawn(async move {
            let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
            let row = |policy: &str| format!("\"there.example\" {policy}");
            let site = Site::new().outgoing(&[&row(before)]).host("there.example", host.address);
            let relay = site.start().await;
            becomes(&relay, &host, first, before).await;
            relay.retable(&[], &[&row(after)]).await;
            becomes(&relay, &host, second, after).await;
            relay.retable(&[], &[&row(before)]).await;
            becomes(&relay, &host, first, before).await;
        });
    }
    changes.join_all().await;
}

/// Sends a mail and sees what becomes of it under the generation in force.
async fn becomes(relay: &TestRelay, host: &Host, expected: Option<bool>, policy: &str) {
    let generation = relay.generation();
    let subject = format!("generation {generation}");
    relay.accept(SENDER, "someone@there.example", &message(&subject)).await;
    if let Some(encrypted) = expected {
        let found = |mail: &Message| mail.text().contains(&subject).then_some(mail.encrypted);
        let awaited = format!("{subject} under {policy}");
        let crossed = host
            .until(awaited, |sessions| sessions.iter().flat_map(|session| &session.messages).find_map(found))
            .await;
        assert_eq!(crossed, encrypted, "{subject} under {policy}");
    } else {
        let deferral = relay.decision(format!("a deferral in {subject} under {policy}"), |it| {
            it.generation() == generation && it.is("outgoing", "certificate") && it.text("verdict") == "defer"
        });
        deferral.await;
        assert!(!host.messages().iter().any(|mail| mail.text().contains(&subject)), "{subject} crossed");
    }
}

/// Each incoming policy, and what it answers in clear and inside TLS without a certificate.
const INCOMING: [(&str, &str, &str); 3] = [
    ("attempt", "250", "250"),
    ("require", "530 5.7.0", "250"),
    ("require_verified", "530 5.7.0", "554 5.7.5"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn incoming_mail_follows_the_new_policy_and_then_the_old_one_again() {
    let relay = Site::new().start().await;
    let source = IpAddr::from([127, 0, 0, 1]);
    let config = tls::client(None, Versions::Modern);
    let there_and_back = INCOMING.iter().chain(INCOMING.iter().rev());
    for (number, (policy, in_clear, encrypted)) in there_and_back.enumerate() {
        let row = format!("\"there.example\" {policy} because \"change {number}\"");
        relay.retable(&[&row], &[]).await;
        for (config, expected) in [(None, in_clear), (Some(&config), encrypted)] {
            let mut client = Client::ready(source, relay.address, config).await.unwrap();
            let reply = client.say("MAIL FROM:<a@there.example>").await;
            assert!(reply.codes().starts_with(expected), "{number}, {policy}: {reply}, expected {expected}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_made_under_an_old_bundle_is_not_used_again() {
    let host = Host::start(Mode::tls(&Identity::self_signed(&["mx.there.example"]))).await;
    let rows = [r#""there.example" attempt"#];
    let relay = Site::new().outgoing(&rows).host("there.example", host.address).start().await;
    relay.accept(SENDER, "one@there.example", &message("one")).await;
    relay.accept(SENDER, "two@there.example", &message("two")).await;
    host.messages_until(2).await;
    // Not even the row has changed, but the bundle has.
    let text = table(&[""; 0], &rows) + "// another bundle\n";
    relay.edit("domains.rhai", &text, Style::RenameOver).await;
    let sessions = host.sessions().len();
    relay.accept(SENDER, "three@there.example", &message("three")).await;
    host.messages_until(3).await;
    assert_eq!(host.sessions().len(), sessions + 1, "the connection of an old bundle was used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_is_not_at_its_transaction_yet_follows_the_new_policy() {
    let host = Host::start(Mode::SilentAfter220).await;
    let site = Site::new().set("timeouts", "handshake", r#""2s""#).outgoing(&[r#""there.example" attempt"#]);
    let relay = site.host("there.example", host.address).start().await;
    relay.accept(SENDER, "one@there.example", &message("one")).await;
    host.until("STARTTLS", |sessions| sessions.iter().any(|one| one.was_told("STARTTLS")).then_some(()))
        .await;
    // The handshake hangs; what was allowed before it ends in vain must not be held to.
    relay.retable(&[""; 0], &[r#""there.example" require"#]).await;
    let decided = |it: &Decision| it.is("outgoing", "mail") && it.text("policy") == "require";
    relay.decision("a decision of the new policy", decided).await;
    assert!(host.sessions().iter().all(|session| !session.saw_mail_in_clear()), "sent in clear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_in_progress_keeps_its_bundle() {
    let relay = Site::new().incoming(&[r#""bank.example" attempt"#]).start().await;
    let mut client = relay.client().await;
    client.ehlo().await;
    let generation = relay.generation();
    assert!(relay.retable(&[r#""bank.example" require"#], &[]).await > generation);

    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.code, 250);
    let old = relay.decision("the decision at mail", |decision| decision.is("incoming", "mail")).await;
    assert_eq!(old.generation(), generation);

    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_table_changes_nothing() {
    let relay = Site::new().incoming(&[r#""bank.example" require"#]).start().await;
    let generation = relay.generation();
    for broken in ["", r#"incoming { "*" atempt }"#, "fn (((", r#"incoming { "*" attempt }"#] {
        relay.rejects("domains.rhai", broken).await;
        assert_eq!(relay.generation(), generation, "{broken:?}");
        refuses_clear_mail(&relay).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_of_saving_is_noticed() {
    let relay = Site::new().start().await;
    for (number, style) in Style::ALL.into_iter().enumerate() {
        let policy = ["require", "attempt"][number % 2];
        let rows = [format!("\"bank.example\" {policy} because \"save {number}\"")];
        relay.edit("domains.rhai", &table(&rows, &[""; 0]), style).await;
        let mut client = relay.client().await;
        client.ehlo().await;
        let refused = client.say("MAIL FROM:<a@bank.example>").await.code != 250;
        assert_eq!(refused, policy == "require", "{style:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vanished_directory_changes_nothing() {
    let relay = Site::new().incoming(&[r#""bank.example" require"#]).start().await;
    std::fs::remove_dir_all(relay.site.policies()).unwrap();
    assert!(matches!(relay.reload().await, Reloaded::Rejected { .. }));
    refuses_clear_mail(&relay).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_with_broken_policies_uses_the_last_good_ones() {
    let relay = Site::new().incoming(&[r#""bank.example" require"#]).start().await;
    let site = relay.stop().await;
    let relay = site.policy("incoming/require.rhai", "fn mail(client, mail) { accept(").start().await;
    refuses_clear_mail(&relay).await;
}

async fn refuses_clear_mail(relay: &TestRelay) {
    let mut client = relay.client().await;
    client.ehlo().await;
    assert_eq!(client.say("MAIL FROM:<a@bank.example>").await.codes(), "530 5.7.0");
}
