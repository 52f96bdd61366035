//! What hooks are told of the client: the one place that fills it.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use waxseal_plugins::facts;
use waxseal_plugins::verdicts::Terms;

use crate::config::ListenerMode;
use crate::tls::memory::Recent;

/// The client, as TCP and the domain table know it.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// Its address, an IPv4-mapped one as IPv4.
    pub(super) address: SocketAddr,
    /// The address as a text, and that of ours that it connected to: hooks are told of them again and
    /// again.
    texts: Texts,
    /// How TLS starts there.
    pub(super) mode: ListenerMode,
    /// The row with which the connection's hooks run before MAIL FROM.
    pub(super) row: Arc<facts::Row>,
}

#[derive(Clone, Debug)]
struct Texts {
    address: String,
    listener: String,
}

/// The connection as it is.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// In clear.
    Clear(Offered),
    /// Encrypted.
    Tls(Arc<TlsRecord>),
}

/// What became of the offer of STARTTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// No EHLO yet, or HELO, or TLS is switched off.
    NotAsked,
    /// STARTTLS was advertised.
    Advertised,
    /// The offer hook withheld it.
    Withheld,
}

/// The facts on record of a finished handshake: what MAIL FROM is judged by.
#[derive(Clone, Debug)]
pub(super) struct TlsRecord {
    /// What was negotiated.
    pub(super) handshake: facts::Handshake,
    /// The ClientHello.
    pub(super) hello: Arc<facts::Hello>,
    /// The name that the client asked for; empty for none.
    pub(super) server_name: String,
    /// The client's chain.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// Whether the client proved that it has the key.
    pub(super) possession: bool,
    /// The judgement of our own certificate.
    pub(super) own: Arc<facts::Certificate>,
    /// What the connection's row, start and cipher allowed; the roots among them still hold when
    /// the chain is judged for that row.
    pub(super) terms: Terms,
    /// What filters alone allowed: for any row.
    pub(super) filters: Box<Terms>,
    /// Whether STARTTLS led here.
    pub(super) offered: bool,
}

/// Whose facts are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) peer: &'a Peer,
    pub(super) link: &'a Link,
    /// The EHLO name; empty before it.
    pub(super) ehlo: &'a str,
}

impl Peer {
    /// A client that has connected to this address of ours.
    pub(super) fn new(
        address: SocketAddr,
        listener: SocketAddr,
        mode: ListenerMode,
        row: Arc<facts::Row>,
    ) -> Self {
        let texts = Texts { address: address.ip().to_string(), listener: listener.to_string() };
        Self { address, texts, mode, row }
    }
}

impl Link {
    /// The record of the handshake, if the connection is encrypted.
    pub(super) fn tls(&self) -> Option<&TlsRecord> {
        match self {
            Self::Tls(record) => Some(record),
            Self::Clear(_) => None,
        }
    }
}

impl View<'_> {
    /// The facts before MAIL FROM.
    pub(super) fn client(&self, recent: Recent) -> facts::Client {
        let client = facts::Client {
            address: self.peer.texts.address.clone(),
            port: self.peer.address.port().into(),
            ehlo: self.ehlo.to_owned(),
            listener: self.peer.texts.listener.clone(),
            implicit_tls: self.peer.mode == ListenerMode::Implicit,
            row: Arc::clone(&self.peer.row),
            tls_failure: recent.reason,
            recent_failures: recent.failures.into(),
            ..facts::Client::default()
        };
        match self.link {
            Link::Clear(offered) => facts::Client { offers_tls: *offered == Offered::Advertised, ..client },
            Link::Tls(record) => record.tell(client),
        }
    }

    /// The facts at MAIL FROM, for one of the rows that are asked then.
    pub(super) fn client_at_mail(
        &self,
        recent: Recent,
        row: &Arc<facts::Row>,
        domain: &str,
    ) -> facts::Client {
        facts::Client {
            row: Arc::clone(row),
            at_mail: true,
            sender_domain: domain.to_owned(),
            ..self.client(recent)
        }
    }
}

impl TlsRecord {
    fn tell(&self, client: facts::Client) -> facts::Client {
        facts::Client {
            encrypted: true,
            offers_tls: self.offered,
            version: self.handshake.version,
            suite: self.handshake.suite.clone(),
            group: self.handshake.group.clone(),
            resumed: self.handshake.resumed,
            server_name: self.server_name.clone(),
            own_certificate: Arc::clone(&self.own),
            ..client
        }
    }
}
