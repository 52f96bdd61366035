//! The handshake as a server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::pki_types::CertificateDer;
use rustls::server::{Acceptor, NoServerSessionStorage, ServerSessionMemoryCache};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, TlsStream};
use waxseal_plugins::facts::{self, Version};
use waxseal_plugins::verdicts::{ClientCertificate, Terms};

use super::cache::Cache;
use super::failure::{FailureKind, HandshakeFailure};
use super::identities::Understood;
use super::recorder::Recorder;
use super::{Tls, crypto, hello, verifier};
use crate::net::Stream;

/// TLS sessions kept for each configuration.
const SESSIONS: usize = 256;

/// How long a refused client has to read the alert before the socket is closed.
const FAREWELL: Duration = Duration::from_secs(1);

/// `access_denied`, RFC 8446 section 6.2: a policy refuses.
const ACCESS_DENIED: u8 = 49;

/// `internal_error`, RFC 8446 section 6.2: a policy failed, or our own side cannot begin.
const INTERNAL_ERROR: u8 = 80;

/// How the handshake is to be made: what the start hook said, the row's terms joined in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ServerPlan {
    /// Our identity's name; `None` chooses by SNI.
    pub identity: Option<String>,
    /// Whether to ask for the client's certificate. Never mandatory in the handshake: a refusal
    /// is said in SMTP.
    pub client_certificate: ClientCertificate,
    /// What may be negotiated.
    pub terms: Terms,
    /// The generation of the bundle: no TLS session resumes across a reload of policies.
    pub generation: u64,
}

/// What the cipher hook makes of the plan, once the ClientHello is read.
#[derive(Clone, Debug)]
pub enum AtHello {
    /// Go on, perhaps under narrower terms.
    Proceed(ServerPlan),
    /// An alert `access_denied`.
    Refuse(String),
    /// The policy failed: an alert `internal_error`.
    Fail(String),
}

/// A finished handshake.
#[derive(Debug)]
pub struct Accepted {
    /// The stream.
    pub stream: Stream,
    /// What was negotiated.
    pub handshake: facts::Handshake,
    /// The name that the client asked for; empty for none.
    pub server_name: String,
    /// The client's chain, leaf first; empty for none.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether the client proved that it has the key: not with keys that the library cannot check.
    pub possession: bool,
    /// The chain that we presented.
    pub own_chain: Vec<CertificateDer<'static>>,
}

/// The configurations of servers.
pub(super) type Configs = Cache<ConfigKey, Arc<ServerConfig>>;

/// All that a configuration depends on. A resumed TLS session is held to no policy by the library,
/// so sessions must never pass from one key to another: each configuration has its own ticket key
/// and session store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ConfigKey {
    plan: ServerPlan,
    epoch: u64,
    leaf: Vec<u8>,
    resumption: Resumption,
}

/// Whether clients may resume TLS sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Resumption {
    /// Clients that have TLS 1.3: a resumption makes a key exchange of its own.
    Allowed,
    /// Older clients: a resumed TLS 1.2 session has no key exchange, and nobody could hold a row's
    /// `groups` on it.
    None,
}

impl Tls {
    /// Makes the handshake within the time. `at_hello` is asked once: also when the library
    /// refuses the hello itself, with the facts that could be read. It is not asked where nothing
    /// came at all.
    ///
    /// # Errors
    ///
    /// How it failed; the socket is closed.
    pub async fn accept(
        &self,
        socket: TcpStream,
        within: Duration,
        at_hello: impl FnOnce(facts::Hello) -> AtHello + Send,
    ) -> Result<Accepted, HandshakeFailure> {
        let deadline = tokio::time::Instant::now() + within;
        let late = || HandshakeFailure::new(FailureKind::Timeout, format!("{} s", within.as_secs_f32()));
        let mut acceptor = LazyConfigAcceptor::new(Acceptor::default(), Recorder::new(socket));
        // Boxed: an idle session must not carry the size of a handshake.
        let start = match tokio::time::timeout_at(deadline, Box::pin(&mut acceptor)).await {
            Ok(Ok(start)) => start,
            Ok(Err(error)) => {
                let failure = HandshakeFailure::in_handshake(&error);
                return Err(refused_by_library(acceptor, failure, at_hello).await);
            }
            Err(_) => return Err(refused_by_library(acceptor, late(), at_hello).await),
        };
        let rest = Box::pin(self.after_hello(start, at_hello));
        tokio::time::timeout_at(deadline, rest).await.unwrap_or_else(|_| Err(late()))
    }

    async fn after_hello(
        &self,
        start: StartHandshake<Recorder>,
        at_hello: impl FnOnce(facts::Hello) -> AtHello + Send,
    ) -> Result<Accepted, HandshakeFailure> {
        let facts = hello::read(start.io.record());
        let server_name = facts.server_name.clone();
        let resumption =
            if facts.highest_version >= Version::Tls13 { Resumption::Allowed } else { Resumption::None };
        let plan = match at_hello(facts) {
            AtHello::Proceed(plan) => plan,
            AtHello::Refuse(reason) => {
                refuse(start.io.into_socket(), ACCESS_DENIED).await;
                return Err(HandshakeFailure::new(FailureKind::RefusedByPolicy, reason));
            }
            AtHello::Fail(reason) => {
                refuse(start.io.into_socket(), INTERNAL_ERROR).await;
                return Err(HandshakeFailure::new(FailureKind::PolicyFailed, reason));
            }
        };
        let chosen = self.choose(&start, &plan);
        let (config, own) = match chosen.and_then(|(key, epoch)| self.server(plan, key, epoch, resumption)) {
            Ok(config) => config,
            Err(failure) => {
                refuse(start.io.into_socket(), INTERNAL_ERROR).await;
                return Err(failure);
            }
        };
        let start = StartHandshake::from_parts(start.accepted, start.io.into_socket());
        let accepting = start.into_stream(config).await;
        let stream = accepting.map_err(|error| HandshakeFailure::in_handshake(&error))?;
        Ok(accepted(stream, server_name, &own))
    }

