//! Decisions as they are observed.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use waxseal_plugins::decision::{Answer, Asked, Failure};
use waxseal_plugins::facts::{Body, Client, Hello, Host, Nothing, Parameter, Row};
use waxseal_plugins::hooks::{Direction, HookName, incoming, outgoing};
use waxseal_plugins::outside as plugin;
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::{self, Reply};
use waxseal_plugins::wasm::failure::Kind;

use super::*;
use crate::spool::{Health, Stats};

fn row() -> Arc<Row> {
    Arc::new(Row {
        pattern: "*.bank.example".to_owned(),
        policy: "require".to_owned(),
        parameters: [("strict".to_owned(), Parameter::Flag(false))].into(),
        ..Row::default()
    })
}

fn decision<V>(outcome: Outcome<V>) -> Decision<V> {
    let place = Place::new("incoming/require.rhai", 12, 5);
    Decision {
        hook: HookName::Mail,
        answer: Answer { outcome, place },
        row: row(),
        generation: 7,
        asked: Vec::<Asked>::new(),
        filters: None,
    }
}

fn refuse_hello(observer: &Observer) {
    let client = Client {
        address: "192.0.2.1".to_owned(),
        ehlo: "liar.example".to_owned(),
        row: row(),
        ..Client::default()
    };
    let hello = Hello { versions: vec!["1.0".to_owned()], ..Hello::default() };
    let verdict = verdicts::incoming::Cipher::Refuse(Reply::text("too old"));
    observer.decided::<incoming::Cipher>(
        &SessionId("abc".to_owned()),
        "bank.example",
        &Arc::new(client),
        &Arc::new(hello),
        &decision(Outcome::Verdict(verdict)),
        Duration::from_micros(12),
    );
}

fn fail_offer(observer: &Observer) {
    let host = Host { name: "mx.example".to_owned(), address: "192.0.2.2".to_owned(), ..Host::default() };
    let failure = Outcome::Failure(Failure { message: "division by zero".to_owned() });
    let session = SessionId("def".to_owned());
    observer.decided::<outgoing::Offer>(
        &session,
        "example",
        &Arc::new(host),
        &Arc::new(Nothing {}),
        &decision(failure),
        Duration::from_micros(12),
    );
}

fn lines(data_dir: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(data_dir.join("decisions.ndjson")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_decision_is_a_line_with_what_replay_needs() {
    let folder = tempfile::tempdir().unwrap();
    let observer = Observer::open(folder.path(), None).unwrap();
    refuse_hello(&observer);
    fail_offer(&observer);
    observer.flush().await;

    let [refused, failed] = <[Json; 2]>::try_from(lines(folder.path())).unwrap();
    let mut refused = refused;
    let time = refused.as_object_mut().unwrap().remove("time").unwrap();
    assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let row = json!({"pattern": "*.bank.example", "policy": "require", "parameters": {"strict": false}});
    let expected = json!({
        "session": "abc",
        "direction": "incoming",
        "hook": "cipher",
        "peer": "192.0.2.1",
        "domain": "bank.example",
        "verdict": "refuse",
        "reason": "too old",
        "decided_by": "incoming/require.rhai:12:5",
        "row": "*.bank.example",
        "policy": "require",
        "generation": 7,
        "facts": {
            "client": {"address": "192.0.2.1", "ehlo": "liar.example", "row": row},
            "hello": {"versions": ["1.0"]},
        },
    });
    assert_eq!(refused, expected);
    assert_eq!(failed.get("demands"), None, "what is not demanded is left out");
    assert_eq!(failed["verdict"], "failure");
    assert_eq!(failed["reason"], "division by zero");
    assert_eq!(failed["peer"], "mx.example[192.0.2.2]");
    assert_eq!(failed["facts"], json!({"host": {"name": "mx.example", "address": "192.0.2.2"}}));
}

#[tokio::test]
async fn who_keeps_a_decision_keeps_no_message() {
    let folder = tempfile::tempdir().unwrap();
    let audience = Arc::new(Audience::default());
    let observer = Observer::open(folder.path(), Some(Arc::clone(&audience))).unwrap();
    let (mut heard, mut followed) = (observer.subscribe(), observer.follow(Interest::Steps));
    let content = Arc::new(Bytes::from_static(b"From: a@b.example\r\n\r\nhello"));
    let body = Arc::new(Body::new(content.clone(), 21));
    let message = Arc::new(Message { subject: "secret".to_owned(), body, ..Message::default() });
    let client = Arc::new(Client { row: row(), ..Client::default() });
    let decision = decision(Outcome::Verdict(Verdict::Refuse(Reply::text("no"))));
    let (session, took) = (SessionId("abc".to_owned()), Duration::ZERO);
    observer.decided_of_message(&session, (&client, &message), &decision, (&[], Vec::new), took);
    drop(message);
    observer.flush().await;
    let (_record, _event) = (heard.recv().await.unwrap(), followed.next().await);
    assert_eq!(audience.recent.one(1).unwrap().record.facts.json()["message"]["body"], 5);
    assert_eq!(Arc::strong_count(&content), 1, "the message is gone");
}

#[tokio::test]
async fn the_log_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let observer = Observer::open(folder.path(), None).unwrap();
        fail_offer(&observer);
        observer.flush().await;
    }
    assert_eq!(lines(folder.path()).len(), 2);
}

