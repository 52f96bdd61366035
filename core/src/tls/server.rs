//! The handshake as a server.

use std::hash::{Hash, Hasher};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::pki_types::CertificateDer;
use rustls::server::{Acceptor, ClientHello, NoServerSessionStorage, ServerSessionMemoryCache};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, TlsStream};
use waxseal_plugins::facts::{self, Version};
use waxseal_plugins::verdicts::{ClientCertificate, Suite, Terms};

use super::cache::{Cache, Key};
use super::deadline::Deadline;
use super::failure::{FailureKind, HandshakeFailure};
use super::farewell::Alert;
use super::identities::Understood;
use super::recorder::Recorder;
use super::{Tls, crypto, farewell, hello, verifier};
use crate::net::Stream;

/// TLS sessions kept for each configuration.
const SESSIONS: usize = 256;

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
    /// What filters alone asked: it holds for the mail of every row, the rest of the terms only
    /// for that of the connection's.
    pub filters: Box<Terms>,
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
    /// Our certificate, as it was presented.
    pub own: Arc<CertifiedKey>,
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
    own: Own,
    resumption: Resumption,
}

/// Our identity: the very one that was loaded. Two of the same content are two, with a configuration
/// each: comparing content would cost each connection the hash of a certificate.
#[derive(Clone, Debug)]
struct Own(Arc<CertifiedKey>);

impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Own {}

impl Hash for Own {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Key for ConfigKey {
    fn supersedes(&self, other: &Self) -> bool {
        self.plan.generation > other.plan.generation || self.epoch > other.epoch
    }
}

/// Whether clients may resume TLS sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Resumption {
    /// With TLS 1.3, where a resumption makes a key exchange of its own.
    Allowed,
    /// With TLS 1.2: a resumed session has no key exchange, and nobody could hold a row's `groups`
    /// on it.
    None,
}

impl Tls {
    /// Makes the handshake within the time, that of `at_hello` aside. `at_hello` is asked once: also
    /// when the library refuses the hello itself, with the facts that could be read. It is not asked
    /// where nothing came at all.
    ///
    /// # Errors
    ///
    /// How it failed; the socket is closed.
    pub async fn accept(
        &self,
        socket: TcpStream,
        within: Duration,
        at_hello: impl AsyncFnOnce(Arc<facts::Hello>) -> AtHello,
    ) -> Result<Accepted, HandshakeFailure> {
        // Boxed: a session must not carry the size of a handshake for all its life.
        Box::pin(self.accept_until(socket, Deadline::after(within), at_hello)).await
    }

    async fn accept_until(
        &self,
        socket: TcpStream,
        deadline: Deadline,
        at_hello: impl AsyncFnOnce(Arc<facts::Hello>) -> AtHello,
    ) -> Result<Accepted, HandshakeFailure> {
        let mut acceptor = LazyConfigAcceptor::new(Acceptor::default(), Recorder::new(socket));
        // Boxed at once: it is large, and handed on several times.
        let hello = async { (&mut acceptor).await.map(Box::new) };
        match deadline.bound(hello).await {
            Ok(start) => self.after_hello(start, deadline, at_hello).await,
            Err(failure) => Err(refused_by_library(acceptor, failure, at_hello).await),
        }
    }

    async fn after_hello(
        &self,
        start: Box<StartHandshake<Recorder>>,
        deadline: Deadline,
        at_hello: impl AsyncFnOnce(Arc<facts::Hello>) -> AtHello,
    ) -> Result<Accepted, HandshakeFailure> {
        let hello = Arc::new(hello::read(start.io.record()));
        let asked = Instant::now();
        let answer = at_hello(Arc::clone(&hello)).await;
        // A hook may wait, and its time is not the client's: a failure for it would be remembered
        // against the client, and might lead to clear.
        let deadline = deadline.put_off(asked.elapsed());
        let planned = match answer {
            AtHello::Proceed(plan) => self.server(&start.accepted.client_hello(), &hello, plan),
            AtHello::Refuse(reason) => Err(HandshakeFailure::new(FailureKind::RefusedByPolicy, reason)),
            AtHello::Fail(reason) => Err(HandshakeFailure::new(FailureKind::PolicyFailed, reason)),
        };
        let (config, own) = match planned {
            Ok(planned) => planned,
            Err(failure) => {
                farewell::refuse(start.io.into_socket(), alert_for(failure.kind)).await;
                return Err(failure);
            }
        };
        let StartHandshake { accepted, io, .. } = *start;
        let start = StartHandshake::from_parts(accepted, io.into_socket());
        // Large, too: it stays where it is, and the stream goes into its box where it comes out.
        let mut stream = pin!(start.into_stream(config));
        let accepted = pin!(async { Ok(finished(stream.as_mut().await?, hello.server_name.clone(), own)) });
        deadline.bound(accepted).await
    }