    /// Our identity: the one the plan names, else by the name that the client asks for.
    fn choose(
        &self,
        start: &StartHandshake<Recorder>,
        plan: &ServerPlan,
    ) -> Result<(Arc<CertifiedKey>, u64), HandshakeFailure> {
        let materials = self.materials.load();
        let hello = start.client_hello();
        let understood = Understood { schemes: hello.signature_schemes(), suites: hello.cipher_suites() };
        let identity = match &plan.identity {
            Some(name) => materials.identities.named(name),
            None => materials.identities.for_client(hello.server_name().unwrap_or_default(), understood),
        };
        let wanted = plan.identity.as_deref().unwrap_or("any");
        identity
            .map(|identity| (Arc::clone(&identity.key), materials.epoch))
            .ok_or_else(|| HandshakeFailure::new(FailureKind::NotBegun, format!("no identity `{wanted}`")))
    }

    fn server(
        &self,
        plan: ServerPlan,
        own: Arc<CertifiedKey>,
        epoch: u64,
        resumption: Resumption,
    ) -> Result<(Arc<ServerConfig>, Arc<CertifiedKey>), HandshakeFailure> {
        let leaf = own.cert.first().map(|leaf| leaf.to_vec()).unwrap_or_default();
        let key = ConfigKey { plan, epoch, leaf, resumption };
        self.servers
            .take_or_make(key.clone(), || self.configure(&key, Arc::clone(&own)).map(Arc::new))
            .map(|config| (config, own))
            .map_err(|error| HandshakeFailure::new(FailureKind::NotBegun, error.to_string()))
    }

    fn configure(&self, key: &ConfigKey, own: Arc<CertifiedKey>) -> Result<ServerConfig, rustls::Error> {
        let terms: &Terms = &key.plan.terms;
        let builder = ServerConfig::builder_with_provider(crypto::provider(terms))
            .with_protocol_versions(crypto::versions(terms))?;
        let builder = match key.plan.client_certificate {
            ClientCertificate::None => builder.with_no_client_auth(),
            ClientCertificate::Request | ClientCertificate::Require => {
                builder.with_client_cert_verifier(Arc::<verifier::Deferred>::clone(&self.verifier))
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
        // Each ticket costs an encryption, and mail hosts use one at a time.
        config.send_tls13_tickets = 1;
        match key.resumption {
            Resumption::Allowed => {
                config.ticketer = Ticketer::new()?;
                config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
            }
            Resumption::None => config.session_storage = Arc::new(NoServerSessionStorage {}),
        }
        Ok(config)
    }
}

fn accepted(
    stream: tokio_rustls::server::TlsStream<TcpStream>,
    server_name: String,
    own: &CertifiedKey,
) -> Accepted {
    let (_, connection) = stream.get_ref();
    let chain = connection.peer_certificates().map(owned).unwrap_or_default();
    Accepted {
        handshake: crypto::negotiated(connection),
        server_name,
        possession: chain.first().is_some_and(verifier::proves_possession),
        chain,
        own_chain: own.cert.clone(),
        stream: Stream::Tls(Box::new(TlsStream::Server(stream))),
    }
}

pub(super) fn owned(chain: &[CertificateDer<'_>]) -> Vec<CertificateDer<'static>> {
    chain.iter().map(|certificate| certificate.clone().into_owned()).collect()
}

/// The hook hears of hellos that the library refuses, too; what it says changes nothing. The
/// library has sent its alert.
async fn refused_by_library(
    mut acceptor: LazyConfigAcceptor<Recorder>,
    failure: HandshakeFailure,
    at_hello: impl FnOnce(facts::Hello) -> AtHello + Send,
) -> HandshakeFailure {
    let Some(io) = acceptor.take_io() else { return failure };
    if !io.record().is_empty() {
        at_hello(facts::Hello { library_refusal: failure.to_string(), ..hello::read(io.record()) });
    }
    part(io.into_socket()).await;
    failure
}

/// Before the ServerHello alerts go in clear (RFC 8446 section 6): one record with a fatal alert.
async fn refuse(mut socket: TcpStream, alert: u8) {
    const FATAL: u8 = 2;
    // The client may be gone already; there is nobody left to tell.
    let _: io::Result<()> = socket.write_all(&[21, 3, 3, 0, 2, FATAL, alert]).await;
    part(socket).await;
}

/// Closes the socket so that the client can read the alert: with octets unread, a mere close would
/// reset the connection and take the alert with it.
async fn part(mut socket: TcpStream) {
    let _: io::Result<()> = socket.shutdown().await;
    let mut rest = [0; 1024];
    let drained = async { while socket.read(&mut rest).await.is_ok_and(|count| count > 0) {} };
    let _elapsed = timeout(FAREWELL, drained).await;
}
