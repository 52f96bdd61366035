//! What spans say: the names are those of OpenTelemetry's semantic conventions where it has one, and begin
//! with `waxseal.` where it has none.

use std::net::SocketAddr;

use opentelemetry::KeyValue;
use opentelemetry::Value;
use uuid::Uuid;

use crate::observe::trace::{Attempt, Decided, Handshake, Settled};
use crate::smtp::address::Mailbox;

/// The session or attempt, as the logs call it, and what is spoken there.
pub(super) fn of_session(session: &str, direction: &'static str) -> Vec<KeyValue> {
    vec![
        KeyValue::new("network.protocol.name", "smtp"),
        KeyValue::new("network.transport", "tcp"),
        KeyValue::new("waxseal.direction", direction),
        KeyValue::new("waxseal.session", session.to_owned()),
    ]
}

/// Who is at the other end.
pub(super) fn of_peer(peer: SocketAddr) -> Vec<KeyValue> {
    vec![
        KeyValue::new("network.peer.address", peer.ip().to_string()),
        KeyValue::new("network.peer.port", i64::from(peer.port())),
    ]
}

/// Where a client came in.
pub(super) fn of_listener(listener: SocketAddr) -> Vec<KeyValue> {
    vec![
        KeyValue::new("network.local.address", listener.ip().to_string()),
        KeyValue::new("network.local.port", i64::from(listener.port())),
    ]
}

/// A host.
pub(super) fn of_host(host: &str, address: SocketAddr) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("server.address", host.to_owned()),
        KeyValue::new("server.port", i64::from(address.port())),
    ];
    attributes.extend(of_peer(address));
    attributes
}

/// A decision. Mailboxes are not told.
pub(super) fn of_decision(decided: &Decided) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("waxseal.hook", decided.hook.word()),
        KeyValue::new("waxseal.verdict", decided.verdict.clone()),
        KeyValue::new("waxseal.policy", decided.policy.clone()),
        KeyValue::new("waxseal.row", decided.row.clone()),
        KeyValue::new("waxseal.decided_by", decided.decided_by.clone()),
        KeyValue::new("waxseal.generation", number(decided.generation)),
    ];
    let texts = [("waxseal.domain", &decided.domain), ("waxseal.reason", &decided.reason)];
    attributes.extend(texts.into_iter().filter_map(|(key, text)| unless_empty(key, text)));
    attributes
}

/// A handshake.
pub(super) fn of_handshake(handshake: &Handshake) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("tls.established", true),
        KeyValue::new("tls.protocol.name", "tls"),
        KeyValue::new("tls.protocol.version", handshake.version.clone()),
        KeyValue::new("tls.cipher", handshake.suite.clone()),
        KeyValue::new("tls.resumed", handshake.resumed),
    ];
    attributes.extend(unless_empty("tls.curve", &handshake.group));
    attributes.extend(unless_empty("tls.client.server_name", &handshake.server_name));
    attributes
}

/// A transaction, as it begins.
pub(super) fn of_envelope(sender: &str, recipients: Option<usize>) -> Vec<KeyValue> {
    let domain = Mailbox::parse(sender).ok().and_then(|mailbox| mailbox.lookup_domain());
    let domain = domain.map(|domain| KeyValue::new("waxseal.sender.domain", domain));
    domain.into_iter().chain(recipients.map(of_recipients)).collect()
}

/// How many recipients a message has.
pub(super) fn of_recipients(recipients: usize) -> KeyValue {
    KeyValue::new("waxseal.recipients", number(recipients))
}

/// A message.
pub(super) fn of_message(id: Uuid) -> KeyValue {
    KeyValue::new("messaging.message.id", id.to_string())
}

/// Its size, octets.
pub(super) fn of_size(size: u64) -> KeyValue {
    KeyValue::new("messaging.message.envelope.size", number(size))
}

/// How a transaction has ended.
pub(super) fn of_end(outcome: &str) -> KeyValue {
    KeyValue::new("waxseal.outcome", outcome.to_owned())
}

/// An attempt, as it begins.
pub(super) fn of_attempt(attempt: &Attempt) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("messaging.operation.type", "send"),
        of_message(attempt.id),
        of_recipients(attempt.recipients.len()),
        KeyValue::new("waxseal.attempt", i64::from(attempt.number)),
        KeyValue::new("waxseal.recipient.domain", attempt.domain.clone()),
    ];
    attributes.extend(of_envelope(&attempt.sender, None));
    attributes
}

/// What an attempt came to.
pub(super) fn of_outcome(settled: &Settled) -> Vec<KeyValue> {
    let mut attributes = vec![
        KeyValue::new("waxseal.delivered", number(settled.delivered)),
        KeyValue::new("waxseal.deferred", number(settled.deferred)),
        KeyValue::new("waxseal.failed", number(settled.failed)),
        KeyValue::new("waxseal.protection", settled.protection.clone()),
    ];
    let texts = [("server.address", &settled.host), ("waxseal.reply", &settled.reply)];
    attributes.extend(texts.into_iter().filter_map(|(key, text)| Some(KeyValue::new(key, text.clone()?))));
    attributes
}

fn unless_empty(key: &'static str, text: &str) -> Option<KeyValue> {
    (!text.is_empty()).then(|| KeyValue::new(key, text.to_owned()))
}

fn number<N: TryInto<i64>>(number: N) -> Value {
    number.try_into().unwrap_or(i64::MAX).into()
}