    /// The configuration for a hello under a plan, and our identity: the one that the plan names,
    /// else by the name that the client asks for.
    fn server(
        &self,
        hello: &ClientHello<'_>,
        facts: &facts::Hello,
        plan: ServerPlan,
    ) -> Result<(Arc<ServerConfig>, Arc<CertifiedKey>), HandshakeFailure> {
        let materials = self.materials.load();
        let understood = Understood { schemes: hello.signature_schemes(), suites: hello.cipher_suites() };
        let identity = match &plan.identity {
            Some(name) => materials.identities.named(name),
            None => materials.identities.for_client(hello.server_name().unwrap_or_default(), understood),
        };
        let own_side = |detail: String| HandshakeFailure::new(FailureKind::NotBegun, detail);
        let wanted = plan.identity.as_deref().unwrap_or("any");
        let identity = identity.ok_or_else(|| own_side(format!("there is no identity `{wanted}`")))?;
        let own = Arc::clone(&identity.key);
        let key = ConfigKey {
            own: Own(Arc::clone(&own)),
            epoch: materials.epoch,
            resumption: Resumption::of(facts, &plan.terms),
            plan,
        };
        let config = self.servers.take_or_make(&key, || self.configure(&key, Arc::clone(&own)).map(Arc::new));
        config.map(|config| (config, own)).map_err(|error| own_side(error.to_string()))
    }

    fn configure(&self, key: &ConfigKey, own: Arc<CertifiedKey>) -> Result<ServerConfig, rustls::Error> {
        let terms = &key.plan.terms;
        let builder = ServerConfig::builder_with_provider(crypto::provider(terms))
            .with_protocol_versions(crypto::versions(terms))?;
        let builder = match key.plan.client_certificate {
            ClientCertificate::None => builder.with_no_client_auth(),
            ClientCertificate::Request | ClientCertificate::Require => {
                builder.with_client_cert_verifier(Arc::<verifier::Deferred>::clone(&self.verifier))
            }
        };
        // No ALPN: with a list of ours, a client with a foreign one would be refused.
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

impl Resumption {
    /// TLS 1.3 is negotiated where client and terms have it, and a suite of it in common.
    fn of(hello: &facts::Hello, terms: &Terms) -> Self {
        let is_modern = |suite: &Suite| suite.number() >> 8 == 0x13;
        let is_allowed = |suite: &Suite| terms.suites.as_ref().is_none_or(|allowed| allowed.contains(suite));
        let is_common = |suite: Suite| hello.suites.iter().any(|name| name == suite.name());
        let mut modern = Suite::ALL.iter().filter(|suite| is_modern(suite) && is_allowed(suite));
        if hello.highest_version >= Version::Tls13 && modern.any(|suite| is_common(*suite)) {
            Self::Allowed
        } else {
            Self::None
        }
    }
}

const fn alert_for(kind: FailureKind) -> Alert {
    match kind {
        FailureKind::RefusedByPolicy => Alert::AccessDenied,
        _ => Alert::InternalError,
    }
}

fn finished(
    mut stream: tokio_rustls::server::TlsStream<TcpStream>,
    server_name: String,
    own: Arc<CertifiedKey>,
) -> Accepted {
    let (_, connection) = stream.get_mut();
    connection.set_buffer_limit(Some(crypto::OUTPUT));
    let chain = connection.peer_certificates().map(owned).unwrap_or_default();
    Accepted {
        handshake: crypto::negotiated(connection),
        server_name,
        possession: chain.first().is_some_and(verifier::proves_possession),
        chain,
        own,
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
    at_hello: impl AsyncFnOnce(Arc<facts::Hello>) -> AtHello,
) -> HandshakeFailure {
    let Some(io) = acceptor.take_io() else { return failure };
    if !io.record().is_empty() {
        let hello = facts::Hello { library_refusal: failure.to_string(), ..hello::read(io.record()) };
        at_hello(Arc::new(hello)).await;
    }
    farewell::part(io.into_socket()).await;
    failure
}
