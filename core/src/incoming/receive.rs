//! DATA, RFC 5321 section 4.1.1.4: from the connection into the spool, in chunks.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::arrival::{Arrival, certificate_trace};
use super::at_end::{self, AtEnd, Kept};
use super::hooks::{BundleHooks, Hooks};
use super::pace::Pace;
use super::receipt::{Receipt, Taken, of_spool};
use super::refusal::{Refusal, Refused};
use super::replies;
use super::session::{Session, Step};
use super::transaction::Transaction;
use crate::message::received::{CertificateTrace, Protocol};
use crate::net::{Connection, ReadError};
use crate::observe::trace::What;
use crate::relay::Services;
use crate::smtp::command::Charset;
use crate::spool::{Body, Envelope, SpoolError, Tags};

/// Receives the message of the open transaction, which ends with it whatever comes of it. `250`
/// only after [`Spool::commit`] has answered. `output` are the replies to the commands before, which go
/// out with the go-ahead.
///
/// # Errors
///
/// The client is gone or too slow; nothing of the message is kept.
pub(super) async fn receive(
    connection: &mut Connection,
    session: &mut Session<BundleHooks>,
    output: &mut Vec<u8>,
) -> Result<Step, ReadError> {
    let Some(mut transaction) = session.transaction.take() else {
        return Ok(Step::Reply(replies::no_sender()));
    };
    let services = session.hooks.services.clone();
    let wait = services.config.timeouts.command;
    let (id, time) = (Uuid::now_v7(), Timestamp::now());
    let writer = match services.spool.begin().await {
        Ok(writer) => writer,
        Err(error) => return Ok(refuse(session, &transaction, of_spool(&error))),
    };
    let go_ahead = replies::send_data();
    session.hooks.teller.server(&go_ahead);
    output.extend_from_slice(go_ahead.to_wire().as_bytes());
    connection.write(&std::mem::take(output), wait).await?;

    let mut receipt = Receipt::new(writer, services.config.limits.message_size);
    receipt.append(Bytes::from(trace(session, &transaction, id, time))).await;
    let read = read(connection, &mut receipt, wait).await;
    session.hooks.teller.content(receipt.read);
    match read {
        Ok(None) => {}
        Ok(Some(refused)) => {
            turn_away(session, &transaction, &refused);
            return Ok(Step::Close(refused.reply));
        }
        Err(cut) => {
            session.hooks.refused(Refusal::Cut);
            return Err(cut);
        }
    }
    Ok(finish(session, &mut transaction, receipt, (id, time)).await)
}

/// Takes responsibility for a message that has come to its end, or says why not.
pub(super) async fn finish(
    session: &mut Session<BundleHooks>,
    transaction: &mut Transaction,
    receipt: Receipt,
    (id, time): (Uuid, Timestamp),
) -> Step {
    let services = session.hooks.services.clone();
    let written = match written(receipt).await {
        Ok(written) => written,
        Err(refused) => return refuse(session, transaction, refused),
    };
    let kept = if at_end::is_looked_at(session) {
        // Boxed: those at whom nobody looks pay nothing for it.
        match Box::pin(at_end::decide(session, transaction, written, (id, time))).await {
            Ok(AtEnd::Accept(kept)) => kept,
            Ok(AtEnd::Discard) => return Step::Reply(replies::message_accepted(id)),
            Err(refused) => return refuse(session, transaction, refused),
        }
    } else {
        Kept::from(written)
    };
    let attention = services.config.delivery.first_attention(time);
    transaction.recipients.iter_mut().for_each(|recipient| recipient.attention = attention);
    let (tags, filtered) = (tags(&kept.tags), kept.filtered);
    match commit(&services, kept, transaction, (id, time)).await {
        Ok(size) => {
            filtered.into_iter().for_each(|word| services.observer.metrics().disposed(word));
            services.observer.metrics().accepted(size);
            services.observer.accepted(&transaction.permit.client.sender_domain);
            log(session, transaction, id, (size, tags));
            let recipients = transaction.recipients.len();
            session.hooks.teller.step(|| What::Accepted { id, recipients, size });
            Step::Reply(replies::message_accepted(id))
        }
        Err(refused) => refuse(session, transaction, refused),
    }
}

/// A message that is written, and belongs to nobody yet.
pub(super) struct Written {
    pub(super) body: Body,
    /// With the trace header.
    pub(super) size: u64,
    pub(super) eight_bit: bool,
    /// The relays that it has passed before.
    pub(super) hops: usize,
}

async fn written(mut receipt: Receipt) -> Result<Written, Refused> {
    let Some(writer) = receipt.writer.take() else {
        return Err(receipt.refused.unwrap_or_else(|| of_spool(&SpoolError::Unknown)));
    };
    let body = writer.finish().await.map_err(|error| of_spool(&error))?;
    let (size, eight_bit, hops) = (receipt.written, receipt.eight_bit, receipt.hops.hops());
    Ok(Written { body, size, eight_bit, hops })
}

