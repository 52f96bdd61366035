//! The engine's tests, and what they share.

mod beside;
mod bodies;
mod compaction;
#[cfg(target_os = "linux")]
mod faults;
mod kill;
mod migration;
mod model;
mod power;
mod quarantine;
mod queue;
mod read_only;
mod suite;
mod trouble;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::{Embedded, Options};
use crate::spool::conformance::{RoomFor, envelope, settlement, status};
use crate::spool::{
    Body, BodyRef, Envelope, Filter, Lease, MessageId, NewMessage, NewRecipient, Outcome, Queued, Settlement,
    Spool, SpoolError,
};

fn open(folder: &Path) -> Embedded {
    Embedded::open(folder).unwrap()
}

async fn lease_within(spool: &Embedded, most: usize, room: usize) -> Result<Vec<Lease>, SpoolError> {
    spool.lease(most, Arc::new(RoomFor(room))).await
}

async fn leased(spool: &Embedded, most: usize) -> Vec<Lease> {
    lease_within(spool, most, 20).await.unwrap()
}

/// All that waits.
async fn listed(spool: &Embedded) -> Vec<Queued> {
    spool.list(&Filter::default(), None, 1_000_000).await.unwrap().recipients
}

fn recipients(addresses: &[&str]) -> Vec<NewRecipient> {
    let recipient = |address: &&str| NewRecipient {
        address: (*address).to_owned(),
        domain: address.split_once('@').unwrap().1.to_owned(),
        dsn: Default::default(),
        attention: Timestamp::MAX,
    };
    addresses.iter().map(recipient).collect()
}

/// A small message for these recipients.
async fn enqueue(spool: &Embedded, addresses: &[&str]) -> Envelope {
    let envelope = envelope();
    let body = Body::Inline(Bytes::from_static(b"hello"));
    spool.commit(envelope.clone(), recipients(addresses), body).await.unwrap();
    envelope
}

/// Writes a body in chunks of this size.
async fn write(spool: &Embedded, content: &[u8], chunk: usize) -> Result<Body, SpoolError> {
    let mut writer = spool.begin().await?;
    for chunk in content.chunks(chunk) {
        writer.write(Bytes::copy_from_slice(chunk)).await?;
    }
    writer.finish().await
}

async fn read(spool: &Embedded, id: MessageId) -> Result<Vec<u8>, SpoolError> {
    let (mut reader, mut content) = (spool.open_body(&BodyRef::of(id)).await?, Vec::new());
    loop {
        let chunk = reader.read().await?;
        assert!(chunk.len() <= 256 * 1024, "a chunk of {} octets", chunk.len());
        if chunk.is_empty() {
            return Ok(content);
        }
        content.extend_from_slice(&chunk);
    }
}

fn deferred(seconds: i64) -> Outcome {
    let due = Timestamp::now() + SignedDuration::from_secs(seconds);
    Outcome::Deferred { due, status: status(), attention: Timestamp::MAX }
}

fn bounce(addresses: &[&str]) -> NewMessage {
    NewMessage {
        envelope: Envelope { sender: String::new(), ..envelope() },
        recipients: recipients(addresses),
        body: Bytes::from_static(b"it failed"),
    }
}

/// The names of the large bodies' files.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join("big")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The segments.
fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("small")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// A body that differs in every chunk.
fn content(octets: usize) -> Vec<u8> {
    (0..octets).map(|position| (position / 7 + position / 1000) as u8).collect()
}
