//! DATA, RFC 5321 section 4.1.1.4: from the connection into the spool, in chunks.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::hooks::{BundleHooks, Hooks};
use super::pace::Pace;
use super::refusal::{Refusal, Refused};
use super::replies;
use super::session::{Session, Step};
use super::transaction::Transaction;
use crate::message::hops::{HOP_LIMIT, HopCounter};
use crate::message::received::{CertificateTrace, Protocol, Received, TlsTrace};
use crate::net::{Connection, ReadError};
use crate::smtp::chunk::Lines;
use crate::smtp::command::Charset;
use crate::smtp::dot::{Decoder, Newlines, Progress};
use crate::spool::{BodyWriter, Envelope, Spool, SpoolError};

/// What is refused is still read to its end, so that the session can go on; so many octets beyond
/// twice the size limit, and then the connection is closed.
pub(super) const DISCARD: u64 = 16 * 1024 * 1024;

/// Receives the message of the open transaction, which ends with it whatever comes of it. `250`
/// only after [`Spool::commit`] has answered.
///
/// # Errors
///
/// The client is gone or too slow; nothing of the message is kept.
pub(super) async fn receive(
    connection: &mut Connection,
    session: &mut Session<BundleHooks>,
) -> Result<Step, ReadError> {
    let Some(mut transaction) = session.transaction.take() else {
        return Ok(Step::Reply(replies::no_sender()));
    };
    let services = session.hooks.services.clone();
    let wait = services.config.timeouts.command;
    let (id, time) = (Uuid::now_v7(), Timestamp::now());
    let writer = match services.spool.begin().await {
        Ok(writer) => writer,
        Err(error) => return Ok(refuse(session, of_spool(&error))),
    };
    connection.write(replies::send_data().to_wire().as_bytes(), wait).await?;

    let mut receipt = Receipt::new(writer, services.config.limits.message_size);
    receipt.append(Bytes::from(trace(session, &transaction, id, time))).await;
    match read(connection, &mut receipt, wait).await {
        Ok(None) => {}
        Ok(Some(refused)) => {
            session.hooks.refused(refused.why);
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
    session: &Session<BundleHooks>,
    transaction: &mut Transaction,
    receipt: Receipt,
    (id, time): (Uuid, Timestamp),
) -> Step {
    let services = &session.hooks.services;
    let attention = services.config.delivery.first_attention(time);
    transaction.recipients.iter_mut().for_each(|recipient| recipient.attention = attention);
    match commit(services.spool.as_ref(), receipt, transaction, id, time).await {
        Ok(size) => {
            services.observer.metrics().accepted(size);
            log(session, transaction, id, size);
            Step::Reply(replies::message_accepted(id))
        }
        Err(refused) => refuse(session, refused),
    }
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

/// A message on its way into the spool.
pub(super) struct Receipt {
    decoder: Decoder,
    /// The lines of a message that comes without dots.
    lines: Lines,
    hops: HopCounter,
    writer: Option<Box<dyn BodyWriter>>,
    /// The first thing that was wrong: said at the end of the data, and not before.
    pub(super) refused: Option<Refused>,
    limit: u64,
    /// Octets of content, and octets read at all.
    size: u64,
    pub(super) read: u64,
    /// With the trace header.
    written: u64,
    eight_bit: bool,
}

/// What a chunk came to.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    More,
    /// The end; so many octets of the chunk belong to the message.
    End {
        used: usize,
    },
    /// The message is refused, and there is no end of it: say so and close.
    Enough(Refused),
}

impl Receipt {
    pub(super) fn new(writer: Box<dyn BodyWriter>, limit: u64) -> Self {
        Self { writer: Some(writer), ..Self::empty(limit) }
    }

    /// A message that is refused before it has begun, and is read all the same.
    pub(super) fn refused(refused: Refused, limit: u64) -> Self {
        Self { refused: Some(refused), ..Self::empty(limit) }
    }

    fn empty(limit: u64) -> Self {
        Self {
            decoder: Decoder::default(),
            lines: Lines::default(),
            hops: HopCounter::default(),
            writer: None,
            refused: None,
            limit,
            size: 0,
            read: 0,
            written: 0,
            eight_bit: false,
        }
    }

    async fn take(&mut self, chunk: &[u8]) -> Taken {
        let mut content = Vec::with_capacity(chunk.len());
        let progress = self.decoder.decode(chunk, &mut content);
        self.read += chunk.len() as u64;
        self.accept(Bytes::from(content)).await;
        match progress {
            Progress::End { used } => Taken::End { used },
            Progress::Continue => self.enough().map_or(Taken::More, Taken::Enough),
        }
    }

    /// Takes a piece of content that comes without dots.
    pub(super) async fn take_plain(&mut self, piece: Bytes) {
        self.read += piece.len() as u64;
        self.lines.read(&piece);
        self.accept(piece).await;
    }

    /// The end of content that came without dots: its last line is made one.
    pub(super) async fn end_plain(&mut self) {
        let rest = self.lines.finish();
        self.accept(Bytes::from_static(rest)).await;
    }

    /// Refuses what is announced to be too large.
    pub(super) fn announce(&mut self, size: u64) {
        if self.size.saturating_add(size) > self.limit {
            self.refuse(Refusal::Size.saying(replies::message_too_large()));
        }
    }

    /// Why no more is read: the message is refused, and there is no end of it.
    pub(super) fn enough(&self) -> Option<Refused> {
        let endless = self.read / 2 > self.limit.saturating_add(DISCARD / 2);
        self.refused.clone().filter(|_| endless)
    }

    async fn accept(&mut self, content: Bytes) {
        self.size += content.len() as u64;
        self.eight_bit |= !content.is_ascii();
        self.hops.read(&content);
        self.check();
        self.append(content).await;
    }

    /// Writes it, unless the message is refused already.
    pub(super) async fn append(&mut self, content: Bytes) {
        let Some(writer) = self.writer.as_mut().filter(|_| !content.is_empty()) else {
            return;
        };
        self.written += content.len() as u64;
        if let Err(error) = writer.write(content).await {
            self.refuse(of_spool(&error));
        }
    }

    fn check(&mut self) {
        if [self.decoder.newlines(), self.lines.newlines()].contains(&Newlines::Bare) {
            self.refuse(Refusal::Newlines.saying(replies::bare_newline_in_data()));
        } else if self.size > self.limit {
            self.refuse(Refusal::Size.saying(replies::message_too_large()));
        } else if self.hops.hops() > HOP_LIMIT {
            self.refuse(Refusal::Loop.saying(replies::mail_loop()));
        }
    }

    pub(super) fn refuse(&mut self, refused: Refused) {
        self.writer = None;
        self.refused.get_or_insert(refused);
    }
}

/// Gives the message to the spool; its size with the trace header.
async fn commit(
    spool: &dyn Spool,
    mut receipt: Receipt,
    transaction: &Transaction,
    id: Uuid,
    received: Timestamp,
) -> Result<u64, Refused> {
    let Some(writer) = receipt.writer.take() else {
        return Err(receipt.refused.unwrap_or_else(|| of_spool(&SpoolError::Unknown)));
    };
    let envelope = Envelope {
        id,
        received,
        sender: transaction.mail.sender.to_string(),
        size: receipt.written,
        // What the content is counts, not what it was declared as: many clients declare all their
        // mail, and a host without the extension takes what is ASCII all the same. Addresses are
        // looked at when it is sent.
        eight_bit: receipt.eight_bit,
        smtp_utf8: receipt.eight_bit && transaction.mail.charset == Charset::Utf8,
        dsn: transaction.mail.dsn.clone(),
    };
    let body = writer.finish().await.map_err(|error| of_spool(&error))?;
    let done = spool.commit(envelope, transaction.recipients.clone(), body).await;
    done.map(|()| receipt.written).map_err(|error| of_spool(&error))
}

/// The Received header.
pub(super) fn trace(
    session: &Session<BundleHooks>,
    transaction: &Transaction,
    id: Uuid,
    time: Timestamp,
) -> String {
    let only = match transaction.recipients.as_slice() {
        [only] => Some(only.address.as_str()),
        _ => None,
    };
    let client = &transaction.permit.client;
    let tls = session.link.tls().map(|_| TlsTrace {
        version: client.version.as_str(),
        suite: &client.suite,
        group: &client.group,
        certificate: certificate_trace(transaction),
    });
    let header = Received {
        client: &client.ehlo,
        address: session.peer.address.ip(),
        hostname: &session.settings.hostname,
        protocol: protocol(session, transaction.mail.charset),
        id,
        recipient: only,
        tls,
        policy: &transaction.permit.decided_by,
        time,
    };
    header.to_header()
}

fn certificate_trace(transaction: &Transaction) -> CertificateTrace<'_> {
    match transaction.permit.certificate.as_deref() {
        Some(certificate) if certificate.verified => CertificateTrace::Verified,
        Some(certificate) if certificate.presented => CertificateTrace::NotVerified(&certificate.problem),
        _ => CertificateTrace::None,
    }
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
fn log(session: &Session<BundleHooks>, transaction: &Transaction, id: Uuid, size: u64) {
    let client = &transaction.permit.client;
    let reached = match certificate_trace(transaction) {
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
        tls = %format_args!("{}:{reached}", client.row.policy),
        decided_by = %transaction.permit.decided_by,
        "message accepted"
    );
}

pub(super) fn of_spool(error: &SpoolError) -> Refused {
    Refusal::Spool.saying(replies::spool_error(error))
}

fn refuse(session: &Session<BundleHooks>, refused: Refused) -> Step {
    session.hooks.refused(refused.why);
    match refused.reply {
        reply if reply.code == 421 => Step::Close(reply),
        reply => Step::Reply(reply),
    }
}

#[cfg(test)]
mod tests;