#[tokio::test]
async fn a_subscriber_hears_each_decision() {
    let observer = Observer::off();
    refuse_hello(&observer);
    let mut decisions = observer.subscribe();
    fail_offer(&observer);
    assert_eq!(decisions.recv().await.unwrap().session, "def");
    assert!(decisions.try_recv().is_err());
}

#[test]
fn metrics_count_what_happened() {
    let observer = Observer::off();
    refuse_hello(&observer);
    fail_offer(&observer);
    let metrics = observer.metrics();
    let open = metrics.session(Direction::Incoming);
    drop(metrics.session(Direction::Incoming));
    metrics.accepted(5000);
    metrics.attempt(AttemptOutcome::Delivered, Protection::Verified);
    metrics.handshake(Direction::Outgoing, "resumed");
    let stats = Stats {
        messages: 3,
        recipients: 4,
        due: 2,
        held: 0,
        octets: 99,
        quarantined: 5,
        quarantined_octets: 7,
    };
    metrics.spool(&stats, &Health::Good);
    let text = metrics.encode();
    for line in [
        r#"waxseal_decisions_total{direction="incoming",hook="cipher",verdict="refuse",policy="require"} 1"#,
        r#"waxseal_decisions_total{direction="outgoing",hook="offer",verdict="failure",policy="require"} 1"#,
        r#"waxseal_hook_failures_total{direction="outgoing",hook="offer"} 1"#,
        r#"waxseal_sessions{direction="incoming"} 1"#,
        "waxseal_messages_accepted_total 1",
        "waxseal_messages_accepted_bytes_total 5000",
        r#"waxseal_attempts_total{outcome="delivered",tls="verified"} 1"#,
        r#"waxseal_handshakes_total{direction="outgoing",result="resumed"} 1"#,
        "waxseal_spool_recipients_due 2",
        "waxseal_spool_accepts 1",
        "waxseal_clear_fallbacks_total 0",
        "waxseal_decision_log_drops_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "no line\n{line}\nin\n{text}");
    }
    drop(open);
    assert!(metrics.encode().contains(r#"waxseal_sessions{direction="incoming"} 0"#));
}

#[test]
fn plugins_are_counted_by_their_names() {
    let observer = Observer::off();
    let plugins = observer.metrics().plugins();
    plugins.failed("pinned_key", Kind::Trap);
    plugins.failed("pinned_key", Kind::Trap);
    plugins.failed("pinned_key", Kind::BadVerdict);
    plugins.health("pinned_key", plugin::Health::Resting);
    plugins.health("ratchet", plugin::Health::Resting);
    plugins.health("ratchet", plugin::Health::Good);
    plugins.count("ratchet", "downgrades", 2);
    plugins.count("ratchet", "downgrades", 3);
    let text = observer.metrics().encode();
    for line in [
        r#"waxseal_plugin_failures_total{plugin="pinned_key",reason="trap"} 2"#,
        r#"waxseal_plugin_failures_total{plugin="pinned_key",reason="bad_verdict"} 1"#,
        r#"waxseal_plugin_resting{plugin="pinned_key"} 1"#,
        r#"waxseal_plugin_resting{plugin="ratchet"} 0"#,
        r#"waxseal_plugin_counter_total{plugin="ratchet",counter="downgrades"} 5"#,
    ] {
        assert!(text.lines().any(|found| found == line), "no line\n{line}\nin\n{text}");
    }
}

#[test]
fn a_log_that_cannot_be_opened_is_named() {
    let error = Observer::open(Path::new("/nonexistent"), None).unwrap_err();
    assert!(error.to_string().contains("the decision log `/nonexistent/decisions.ndjson`"), "{error}");
}
