//! What a site grants its plugins, they have: lookups, counters, the time, and a memory.

use std::time::{SystemTime, UNIX_EPOCH};

use waxseal_tests::client::{Client, Reply};
use waxseal_tests::decisions::Decision;
use waxseal_tests::dns::{Held, Zone};
use waxseal_tests::guests;
use waxseal_tests::relay::TestRelay;
use waxseal_tests::site::Site;

/// Where the plugin is.
pub(crate) const WITNESS: &str = "filters/witness.wasm";

/// The sender's domain, and what MAIL FROM is answered.
const SENDERS: [(&str, &str); 3] = [
    ("quiet.example", "250 2.1.0"),
    ("spoken-of.example", "550 5.7.1"),
    // It could not be found out, so nobody knows what would be right.
    ("broken.example", "451 4.3.0"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_name_server_says_decides() {
    let zone = Zone::default()
        .txt("_witness.spoken-of.example", &["not from ", "there"])
        .fails("_witness.broken.example");
    let relay = witnessed().await.zone(zone).start().await;
    for (domain, expected) in SENDERS {
        let reply = mail(&mut relay.client().await, domain).await;
        assert_eq!(reply.codes(), expected, "{domain}: {reply}");
        assert!(domain != "spoken-of.example" || reply.text().ends_with("not from there"), "{reply}");
    }
    let failed = |it: &Decision| it.is("incoming", "mail") && it.text("verdict") == "failure";
    let failure = relay.decision("the failure", failed).await;
    assert!(failure.text("reason").contains("`_witness.broken.example`"), "{failure:?}");
}

/// On one thread: who waits for a name server holds none.
#[tokio::test]
async fn others_are_served_while_a_plugin_waits_for_a_name_server() {
    let held = Held::default();
    let zone = Zone::default().txt("_witness.slow.example", &["no"]).held("_witness.slow.example", &held);
    let relay = witnessed().await.zone(zone).start().await;
    let mut waiting = relay.client().await;
    waiting.send("EHLO client.example\r\nMAIL FROM:<a@slow.example>\r\n").await;
    held.asked().await;
    assert_eq!(mail(&mut relay.client().await, "quiet.example").await.code, 250);
    held.release();
    assert!(waiting.reply().await.offers("STARTTLS"));
    assert_eq!(waiting.reply().await.codes(), "550 5.7.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plugin_counts_is_a_metric() {
    let relay = witnessed().await.set("admin", "address", r#""127.0.0.1:0""#).start().await;
    for _ in 0..3 {
        assert_eq!(mail(&mut relay.client().await, "quiet.example").await.code, 250);
    }
    let metrics = relay.scraped().await;
    let counted = r#"waxseal_plugin_counter_total{plugin="witness",counter="mails"} 3"#;
    // The trial at the load is not among them.
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plugin_remembers_outlives_the_relay() {
    let mut relay = witnessed().await.start().await;
    for (number, expected) in ["1", "2", "3", "4"].into_iter().enumerate() {
        if number == 2 {
            relay = relay.stop().await.start().await;
        }
        assert_eq!(recipient(&relay).await[2], expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_knows_the_time() {
    let relay = witnessed().await.start().await;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let before = now();
    let told: u64 = recipient(&relay).await[4].parse().unwrap();
    assert!((before..=now()).contains(&told), "{before}, {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_holds_rates_and_asks_lists() {
    for (list, listed) in [("quiet.example\n", "true"), ("other.example\n", "false")] {
        let relay = witnessed().await.policy("lists/known.txt", list).start().await;
        for allowed in ["true", "true", "false"] {
            let said = recipient(&relay).await;
            assert_eq!([&*said[6], &*said[8]], [allowed, listed], "{said:?}");
        }
    }
}

/// A site with a plugin that tells clients what it knows.
pub(crate) async fn witnessed() -> Site {
    let site = Site::new().policy(WITNESS, guests::own("witness").await);
    site.grant("witness", &["dns", "kv", "counters", "clock", "rates", "lists"])
}

async fn mail(client: &mut Client, domain: &str) -> Reply {
    client.ehlo().await;
    client.say(&format!("MAIL FROM:<a@{domain}>")).await
}

/// The words of the reply to a recipient: `version-one recipient 1 time 1700000000`.
async fn recipient(relay: &TestRelay) -> Vec<String> {
    let mut client = relay.client().await;
    mail(&mut client, "quiet.example").await;
    let reply = client.say("RCPT TO:<b@there.example>").await;
    assert_eq!(reply.codes(), "550 5.7.1", "{reply}");
    // The first word is the enhanced code.
    reply.text().split(' ').map(str::to_owned).skip(1).collect()
}
