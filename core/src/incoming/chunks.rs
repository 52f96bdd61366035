//! BDAT, RFC 3030 section 2: from the connection into the spool, chunk by chunk. Each is answered
//! on its own, and the message is one: what is wrong with it is said at the chunk where it shows,
//! and again at each that follows, the last one included.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::hooks::{BundleHooks, Hooks};
use super::pace::Pace;
use super::receipt::{DISCARD, Receipt, of_spool};
use super::receive;
use super::refusal::{Refusal, Refused};
use super::replies;
use super::session::{Session, Step};
use super::transaction::Transaction;
use crate::net::{Connection, ReadError};
use crate::smtp::chunk::{Chunk, Place};
use crate::smtp::reply::Reply;

/// A message of which chunks have come.
pub(super) struct Begun {
    id: Uuid,
    time: Timestamp,
    receipt: Receipt,
    pace: Pace,
}

/// Receives a chunk of the open transaction's message; the transaction ends with the last one,
/// whatever comes of it.
///
/// # Errors
///
/// The client is gone or too slow; nothing of the message is kept.
pub(super) async fn receive(
    connection: &mut Connection,
    session: &mut Session<BundleHooks>,
    chunk: Chunk,
) -> Result<Step, ReadError> {
    let Some(mut transaction) = session.transaction.take() else {
        return skip(connection, session, chunk.size, replies::no_sender()).await;
    };
    let mut begun = match transaction.begun.take() {
        Some(begun) => begun,
        None => Box::new(Begun::begin(session, &transaction).await),
    };
    let before = begun.receipt.refused.is_some();
    begun.receipt.announce(chunk.size);
    let came = begun.receipt.read;
    let read = begun.read(connection, chunk).await;
    session.hooks.teller.content(begun.receipt.read - came);
    if let Err(cut) = read {
        session.hooks.refused(Refusal::Cut);
        return Err(cut);
    }
    if let Some(refused) = begun.receipt.refused.as_ref().filter(|_| !before) {
        receive::turn_away(session, &transaction, refused);
    }
    let enough = begun.receipt.enough();
    match (begun.receipt.refused.clone(), chunk.place) {
        (Some(Refused { reply, .. }), _) if enough.is_some() || reply.code == 421 => Ok(Step::Close(reply)),
        (Some(Refused { reply, .. }), Place::Last) => Ok(Step::Reply(reply)),
        (None, Place::Last) => {
            let Begun { id, time, receipt, .. } = *begun;
            Ok(receive::finish(session, &mut transaction, receipt, (id, time)).await)
        }
        (refused, Place::Inner) => {
            transaction.begun = Some(begun);
            session.transaction = Some(transaction);
            let reply = refused.map(|refused| refused.reply);
            Ok(Step::Reply(reply.unwrap_or_else(|| replies::chunk_received(chunk.size))))
        }
    }
}

/// Reads a chunk that nobody wants, and gives the reply to it; of one that is endless no more than
/// of a message that is refused.
///
/// # Errors
///
/// The client is gone or too slow.
pub(super) async fn skip(
    connection: &mut Connection,
    session: &Session<BundleHooks>,
    size: u64,
    reply: Reply,
) -> Result<Step, ReadError> {
    let config = &session.hooks.services.config;
    if size > config.limits.message_size.saturating_mul(2).saturating_add(DISCARD) {
        return Ok(Step::Close(reply));
    }
    let pace = Pace::begin(config.timeouts.command);
    let mut read = 0;
    while read < size {
        read += next(connection, size - read, pace.patience(read)).await?.len() as u64;
    }
    Ok(Step::Reply(reply))
}

impl Begun {
    /// How long to wait for what comes next: the pace is that of the message as a whole, so that
    /// nobody holds it open with chunks of an octet.
    pub(super) fn patience(&self) -> Duration {
        self.pace.patience(self.receipt.read)
    }

    async fn begin(session: &Session<BundleHooks>, transaction: &Transaction) -> Self {
        let services = &session.hooks.services;
        let (id, time) = (Uuid::now_v7(), Timestamp::now());
        let limit = services.config.limits.message_size;
        let receipt = match services.spool.begin().await {
            Ok(writer) => {
                let mut receipt = Receipt::new(writer, limit);
                receipt.append(Bytes::from(receive::trace(session, transaction, id, time))).await;
                receipt
            }
            Err(error) => Receipt::refused(of_spool(&error), limit),
        };
        Self { id, time, receipt, pace: Pace::begin(services.config.timeouts.command) }
    }

    /// Reads a chunk to its end; or to where no end is to be awaited.
    async fn read(&mut self, connection: &mut Connection, chunk: Chunk) -> Result<(), ReadError> {
        let mut rest = chunk.size;
        while rest > 0 && self.receipt.enough().is_none() {
            let piece = next(connection, rest, self.patience()).await?;
            rest -= piece.len() as u64;
            self.receipt.take_plain(piece).await;
        }
        if chunk.place == Place::Last {
            self.receipt.end_plain().await;
        }
        Ok(())
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The next octets of a chunk, at least one.
async fn next(connection: &mut Connection, most: u64, wait: Duration) -> Result<Bytes, ReadError> {
    let piece = connection.read_at_most(most, wait).await?;
    if piece.is_empty() { Err(ReadError::Closed) } else { Ok(piece) }
}
