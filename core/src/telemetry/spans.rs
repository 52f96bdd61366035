//! From what happens in sessions to spans.
//!
//! A message has a trace of its own, whose id is the message's: the span `receive` is its root, and each
//! attempt to deliver it, however much later, is a child of that. What happened on the client's connection
//! before is a trace of the session, since a connection may bring many messages; the two are linked.

use std::collections::HashMap;

use opentelemetry::trace::{SpanId, SpanKind, TraceId};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator, SpanData};
use uuid::Uuid;
use waxseal_plugins::hooks::Direction;

use super::attributes;
use super::sample::Sample;
use super::span::{Span, context};
use crate::observe::trace::{Event, Said, Settled, What};

/// How many sessions and attempts may be open at once; of more there are no spans.
const OPEN: usize = 32 * 1024;

/// How many spans one session or attempt may have open at once.
const OF_ONE: usize = 512;

/// How many messages of one session are linked with it (the limit of OpenTelemetry's SDKs).
const LINKS: usize = 128;

/// What a handshake's span is called.
const HANDSHAKE: &str = "TLS handshake";

/// How an outgoing transaction ends in which the host has said its word on the whole.
const OVER: &str = "reuse";

/// Makes spans of what happens.
#[derive(Debug)]
pub(super) struct Spans {
    open: HashMap<String, Open>,
    sample: Sample,
    ids: RandomIdGenerator,
    scope: InstrumentationScope,
    lost: u64,
}

/// A session or attempt that is open.
#[derive(Debug)]
struct Open {
    trace: TraceId,
    parent: SpanId,
    span: Span,
    /// What has ended of it, outside of transactions.
    inner: Vec<Span>,
    transaction: Option<Transaction>,
    /// Whether it is kept for a message that it has brought.
    kept: bool,
    /// Whether it has brought messages.
    has_messages: bool,
}

/// A transaction that is open.
#[derive(Debug)]
struct Transaction {
    span: Span,
    inner: Vec<Span>,
    /// The message that it has brought.
    message: Option<Uuid>,
}

impl Spans {
    /// Of this share of all traces.
    pub(super) fn new(share: f64) -> Self {
        let scope = InstrumentationScope::builder("waxseal").with_version(env!("CARGO_PKG_VERSION")).build();
        let (open, ids) = (HashMap::new(), RandomIdGenerator::default());
        Self { open, sample: Sample::new(share), ids, scope, lost: 0 }
    }

    /// How many spans found no room since this was last asked.
    pub(super) fn lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// The spans that are complete now that this has happened.
    pub(super) fn take(&mut self, event: &Event) -> Vec<SpanData> {
        match &event.what {
            What::Connected { .. } | What::Attempt(_) => self.begin(event),
            What::Transaction { sender, recipients } => {
                let (id, name) = (self.ids.new_span_id(), "transaction");
                let span =
                    Span::begun(id, name, event.time).with(attributes::of_envelope(sender, *recipients));
                if let Some(open) = self.open.get_mut(&event.session) {
                    open.transaction = Some(Transaction { span, inner: vec![], message: None });
                }
            }
            What::Accepted { id, recipients, size } => {
                let open = self.open.get_mut(&event.session);
                if let Some(transaction) = open.and_then(|open| open.transaction.as_mut()) {
                    transaction.message = Some(*id);
                    transaction.span.attributes.extend([
                        attributes::of_message(*id),
                        attributes::of_size(*size),
                        attributes::of_recipients(*recipients),
                    ]);
                }
            }
            What::TransactionEnded { outcome } => return self.end_transaction(event, outcome),
            What::Settled(settled) => return self.settle(event, settled),
            What::Ended { reason } => return self.end(event, reason),
            what => {
                let id = self.ids.new_span_id();
                if let Some(span) = instant(id, event, what) {
                    self.add(&event.session, span);
                }
            }
        }
        vec![]
    }

    fn begin(&mut self, event: &Event) {
        if self.open.len() >= OPEN {
            self.lost += 1;
            return;
        }
        let session = attributes::of_session(&event.session, event.direction.word());
        let id = self.ids.new_span_id();
        let (trace, parent, span) = match &event.what {
            What::Attempt(attempt) => {
                if !self.sample.keeps(attempt.id.into_bytes()) {
                    return;
                }
                let span = Span::begun(id, "deliver", event.time)
                    .of(SpanKind::Client)
                    .with(session)
                    .with(attributes::of_attempt(attempt));
                (trace_of(attempt.id), root_of(attempt.id), span)
            }
            What::Connected { client, listener } => {
                let span = Span::begun(id, "session", event.time)
                    .of(SpanKind::Server)
                    .with(session)
                    .with(attributes::of_peer(*client))
                    .with(attributes::of_listener(*listener));
                (self.ids.new_trace_id(), SpanId::INVALID, span)
            }
            _ => return,
        };
        let open = Open {
            trace,
            parent,
            span,
            inner: vec![],
            transaction: None,
            kept: event.direction == Direction::Outgoing,
            has_messages: false,
        };
        self.open.insert(event.session.clone(), open);
    }

    /// A span that has ended belongs to the transaction, if one is open.
    fn add(&mut self, session: &str, span: Span) {
        let Some(open) = self.open.get_mut(session) else { return };
        let inner = open.transaction.as_mut().map_or(&mut open.inner, |transaction| &mut transaction.inner);
        if inner.len() < OF_ONE {
            inner.push(span);
        } else {
            self.lost += 1;
        }
    }

