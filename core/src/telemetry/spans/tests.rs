use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use opentelemetry::trace::Status;
use waxseal_plugins::hooks::HookName;
use waxseal_plugins::verdicts::Demands;

use crate::observe::trace::{Attempt, Decided, Facts};

use super::*;

const ID: &str = "019ac8b1-0000-7000-8000-00000000000a";

/// Events, a second apart.
struct Told {
    spans: Spans,
    direction: Direction,
    second: i64,
}

impl Told {
    fn new(direction: Direction, share: f64) -> Self {
        Self { spans: Spans::new(share), direction, second: 0 }
    }

    fn tell(&mut self, what: What) -> Vec<SpanData> {
        self.second += 1;
        let (time, session) = (Timestamp::from_second(self.second).unwrap(), "abc".to_owned());
        self.spans.take(&Event { time, session, direction: self.direction, what })
    }
}

fn connected() -> What {
    let client = "192.0.2.9:4025".parse().unwrap();
    What::Connected { client, listener: "192.0.2.1:25".parse().unwrap() }
}

fn mail() -> What {
    What::Transaction { sender: "ann@Example.org".to_owned(), recipients: None }
}

fn accepted() -> What {
    What::Accepted { id: ID.parse().unwrap(), recipients: 2, size: 999 }
}

fn over(outcome: &str) -> What {
    What::TransactionEnded { outcome: outcome.to_owned() }
}

fn ended() -> What {
    What::Ended { reason: "closed".to_owned() }
}

fn decided(hook: HookName, verdict: &str) -> What {
    What::Decided(Box::new(Decided {
        hook,
        peer: "192.0.2.9".to_owned(),
        domain: "example.org".to_owned(),
        verdict: verdict.to_owned(),
        reason: String::new(),
        demands: Demands::default(),
        decided_by: "incoming/attempt.rhai:1:1".to_owned(),
        row: "*".to_owned(),
        policy: "attempt".to_owned(),
        generation: 3,
        asked: vec![],
        changes: vec![],
        took: 250_000,
        facts: Facts::Read(serde_json::Value::Null),
    }))
}

fn attempt() -> What {
    What::Attempt(Box::new(Attempt {
        id: ID.parse().unwrap(),
        sender: "ann@example.org".to_owned(),
        domain: "b.example".to_owned(),
        recipients: vec!["bob@b.example".to_owned()],
        number: 2,
    }))
}

fn named<'a>(spans: &'a [SpanData], name: &str) -> &'a SpanData {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

fn attributes(span: &SpanData) -> BTreeMap<String, String> {
    span.attributes.iter().map(|one| (one.key.to_string(), one.value.to_string())).collect()
}

#[test]
fn a_message_has_its_own_trace_linked_with_that_of_the_session() {
    let mut told = Told::new(Direction::Incoming, 1.0);
    assert!(told.tell(connected()).is_empty());
    assert!(told.tell(decided(HookName::Offer, "offer")).is_empty());
    assert!(told.tell(mail()).is_empty());
    assert!(told.tell(decided(HookName::Mail, "accept")).is_empty());
    assert!(told.tell(accepted()).is_empty());
    let message = told.tell(over("250 2.0.0 taken"));
    let session = told.tell(ended());

    let (receive, hook) = (named(&message, "receive"), named(&message, "hook mail"));
    assert_eq!(receive.span_context.trace_id().to_string(), ID.replace('-', ""));
    assert_eq!(
        (receive.parent_span_id, hook.parent_span_id),
        (SpanId::INVALID, receive.span_context.span_id())
    );
    let took = hook.end_time.duration_since(hook.start_time).unwrap();
    assert_eq!(took, Duration::from_millis(250));
    let said = attributes(receive);
    assert_eq!((said["messaging.message.id"].as_str(), said["waxseal.recipients"].as_str()), (ID, "2"));
    assert_eq!(said["waxseal.sender.domain"], "example.org");

    let root = named(&session, "session");
    assert_eq!(named(&session, "hook offer").parent_span_id, root.span_context.span_id());
    assert_eq!(root.links[0].span_context.span_id(), receive.span_context.span_id());
    assert_eq!(receive.links[0].span_context.span_id(), root.span_context.span_id());
    assert_eq!(attributes(root)["network.peer.address"], "192.0.2.9");
    assert_ne!(root.span_context.trace_id(), receive.span_context.trace_id());
}

