//! What scripts remember, hold rates of, find in lists and look up: the shipped recipes on a relay that runs.

use std::net::IpAddr;
use std::time::Duration;

use waxseal_tests::client::{Client, Reply};
use waxseal_tests::dns::{Held, Zone};
use waxseal_tests::relay::TestRelay;
use waxseal_tests::save::Style;
use waxseal_tests::site::Site;
use waxseal_tests::wait::{soon, until};

const GREYLIST: &str = include_str!("../examples/recipes/greylist/policies/filters/greylist.rhai");
const KNOWN_GOOD: &str = include_str!("../examples/recipes/greylist/policies/lists/known_good.txt");
const DNSBL: &str = include_str!("../examples/recipes/dnsbl/policies/filters/dnsbl.rhai");

/// The recipe, with a delay that a test can wait for.
fn greylisting() -> Site {
    assert!(GREYLIST.contains("fn delay() { \"5m\" }"));
    let filter = GREYLIST.replace("fn delay() { \"5m\" }", "fn delay() { \"1s\" }");
    Site::new().policy("filters/greylist.rhai", filter).policy("lists/known_good.txt", KNOWN_GOOD)
}

/// What a recipient is answered in a transaction of its own.
async fn rcpt(relay: &TestRelay, sender: &str) -> Reply {
    answered(&mut relay.client().await, sender).await
}

async fn answered(client: &mut Client, sender: &str) -> Reply {
    client.ehlo().await;
    client.say(&format!("MAIL FROM:<{sender}>")).await;
    client.say("RCPT TO:<b@there.example>").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_comes_again_and_is_known_also_after_a_restart() {
    let relay = greylisting().start().await;
    assert_eq!(rcpt(&relay, "a@new.example").await.codes(), "450 4.7.1");
    assert_eq!(rcpt(&relay, "a@partner.example").await.code, 250, "it is on the list");
    let let_in = async {
        while rcpt(&relay, "a@new.example").await.code != 250 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    soon("the stranger to be let in", let_in).await;
    assert_eq!(rcpt(&relay, "other@new.example").await.code, 250, "the network is known");
    let relay = relay.stop().await.start().await;
    assert_eq!(rcpt(&relay, "third@new.example").await.code, 250, "still");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_holds_between_sessions_and_over_a_reload() {
    let filter = |text: &str| {
        format!(
            "fn rcpt(client, recipient) {{ if !allows(\"2 per 1h\", recipient.sender) {{ defer(\"4.7.1\", \"{text}\") }} }}"
        )
    };
    let relay = Site::new().policy("filters/rate.rhai", filter("Too much")).start().await;
    for expected in [250, 250, 450] {
        assert_eq!(rcpt(&relay, "a@client.example").await.code, expected);
    }
    assert_eq!(rcpt(&relay, "b@client.example").await.code, 250, "another sender");
    relay.edit("filters/rate.rhai", filter("Still too much"), Style::RenameOver).await;
    let reply = rcpt(&relay, "a@client.example").await;
    assert!(reply.code == 450 && reply.text().contains("Still too much"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_read_when_it_changes_and_kept_when_it_breaks() {
    let filter = r#"fn rcpt(client, recipient) {
        if in_list("blocked", recipient.sender) { refuse("5.7.1", "You are blocked") }
    }"#;
    let site =
        Site::new().policy("filters/blocked.rhai", filter).policy("lists/blocked.txt", "one.example\n");
    let relay = site.start().await;
    let generation = relay.generation();
    assert_eq!(rcpt(&relay, "a@one.example").await.codes(), "550 5.7.1");
    assert_eq!(rcpt(&relay, "a@two.example").await.code, 250);
    let list = relay.site.policies().join("lists/blocked.txt");
    Style::RenameOver.save(&list, "two.example\n");
    let changed = async {
        while rcpt(&relay, "a@two.example").await.code != 550 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon("the new list", changed).await;
    assert_eq!(rcpt(&relay, "a@one.example").await.code, 250);
    Style::RenameOver.save(&list, "one.example and more\n");
    let broken = || relay.metrics().contains("waxseal_list_broken{list=\"blocked\"} 1").then_some(());
    until("the list to be found broken", broken).await;
    assert_eq!(rcpt(&relay, "a@two.example").await.codes(), "550 5.7.1", "the last good one stays");
    assert_eq!(relay.generation(), generation, "a list is no part of the bundle");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_list_decides_before_the_greeting() {
    let zone = Zone::default()
        .address("66.0.0.127.bl.example", IpAddr::from([127, 0, 0, 2]))
        .fails("67.0.0.127.bl.example");
    let relay = Site::new().policy("filters/dnsbl.rhai", DNSBL).zone(zone).start().await;
    let greeting = async |last: u8| relay.client_from([127, 0, 0, last]).await.greeting;
    let listed = greeting(66).await;
    assert!(listed.code == 554 && listed.text().contains("127.0.0.66"), "{listed}");
    assert_eq!(greeting(67).await.code, 220, "a list that does not answer holds nobody up");
    assert_eq!(greeting(68).await.code, 220);
    let counted = "waxseal_plugin_counter_total{plugin=\"dnsbl\",counter=\"listed\"} 1";
    assert!(relay.metrics().contains(counted), "{}", relay.metrics());
}

/// On one thread: a script that waits for a name server holds none.
#[tokio::test]
async fn others_are_served_while_a_script_waits_for_a_name_server() {
    let held = Held::default();
    let zone = Zone::default().txt("slow.example", &["no"]).held("slow.example", &held);
    let filter = r#"fn rcpt(client, recipient) {
        for text in dns_txt(client.sender_domain) { return refuse("5.7.1", text); }
    }"#;
    let relay = Site::new().policy("filters/slow.rhai", filter).zone(zone).start().await;
    let mut waiting = relay.client().await;
    waiting.ehlo().await;
    waiting.send("MAIL FROM:<a@slow.example>\r\nRCPT TO:<b@there.example>\r\n").await;
    held.asked().await;
    assert_eq!(rcpt(&relay, "a@quiet.example").await.code, 250);
    held.release();
    assert_eq!(waiting.reply().await.code, 250);
    assert_eq!(waiting.reply().await.codes(), "550 5.7.1");
}

/// What cannot be found out is never taken for a yes.
#[tokio::test]
async fn a_lookup_that_fails_defers() {
    let filter = "fn rcpt(client, recipient) { if !dns_txt(client.sender_domain).is_empty() { accept() } }";
    let zone = Zone::default().fails("broken.example");
    let relay = Site::new().policy("filters/lookups.rhai", filter).zone(zone).start().await;
    assert_eq!(rcpt(&relay, "a@broken.example").await.codes(), "451 4.3.0");
    assert_eq!(rcpt(&relay, "a@none.example").await.code, 250);
}
