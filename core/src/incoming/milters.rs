//! What a session asks milters, and what becomes of their answers. Hooks are asked before: of what they deny
//! milters are not asked.

mod draft;

use std::io;
use std::net::SocketAddr;

use jiff::Timestamp;
use uuid::Uuid;
use waxseal_plugins::verdicts::Edit;

use self::draft::Edited;
use super::facts::{Peer, TlsRecord};
use super::hooks::{BundleHooks, Hooks};
use super::receipt::of_spool;
use super::receive::{self, Written};
use super::refusal::{Refusal, Refused};
use super::replies;
use super::session::{Session, Step};
use super::transaction::Transaction;
use crate::config::domain_of;
use crate::milter::{Chain, Client, Disposition, Outcome, Tls};
use crate::observe::SessionId;
use crate::relay::Services;
use crate::smtp::address::{ForwardPath, Mailbox, ReversePath};
use crate::smtp::command::{BodyKind, Charset, Mail};
use crate::smtp::dsn::RecipientDsn;
use crate::smtp::parameters;
use crate::smtp::reply::Reply;
use crate::spool::{NewRecipient, Spool, SpoolError};

/// The milters for a client; `None` where none is configured.
pub(super) fn chain(
    services: &Services,
    session: &SessionId,
    peer: &Peer,
    listener: SocketAddr,
) -> Option<Box<Chain>> {
    let milters = &services.config.milters;
    if milters.is_empty() {
        return None;
    }
    let client = Client {
        hostname: services.config.hostname.clone(),
        listener,
        address: peer.address,
        name: None,
        ehlo: String::new(),
        tls: None,
    };
    Chain::new(milters, client, services.observer.clone(), session.clone())
}

impl<H: Hooks> Session<H> {
    /// Whom a milter denies is served nothing.
    pub(super) async fn milters_at_connect(&mut self) {
        if let Some(milters) = &mut self.milters
            && let Err(reply) = Box::pin(milters.connect()).await
        {
            self.barrier = Some(reply);
        }
    }

    /// The milters for the session inside TLS. They are told of the client's certificate only where it leads to
    /// a root: they may take its subject for granted.
    pub(super) fn milters_inside(&mut self, record: &TlsRecord) -> Option<Box<Chain>> {
        let mut milters = self.milters.take()?;
        let certificate = self.hooks.judged(&self.client(), record);
        let known = certificate.trusted && certificate.possession;
        let told = |text: String| if known { text } else { String::new() };
        milters.secured(Tls {
            version: record.handshake.version.to_string(),
            suite: record.handshake.suite.clone(),
            server_name: record.server_name.clone(),
            subject: told(certificate.subject),
            issuer: told(certificate.issuer),
        });
        Some(milters)
    }

    /// Whom a milter denies is served nothing from then on.
    pub(super) async fn milters_at_helo(&mut self) -> Result<(), Step> {
        let Some(milters) = &mut self.milters else { return Ok(()) };
        let name = self.greeting.as_ref().map_or("", |greeting| &greeting.name);
        Box::pin(milters.helo(name)).await.map_err(|reply| {
            self.barrier = Some(reply.clone());
            denied(reply).step()
        })
    }

    pub(super) async fn milters_at_mail(&mut self, mail: &Mail) -> Result<(), Refused> {
        let Some(milters) = &mut self.milters else { return Ok(()) };
        let path = format!("<{}>", mail.sender);
        Box::pin(milters.mail(&path, &mail_parameters(mail))).await.map_err(denied)
    }

    pub(super) async fn milters_at_rcpt(&mut self, recipient: &NewRecipient) -> Result<(), Refused> {
        let Some(milters) = &mut self.milters else { return Ok(()) };
        let path = format!("<{}>", recipient.address);
        let parameters = words(&parameters::of_rcpt(&recipient.dsn));
        Box::pin(milters.rcpt(&path, &parameters)).await.map_err(denied)
    }

    pub(super) async fn milters_hear_of_refused(&mut self, path: Option<ForwardPath>, why: &Reply) {
        let (Some(milters), Some(path)) = (&mut self.milters, path) else { return };
        let path = match path {
            ForwardPath::Postmaster => "<postmaster>".to_owned(),
            ForwardPath::Mailbox(mailbox) => format!("<{mailbox}>"),
        };
        Box::pin(milters.rejected(&path, why)).await;
    }

    pub(super) async fn milters_at_data(&mut self) -> Result<(), Refused> {
        let Some(milters) = &mut self.milters else { return Ok(()) };
        Box::pin(milters.data()).await.map_err(denied)
    }

    pub(super) async fn milters_at_unknown(&mut self, line: &[u8]) -> Result<(), Reply> {
        match &mut self.milters {
            Some(milters) if self.barrier.is_none() => Box::pin(milters.unknown(line)).await,
            _ => Ok(()),
        }
    }