#[test]
fn attempts_are_children_of_the_message_however_much_later() {
    let mut told = Told::new(Direction::Outgoing, 1.0);
    told.tell(attempt());
    let (host, address) = ("mx.b.example".to_owned(), "192.0.2.7:25".parse().unwrap());
    told.tell(What::Dialed { host, address, took: 1_000_000, problem: None });
    let (kind, detail) = ("no_version".to_owned(), "alert ProtocolVersion".to_owned());
    told.tell(What::HandshakeFailed { kind, detail, took: 5 });
    told.tell(What::Transaction { sender: String::new(), recipients: Some(1) });
    assert!(told.tell(over("quit")).is_empty());
    let (status, reason) = (Some("4.2.2".to_owned()), Some("the mailbox is full".to_owned()));
    let spans = told.tell(What::Settled(Settled { deferred: 1, status, reason, ..Settled::default() }));

    let deliver = named(&spans, "deliver");
    let message: Uuid = ID.parse().unwrap();
    assert_eq!(
        (deliver.span_context.trace_id(), deliver.parent_span_id),
        (trace_of(message), root_of(message))
    );
    assert_eq!(deliver.status, Status::error("the mailbox is full"));
    assert_eq!(attributes(deliver)["error.type"], "4.2.2");
    assert_eq!(attributes(named(&spans, "connect"))["server.address"], "mx.b.example");
    assert_eq!(attributes(named(&spans, HANDSHAKE))["error.type"], "no_version");
    assert_eq!(attributes(named(&spans, "transaction"))["error.type"], "quit");
    assert!(spans.iter().all(|span| span.span_context.trace_id() == trace_of(message)));
}

#[test]
fn a_transaction_that_brought_nothing_belongs_to_its_session() {
    let mut told = Told::new(Direction::Incoming, 1.0);
    told.tell(connected());
    told.tell(mail());
    told.tell(decided(HookName::Mail, "failure"));
    assert!(told.tell(over("451 4.3.0 later")).is_empty());
    told.tell(mail());
    let spans = told.tell(ended());
    let transaction = named(&spans, "transaction");
    assert_eq!(attributes(transaction)["error.type"], "451");
    assert_eq!(named(&spans, "hook mail").parent_span_id, transaction.span_context.span_id());
    assert_eq!(attributes(named(&spans, "hook mail"))["error.type"], "failure");
    let count = spans.iter().filter(|span| span.name == "transaction").count();
    assert_eq!((count, spans.len()), (2, 4), "one was cut");
}

#[test]
fn what_is_not_sampled_is_not_kept() {
    let mut told = Told::new(Direction::Incoming, 0.0);
    for what in [connected(), mail(), accepted(), over("250 ok"), ended()] {
        assert!(told.tell(what).is_empty());
    }
    let mut told = Told::new(Direction::Outgoing, 0.0);
    for what in [attempt(), What::Settled(Settled::default())] {
        assert!(told.tell(what).is_empty());
    }
    assert!(told.spans.open.is_empty());
}

#[test]
fn what_one_session_has_open_is_bounded() {
    let mut told = Told::new(Direction::Incoming, 1.0);
    told.tell(connected());
    for _ in 0..OF_ONE + 7 {
        told.tell(decided(HookName::Offer, "offer"));
    }
    assert_eq!((told.spans.lost(), told.spans.lost()), (7, 0));
    assert_eq!(told.tell(ended()).len(), OF_ONE + 1);
}