/// Reads the message to its end; or to where there is no end to be awaited, and why.
async fn read(
    connection: &mut Connection,
    receipt: &mut Receipt,
    wait: Duration,
) -> Result<Option<Refused>, ReadError> {
    let pace = Pace::begin(wait);
    loop {
        let chunk = connection.read_chunk(pace.patience(receipt.read)).await?;
        if chunk.is_empty() {
            return Err(ReadError::Closed);
        }
        match receipt.take(&chunk).await {
            Taken::More => {}
            Taken::Enough(refused) => return Ok(Some(refused)),
            Taken::End { used } => {
                connection.unread(chunk.get(used..).unwrap_or_default());
                return Ok(None);
            }
        }
    }
}

/// Gives the message to the spool; its size with the trace header.
async fn commit(
    services: &Services,
    kept: Kept,
    transaction: &Transaction,
    (id, received): (Uuid, Timestamp),
) -> Result<u64, Refused> {
    let Kept { written: Written { body, size, eight_bit, .. }, tags, quarantine, .. } = kept;
    let envelope = Envelope {
        id,
        received,
        sender: transaction.mail.sender.to_string(),
        size,
        // What the content is counts, not what it was declared as: many clients declare all their
        // mail, and a host without the extension takes what is ASCII all the same. Addresses are
        // looked at when it is sent.
        eight_bit,
        smtp_utf8: eight_bit && transaction.mail.charset == Charset::Utf8,
        dsn: transaction.mail.dsn.clone(),
        tags,
        quarantine,
    };
    let quarantined = envelope.is_quarantined().then(|| envelope.clone());
    let done = services.spool.commit(envelope, transaction.recipients.clone(), body).await;
    if let Some(envelope) = quarantined {
        crate::quarantine::note(services.observer.metrics(), &envelope, &done);
    }
    done.map(|()| size).map_err(|error| of_spool(&error))
}

/// The Received header.
pub(super) fn trace(
    session: &Session<BundleHooks>,
    transaction: &Transaction,
    id: Uuid,
    time: Timestamp,
) -> String {
    let recipient = match transaction.recipients.as_slice() {
        [only] => Some(only.address.as_str()),
        _ => None,
    };
    let arrival = Arrival {
        hostname: &session.settings.hostname,
        address: session.peer.address.ip(),
        client: &transaction.permit.client,
        certificate: transaction.permit.certificate.as_deref(),
        decided_by: &transaction.permit.decided_by,
        protocol: protocol(session, transaction.mail.charset),
        recipient,
        id,
        time,
    };
    arrival.header()
}

fn protocol(session: &Session<BundleHooks>, charset: Charset) -> Protocol {
    let encrypted = session.link.tls().is_some();
    match (charset, session.is_extended(), encrypted) {
        (Charset::Utf8, _, true) => Protocol::Utf8Smtps,
        (Charset::Utf8, _, false) => Protocol::Utf8Smtp,
        // RFC 3848 knows no `SMTPS`: inside TLS it is ESMTPS, whatever the greeting.
        (Charset::Ascii, _, true) => Protocol::Esmtps,
        (Charset::Ascii, true, false) => Protocol::Esmtp,
        (Charset::Ascii, false, false) => Protocol::Smtp,
    }
}

/// One line for each accepted message; `tls` is what was asked : what was reached.
fn log(
    session: &Session<BundleHooks>,
    transaction: &Transaction,
    id: Uuid,
    (size, tags): (u64, Option<String>),
) {
    let client = &transaction.permit.client;
    let reached = match certificate_trace(transaction.permit.certificate.as_deref()) {
        _ if !client.encrypted => "clear",
        CertificateTrace::Verified => "verified",
        CertificateTrace::None | CertificateTrace::NotVerified(_) => "encrypted",
    };
    tracing::info!(
        session = %session.hooks.asker.session,
        %id,
        client = %client.address,
        sender = %transaction.mail.sender,
        recipients = transaction.recipients.len(),
        size,
        tags,
        tls = %format_args!("{}:{reached}", client.row.policy),
        decided_by = %transaction.permit.decided_by,
        "message accepted"
    );
}

/// As in `class=bulk, score=7`; none where there are none.
fn tags(tags: &Tags) -> Option<String> {
    let each: Vec<_> = tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!each.is_empty()).then(|| each.join(", "))
}

fn refuse(session: &Session<BundleHooks>, transaction: &Transaction, refused: Refused) -> Step {
    turn_away(session, transaction, &refused);
    refused.step()
}

/// The message is not accepted.
pub(super) fn turn_away(session: &Session<BundleHooks>, transaction: &Transaction, refused: &Refused) {
    session.hooks.turned_away(session.peer.address.ip(), &transaction.turned_away(), refused);
}