    pub(super) async fn milters_abort(&mut self) {
        if let Some(milters) = &mut self.milters {
            Box::pin(milters.abort()).await;
        }
    }
}

/// What becomes of a message at its end.
pub(super) enum AtEnd {
    /// It goes on, perhaps changed.
    Accept(Written),
    /// It is forgotten, and the client is told that it was accepted.
    Discard,
}

/// Shows milters the message, gives them back to the session, and does what came of it.
///
/// # Errors
///
/// A milter refuses or defers it, or has failed; or the message cannot be kept.
pub(super) async fn at_end(
    session: &mut Session<BundleHooks>,
    milters: Box<Chain>,
    transaction: &mut Transaction,
    written: Written,
    (id, time): (Uuid, Timestamp),
) -> Result<AtEnd, Refused> {
    let services = session.hooks.services.clone();
    let own = receive::trace(session, transaction, id, time);
    let unreadable = |error: io::Error| of_spool(&SpoolError::Failed(error.to_string()));
    let content = written.body.content().map_err(unreadable);
    let milters = session.milters.insert(milters);
    let mut draft = Edited::new(content?, own, services.config.limits.message_size);
    let Outcome { edits, disposition } = milters.message(&id.to_string(), &mut draft).await;
    let session = &session.hooks.asker.session;
    match disposition {
        Disposition::Accept => {}
        Disposition::Discard { milter } => {
            tracing::info!(%session, %id, milter, "message discarded");
            return Ok(AtEnd::Discard);
        }
        Disposition::Deny { reply, .. } => return Err(denied(reply)),
        // There is no quarantine yet: what should be in one must be neither lost nor delivered.
        Disposition::Quarantine { milter, reason } => {
            tracing::warn!(%session, %id, milter, reason, "message deferred: there is no quarantine");
            return Err(denied(replies::policy_failed()));
        }
    }
    for (milter, edits) in &edits {
        let edits: Vec<_> = edits.iter().map(Edit::word).collect();
        tracing::info!(%session, %id, milter, edits = edits.join(","), "message changed");
    }
    edits.iter().flat_map(|(_, edits)| edits).for_each(|edit| readdress(transaction, edit));
    if transaction.recipients.is_empty() {
        tracing::info!(%session, %id, "message discarded: milters have removed all of its recipients");
        return Ok(AtEnd::Discard);
    }
    if !draft.is_changed() {
        return Ok(AtEnd::Accept(written));
    }
    rewrite(services.spool.as_ref(), &draft, written).await.map(AtEnd::Accept)
}

/// Writes the message anew.
async fn rewrite(spool: &dyn Spool, draft: &Edited, old: Written) -> Result<Written, Refused> {
    let mut writer = spool.begin().await.map_err(|error| of_spool(&error))?;
    let (mut size, mut eight_bit) = (0, old.eight_bit);
    loop {
        let piece = draft.piece(size).map_err(|error| of_spool(&SpoolError::Failed(error.to_string())))?;
        if piece.is_empty() {
            break;
        }
        size += piece.len() as u64;
        eight_bit |= !piece.is_ascii();
        writer.write(piece).await.map_err(|error| of_spool(&error))?;
    }
    let body = writer.finish().await.map_err(|error| of_spool(&error))?;
    Ok(Written { body, size, eight_bit })
}

/// Applies what concerns the envelope.
fn readdress(transaction: &mut Transaction, edit: &Edit) {
    match edit {
        Edit::ReplaceSender(sender) => {
            transaction.mail.sender = Mailbox::parse(sender).map_or(ReversePath::Null, ReversePath::Mailbox);
        }
        Edit::AddRecipient(address) => transaction.add(NewRecipient {
            address: address.clone(),
            domain: domain_of(address.rsplit_once('@').map_or("", |(_, domain)| domain)),
            dsn: RecipientDsn::default(),
            attention: Timestamp::MAX,
        }),
        Edit::RemoveRecipient(address) => {
            transaction.recipients.retain(|recipient| recipient.address != *address);
        }
        _ => {}
    }
}

fn denied(reply: Reply) -> Refused {
    Refusal::Milter.saying(reply)
}

/// The parameters of MAIL as a client writes them.
fn mail_parameters(mail: &Mail) -> Vec<String> {
    let mut written = Vec::new();
    written.extend(mail.size.map(|size| format!("SIZE={size}")));
    written.extend((mail.body == BodyKind::EightBitMime).then(|| "BODY=8BITMIME".to_owned()));
    written.extend((mail.charset == Charset::Utf8).then(|| "SMTPUTF8".to_owned()));
    written.extend(words(&parameters::of_mail(&mail.dsn)));
    written
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}
