//! What every engine must do, whatever it keeps its queue in: PostgreSQL will be held to it too.
//!
//! Each test takes a [`Site`], which opens spools over the same storage: `open` again after `close` is
//! a restart. An engine runs them all with `conformance::all::<ItsSite>()`; what is particular to an
//! engine, as files and power loss, it tests itself.

mod bodies;
mod leases;
mod operator;
mod quarantine;
mod take_in;

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use waxseal_plugins::verdicts::EnhancedCode;

use super::{
    Body, BodyRef, Envelope, Filter, Lease, MessageId, NewMessage, NewRecipient, Outcome, Queued, Room,
    Settlement, Spool, SpoolError, Status,
};

/// Where spools of an engine are opened, one after the other, over the same storage.
pub(super) trait Site: Sized {
    /// With empty storage.
    async fn new() -> Self;

    /// A spool over the storage.
    async fn open(&self) -> Arc<dyn Spool>;
}

/// Runs everything, each test with storage of its own.
pub(super) async fn all<S: Site>() {
    take_in::all::<S>().await;
    leases::all::<S>().await;
    bodies::all::<S>().await;
    operator::all::<S>().await;
    quarantine::all::<S>().await;
}

/// Every destination has so much room.
pub(in crate::spool) struct RoomFor(pub(in crate::spool) usize);

impl Room for RoomFor {
    fn leases(&self, _: &str) -> usize {
        self.0
    }
}

async fn lease_within(spool: &dyn Spool, most: usize, room: usize) -> Vec<Lease> {
    spool.lease(most, Arc::new(RoomFor(room))).await.unwrap()
}

async fn lease(spool: &dyn Spool, most: usize) -> Vec<Lease> {
    lease_within(spool, most, 100).await
}

pub(in crate::spool) fn envelope() -> Envelope {
    Envelope {
        id: MessageId::now_v7(),
        received: Timestamp::now(),
        sender: "alice@sender.example".to_owned(),
        size: 5,
        eight_bit: true,
        smtp_utf8: false,
        dsn: Default::default(),
        tags: Default::default(),
        quarantine: None,
    }
}

fn recipients(addresses: &[&str]) -> Vec<NewRecipient> {
    let recipient = |address: &&str| NewRecipient {
        address: (*address).to_owned(),
        domain: address.split_once('@').unwrap().1.to_owned(),
        dsn: Default::default(),
        attention: Timestamp::now() + SignedDuration::from_hours(4),
    };
    addresses.iter().map(recipient).collect()
}

async fn write(spool: &dyn Spool, content: &[u8]) -> Body {
    let mut writer = spool.begin().await.unwrap();
    for chunk in content.chunks(10_000) {
        writer.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    writer.finish().await.unwrap()
}

/// A small message.
async fn take_in(spool: &dyn Spool, addresses: &[&str]) -> Envelope {
    let envelope = envelope();
    let body = write(spool, b"hello").await;
    spool.commit(envelope.clone(), recipients(addresses), body).await.unwrap();
    envelope
}

async fn read(spool: &dyn Spool, body: &BodyRef) -> Result<Vec<u8>, SpoolError> {
    let (mut reader, mut content) = (spool.open_body(body).await?, Vec::new());
    loop {
        let chunk = reader.read().await?;
        if chunk.is_empty() {
            return Ok(content);
        }
        content.extend_from_slice(&chunk);
    }
}

/// Gives every recipient of a lease the same outcome.
pub(in crate::spool) fn settlement(lease: &Lease, outcome: &Outcome) -> Settlement {
    Settlement {
        message: lease.envelope.id,
        epoch: lease.epoch,
        outcomes: lease.recipients.iter().map(|recipient| (recipient.number, outcome.clone())).collect(),
        notices: vec![],
    }
}

pub(in crate::spool) fn status() -> Status {
    Status {
        code: EnhancedCode::new(4, 7, 5),
        reason: "TLS is required".to_owned(),
        host: Some("mx.example".to_owned()),
        reply: None,
        way: None,
        failure: None,
    }
}

fn failed() -> Outcome {
    Outcome::Failed { status: status() }
}

fn deferred(seconds: i64) -> Outcome {
    let attention = Timestamp::now() + SignedDuration::from_hours(4);
    Outcome::Deferred {
        due: Timestamp::now() + SignedDuration::from_secs(seconds),
        status: status(),
        attention,
    }
}

fn notice() -> NewMessage {
    NewMessage {
        envelope: Envelope { sender: String::new(), ..envelope() },
        recipients: recipients(&["alice@sender.example"]),
        body: Bytes::from_static(b"it failed"),
    }
}

async fn listed(spool: &dyn Spool) -> Vec<Queued> {
    let (mut queued, mut after) = (Vec::new(), None);
    loop {
        // Short pages: they must fit together.
        let page = spool.list(&Filter::default(), after, 2).await.unwrap();
        queued.extend(page.recipients);
        after = page.next;
        if after.is_none() {
            return queued;
        }
    }
}
