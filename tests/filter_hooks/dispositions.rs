//! What becomes of a message: what the client is told, what arrives, and what is kept aside.

use std::collections::BTreeSet;

use serde_json::Value;
use waxseal_tests::command::waxseal;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;

use super::{Actor, RECIPIENT, letter, send, untraced};

/// An order, what the client is told, whether the message goes on at once, and the verdict in the decision log.
#[rustfmt::skip]
const CASES: [(&str, &str, bool, &str); 13] = [
    ("accept",                           "250 2.0.0", true,  "accept"),
    ("remove_part|7",                    "250 2.0.0", true,  "accept"),
    ("quarantine|Card numbers",          "250 2.0.0", false, "quarantine"),
    ("discard|A newsletter",             "250 2.0.0", false, "discard"),
    ("defer",                            "451 4.7.1", false, "defer"),
    ("refuse",                           "550 5.7.1", false, "refuse"),
    ("jump",                             "451 4.3.0", false, "failure"),
    // What makes no sense for any message is a failure of the filter.
    ("add_header|No name|yes",           "451 4.3.0", false, "failure"),
    ("add_recipient|nobody",             "451 4.3.0", false, "failure"),
    ("add_recipient|a@b@c..d",           "451 4.3.0", false, "failure"),
    ("redirect|nobody",                  "451 4.3.0", false, "failure"),
    ("redirect|a@b@c..d",                "451 4.3.0", false, "failure"),
    ("tag|no name|yes",                  "451 4.3.0", false, "failure"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_says_what_becomes_of_a_message() {
    the_table_holds(Actor::Script).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_says_what_becomes_of_a_message() {
    the_table_holds(Actor::Plugin).await;
}

async fn the_table_holds(actor: Actor) {
    let (relay, host) = actor.relay().await;
    let recipient = |number: usize| format!("n{number}@there.example");
    let mut wrong = Vec::new();
    for (number, (order, expected, _, _)) in CASES.iter().enumerate() {
        let reply = send(&relay, &[&recipient(number)], &letter(&[order])).await;
        if reply.codes() != *expected {
            wrong.push(format!("  {order} -> {expected}, but: {reply}"));
        }
    }
    assert!(wrong.is_empty(), "{actor:?}:\n{}", wrong.join("\n"));

    relay.drained().await;
    let arrived: BTreeSet<String> = host.messages().into_iter().flat_map(|one| one.recipients).collect();
    let cases = CASES.iter().enumerate();
    let expected = cases.filter(|(_, (_, _, goes_on, _))| *goes_on).map(|(number, _)| recipient(number));
    assert_eq!(arrived, expected.collect::<BTreeSet<_>>(), "{actor:?}");

    let last = CASES.len();
    relay.decision(format!("{last} decisions"), |_| decided(&relay).len() == last).await;
    let verdicts: Vec<_> = CASES.iter().map(|(_, _, _, verdict)| (*verdict).to_owned()).collect();
    assert_eq!(decided(&relay), verdicts, "{actor:?}");
    for (word, count) in [("accepted", 2), ("quarantined", 1), ("discarded", 1)] {
        let counted = format!("waxseal_messages_filtered_total{{outcome=\"{word}\"}} {count}");
        assert!(relay.metrics().contains(&counted), "no `{counted}` in\n{}", relay.metrics());
    }
}

/// The verdicts on messages so far, in their order.
fn decided(relay: &TestRelay) -> Vec<String> {
    let decisions = relay.decisions();
    let of_messages = decisions.iter().filter(|it| it.is("incoming", "message"));
    of_messages.map(|it| it.text("verdict").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_quarantined_is_listed_and_goes_when_it_is_released() {
    for actor in [Actor::Script, Actor::Plugin] {
        let (relay, host) = actor.relay().await;
        let configuration = relay.site.path("waxseal.toml");
        // Its other orders are not followed any more; earlier ones were never said.
        let content = letter(&["tag|class|bulk", "quarantine|Card numbers", "remove_header|Subject"]);
        assert_eq!(send(&relay, &[RECIPIENT], &content).await.code, 250);
        let listed = waxseal(&configuration, &["quarantine", "list", "--json"]).await;
        assert_eq!(listed.code, Some(0), "{listed:?}");
        let kept: Value = serde_json::from_str(listed.output.lines().next().unwrap()).unwrap();
        let quarantine = &kept["envelope"]["quarantine"];
        assert_eq!(quarantine["reason"], "Card numbers", "{kept}");
        let by = quarantine["by"].as_str().unwrap();
        assert!(by.starts_with(actor.place()), "{kept}");
        assert!(host.sessions().is_empty(), "it is not sent before somebody says so");

        let id = kept["envelope"]["id"].as_str().unwrap();
        let released = waxseal(&configuration, &["quarantine", "release", id]).await;
        assert_eq!(released.code, Some(0), "{released:?}");
        let arrived = host.messages_until(1).await.remove(0);
        assert_eq!(arrived.recipients, [RECIPIENT]);
        assert_eq!(untraced(&arrived), format!("TRACE\r\n{content}"));
        relay.drained().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_redirected_goes_to_one_and_to_nobody_else() {
    for actor in [Actor::Script, Actor::Plugin] {
        let (there, review) = (Host::start(Mode::NoStartTls).await, Host::start(Mode::NoStartTls).await);
        let site = actor.site().await.host("there.example", there.address);
        let relay = site.host("review.example", review.address).start().await;
        let content = letter(&["redirect|eve@review.example"]);
        assert_eq!(send(&relay, &[RECIPIENT, "cyd@there.example"], &content).await.code, 250);
        let arrived = review.messages_until(1).await.remove(0);
        assert_eq!(arrived.recipients, ["eve@review.example"]);
        assert_eq!(untraced(&arrived), format!("TRACE\r\n{content}"));
        relay.drained().await;
        assert!(there.sessions().is_empty(), "{actor:?}");
    }
}
