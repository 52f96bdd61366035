//! What a session asks milters, and what becomes of their answers. Hooks are asked before: of what they deny
//! milters are not asked.

use std::net::SocketAddr;

use super::facts::{Peer, TlsRecord};
use super::hooks::Hooks;
use super::refusal::{Refusal, Refused};
use super::session::{Session, Step};
use crate::milter::{Chain, Client, Tls};
use crate::observe::SessionId;
use crate::relay::Services;
use crate::smtp::address::ForwardPath;
use crate::smtp::command::{BodyKind, Charset, Mail};
use crate::smtp::parameters;
use crate::smtp::reply::Reply;
use crate::spool::NewRecipient;

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
        let asked = Box::pin(milters.helo(name)).await;
        asked.map_err(|reply| {
            self.barrier = Some(reply.clone());
            denied(milters, reply).step()
        })
    }

    pub(super) async fn milters_at_mail(&mut self, mail: &Mail) -> Result<(), Refused> {
        let Some(milters) = &mut self.milters else { return Ok(()) };
        let path = format!("<{}>", mail.sender);
        let asked = Box::pin(milters.mail(&path, &mail_parameters(mail))).await;
        asked.map_err(|reply| denied(milters, reply))
    }

    pub(super) async fn milters_at_rcpt(&mut self, recipient: &NewRecipient) -> Result<(), Refused> {
        let Some(milters) = &mut self.milters else { return Ok(()) };
        let path = format!("<{}>", recipient.address);
        let parameters = words(&parameters::of_rcpt(&recipient.dsn));
        let asked = Box::pin(milters.rcpt(&path, &parameters)).await;
        asked.map_err(|reply| denied(milters, reply))
    }

    pub(super) async fn milters_hear_of_refused(&mut self, path: &ForwardPath, why: &Reply) {
        let Some(milters) = &mut self.milters else { return };
        let path = match path {
            ForwardPath::Postmaster => "<postmaster>".to_owned(),
            ForwardPath::Mailbox(mailbox) => format!("<{mailbox}>"),
        };
        Box::pin(milters.rejected(&path, why)).await;
    }

    pub(super) async fn milters_at_data(&mut self) -> Result<(), Refused> {
        let Some(milters) = &mut self.milters else { return Ok(()) };
        let asked = Box::pin(milters.data()).await;
        asked.map_err(|reply| denied(milters, reply))
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

fn denied(milters: &Chain, reply: Reply) -> Refused {
    Refusal::Milter.saying(reply).by(of_milter(milters.denier()))
}

/// Who decided, where it was a milter.
pub(super) fn of_milter(name: &str) -> String {
    format!("milter {name}")
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
