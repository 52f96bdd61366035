//! One filter after the other: each sees what those before it have changed, the strictest holds, and the decision log
//! has what was changed, but nothing of what the message says.

use serde_json::json;
use waxseal_tests::host::{Host, Mode};
use waxseal_tests::relay::TestRelay;

use super::{Actor, RECIPIENT, SCRIPT, letter, send, untraced};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sees_what_those_before_it_have_changed() {
    // Orders for the actor come from a filter before it, and one behind it sees what it did.
    let before = r#"fn message(client, message) {
        if message.headers.contains("X-New") || message.tags["class"] != "" { throw "too early" }
        accept().add_header("X-Do", "add_header|X-New|yes").add_header("X-Do", "tag|class|bulk")
            .add_header("X-Do", "add_recipient|cyd@there.example").add_header("X-Do", "append_text|Legal")
    }"#;
    let behind = r#"fn message(client, message) {
        if message.sender != "ann@client.example" { return; }
        if message.headers["X-New"] != "yes" || message.tags["class"] != "bulk" { throw "too late" }
        if message.recipients.len() != 2 || !message.text.contains("Legal") { throw "too late" }
        if !message.body.contains("Legal") { throw "too late" }
        accept().remove_header("X-Do").add_header("X-Seen", "all")
    }"#;
    for actor in [Actor::Script, Actor::Plugin] {
        let site = actor.site().await.policy("filters/a_before.rhai", before);
        let host = Host::start(Mode::NoStartTls).await;
        let site = site.policy("filters/z_behind.rhai", behind).host("there.example", host.address);
        let relay = site.start().await;
        let reply = send(&relay, &[RECIPIENT], &letter(&[])).await;
        assert_eq!(reply.code, 250, "{actor:?} {reply} {:?}", relay.decisions());
        relay.drained().await;
        let expected = format!("TRACE\r\n{}", letter(&[]))
            .replace("boundary=b\r\n\r\n", "boundary=b\r\nX-New: yes\r\nX-Seen: all\r\n\r\n")
            .replace("\r\n\r\nhello\r\n", "\r\n\r\nhello\r\nLegal\r\n")
            .replace("</body>", "\r\n<p>Legal</p>\r\n</body>");
        assert_eq!(untraced(&host.messages()[0]), expected, "{actor:?}");
    }
}

/// What one filter says, what another, and what the client is told; the verdict is the stricter.
#[rustfmt::skip]
const STRICTEST: [(&str, &str, &str, &str); 8] = [
    ("add_header|X-New|yes",      "quarantine|Why",            "250 2.0.0", "quarantine"),
    ("redirect|eve@there.example", "quarantine|Why",           "250 2.0.0", "quarantine"),
    ("redirect|eve@there.example", "accept",                   "250 2.0.0", "redirect"),
    ("quarantine|Why",            "discard|Why",               "250 2.0.0", "discard"),
    ("discard|Why",               "defer",                     "451 4.7.1", "defer"),
    ("discard|Why",               "jump",                      "451 4.3.0", "failure"),
    ("defer",                     "refuse",                    "550 5.7.1", "refuse"),
    ("jump",                      "refuse",                    "550 5.7.1", "refuse"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_strictest_holds_whoever_says_it() {
    for actor in [Actor::Script, Actor::Plugin] {
        let other = SCRIPT.replace("X-Do", "X-Also");
        let relay = actor.site().await.policy("filters/other.rhai", other).start().await;
        for (one, two, expected, _) in STRICTEST {
            for (first, second) in [(one, two), (two, one)] {
                let content = format!("X-Also: {second}\r\n{}", letter(&[first]));
                let reply = send(&relay, &["a@unknown.example"], &content).await;
                assert_eq!(reply.codes(), expected, "{actor:?} {first} {second}: {reply}");
            }
        }
        let verdicts = move |relay: &TestRelay| -> Vec<String> {
            let decisions = relay.decisions();
            let of_messages = decisions.iter().filter(|it| it.is("incoming", "message"));
            of_messages.map(|it| it.text("verdict").to_owned()).collect()
        };
        relay.decision("all of them", |_| verdicts(&relay).len() == 2 * STRICTEST.len()).await;
        let expected: Vec<_> = STRICTEST.iter().flat_map(|(.., verdict)| [*verdict, *verdict]).collect();
        assert_eq!(verdicts(&relay), expected, "{actor:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_has_the_changes_and_nothing_of_what_the_message_says() {
    for actor in [Actor::Script, Actor::Plugin] {
        let (relay, _host) = actor.relay().await;
        let orders = [
            "add_header|X-New|yes",
            "remove_header|X-Old",
            "tag|class|bulk",
            "add_recipient|cyd@there.example",
            "replace_part|1.1|purple giraffes",
            "append_text|green zebras|<p>green zebras",
            "remove_part|2",
            "replace_body|yellow tigers",
        ];
        assert_eq!(send(&relay, &[RECIPIENT], &letter(&orders)).await.code, 250);
        let record = relay.decision("a message", |it| it.is("incoming", "message")).await;
        let changes = record.field("changes").as_array().unwrap();
        let by = |change: &serde_json::Value| change["by"].as_str().unwrap().starts_with(actor.place());
        assert!(changes.iter().all(by), "{changes:?}");
        let edits: Vec<_> = changes.iter().map(|change| change["edit"].clone()).collect();
        // A script's body is told in lines, each with its end.
        let body = if actor == Actor::Script { "15 octets" } else { "13 octets" };
        let expected = json!([
            { "add_header": "X-New: yes" },
            { "remove_header": { "name": "X-Old", "occurrence": null } },
            { "tag": { "name": "class", "value": "bulk" } },
            { "add_recipient": "cyd@there.example" },
            { "replace_part": { "part": "1.1", "content_type": null, "text": "15 octets" } },
            { "append_text": { "plain": "12 octets", "html": "15 octets" } },
            { "remove_part": { "part": "2" } },
            { "replace_body": body },
        ]);
        assert_eq!(json!(edits), expected, "{actor:?}");
        assert_eq!(record.fact("message", "sender"), "ann@client.example");
        let text = std::fs::read_to_string(relay.site.data().join("decisions.ndjson")).unwrap();
        for told in ["elephants", "hello", "old notes", "giraffes", "zebras", "tigers"] {
            assert!(!text.contains(told), "{actor:?}: `{told}` is in the log:\n{text}");
        }
    }
}
