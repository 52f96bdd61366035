//! The handshake as a server.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use waxseal_plugins::facts;
use waxseal_plugins::verdicts::{ClientCertificate, Terms};

use super::Tls;
use super::failure::HandshakeFailure;
use crate::net::Stream;

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
    /// The client's chain, leaf first; empty for none. The client has proven that it has the key.
    pub chain: Vec<CertificateDer<'static>>,
    /// The chain that we presented.
    pub own_chain: Vec<CertificateDer<'static>>,
}

impl Tls {
    /// Makes the handshake within the time. `at_hello` is asked once: also when the library
    /// refuses the hello itself, with the facts that could be read.
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
        let _ = (socket, within, at_hello);
        todo!()
    }
}