    fn end_transaction(&mut self, event: &Event, outcome: &str) -> Vec<SpanData> {
        let Some(open) = self.open.get_mut(&event.session) else { return vec![] };
        let Some(mut transaction) = open.transaction.take() else { return vec![] };
        transaction.span.end(event.time);
        transaction.span.attributes.push(attributes::of_end(outcome));
        let Some(id) = transaction.message else {
            if open.inner.len() + transaction.inner.len() < OF_ONE {
                transaction.inner.iter_mut().for_each(|inner| inner.parent = Some(transaction.span.id));
                if let Some(kind) = failure(event.direction, outcome) {
                    transaction.span.fail(kind, outcome.to_owned());
                }
                open.inner.append(&mut transaction.inner);
                open.inner.push(transaction.span);
            } else {
                self.lost += 1 + transaction.inner.len() as u64;
            }
            return vec![];
        };
        open.has_messages = true;
        if !self.sample.keeps(id.into_bytes()) {
            return vec![];
        }
        open.kept = true;
        received(open, transaction, id, &self.scope)
    }

    fn settle(&mut self, event: &Event, settled: &Settled) -> Vec<SpanData> {
        if let Some(open) = self.open.get_mut(&event.session) {
            open.span.attributes.extend(attributes::of_outcome(settled));
            if let Some(status) = &settled.status {
                open.span.fail(status.clone(), settled.reason.clone().unwrap_or_default());
            }
        }
        self.close(event)
    }

    fn end(&mut self, event: &Event, reason: &str) -> Vec<SpanData> {
        let cut = self.end_transaction(event, reason);
        cut.into_iter().chain(self.close(event)).collect()
    }

    /// A session that has brought nothing is kept by its own id.
    fn close(&mut self, event: &Event) -> Vec<SpanData> {
        let Some(mut open) = self.open.remove(&event.session) else { return vec![] };
        if !open.kept && (open.has_messages || !self.sample.keeps(open.trace.to_bytes())) {
            return vec![];
        }
        open.span.end(event.time);
        let (trace, parent) = (open.trace, open.span.id);
        let inner = open.inner.into_iter().map(|span| span.into_data(trace, parent, &self.scope));
        let mut spans: Vec<SpanData> = inner.collect();
        spans.push(open.span.into_data(trace, open.parent, &self.scope));
        spans
    }
}

/// The trace of a message that was taken: its root, and what was decided of it.
fn received(
    open: &mut Open,
    transaction: Transaction,
    id: Uuid,
    scope: &InstrumentationScope,
) -> Vec<SpanData> {
    let Transaction { mut span, inner, .. } = transaction;
    let (trace, root) = (trace_of(id), root_of(id));
    (span.id, span.name) = (root, "receive".into());
    span.attributes.push(KeyValue::new("messaging.operation.type", "receive"));
    span.link(context(open.trace, open.span.id));
    if open.span.links() < LINKS {
        open.span.link(context(trace, root));
    }
    let span = span.of(SpanKind::Server).into_data(trace, SpanId::INVALID, scope);
    inner.into_iter().map(|inner| inner.into_data(trace, root, scope)).chain([span]).collect()
}

/// The span of what has just ended.
fn instant(id: SpanId, event: &Event, what: &What) -> Option<Span> {
    let at = event.time;
    Some(match what {
        What::Decided(decided) => {
            let name = format!("hook {}", decided.hook.word());
            let mut span = Span::ended(id, name, (at, decided.took)).with(attributes::of_decision(decided));
            if decided.verdict == "failure" {
                span.fail("failure", decided.reason.clone());
            }
            span
        }
        What::Milter { milter, said, .. } => {
            let mut span = Span::ended(id, format!("milter {milter}"), (at, 0));
            match said {
                Said::Answered(answer) => {
                    span.attributes.push(KeyValue::new("waxseal.milter.answer", answer.clone()));
                }
                Said::Failed(why) => span.fail("failure", why.clone()),
            }
            span
        }
        What::Handshake(handshake) => {
            Span::ended(id, HANDSHAKE, (at, handshake.took)).with(attributes::of_handshake(handshake))
        }
        What::HandshakeFailed { kind, detail, took } => {
            let mut span = Span::ended(id, HANDSHAKE, (at, *took));
            span.attributes.push(KeyValue::new("tls.established", false));
            span.fail(kind.clone(), detail.clone());
            span
        }
        What::Dialed { host, address, took, problem } => {
            let span = Span::ended(id, "connect", (at, *took)).of(SpanKind::Client);
            let mut span = span.with(attributes::of_host(host, *address));
            if let Some(problem) = problem {
                span.fail("unreachable", problem.clone());
            }
            span
        }
        What::Reused { host, address } => {
            Span::ended(id, "reuse", (at, 0)).with(attributes::of_host(host, *address))
        }
        _ => return None,
    })
}

/// What kind of failure a transaction that brought nothing has ended with, if it is one: a client may
/// think better of it.
fn failure(direction: Direction, outcome: &str) -> Option<String> {
    match direction {
        Direction::Incoming => {
            let code = outcome.get(..3).filter(|code| code.starts_with(['4', '5']));
            code.map(str::to_owned)
        }
        Direction::Outgoing => (outcome != OVER).then(|| outcome.to_owned()),
    }
}

fn trace_of(message: Uuid) -> TraceId {
    TraceId::from_bytes(message.into_bytes())
}

/// The root of a message's trace: always the same, so that attempts find it, also after a restart.
fn root_of(message: Uuid) -> SpanId {
    let [.., a, b, c, d, e, f, g, h] = message.into_bytes();
    SpanId::from_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests;
