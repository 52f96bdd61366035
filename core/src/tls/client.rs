//! The handshake as a client.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use waxseal_plugins::facts;
use waxseal_plugins::verdicts::Terms;

use super::Tls;
use super::failure::HandshakeFailure;
use crate::net::Stream;

/// How the handshake is to be made: what the start hook said, the row's terms joined in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClientPlan {
    /// The name to ask for (SNI): a DNS name or an IP address (then no SNI is sent).
    pub server_name: String,
    /// Our identity's name; `None` for no client certificate.
    pub identity: Option<String>,
    /// What may be negotiated.
    pub terms: Terms,
    /// The generation of the bundle: no TLS session resumes across a reload of policies.
    pub generation: u64,
}

/// A finished handshake.
#[derive(Debug)]
pub struct Connected {
    /// The stream.
    pub stream: Stream,
    /// What was negotiated.
    pub handshake: facts::Handshake,
    /// The host's chain, leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    /// Whether the host proved that it has the key: not with keys that the library cannot check.
    pub possession: bool,
}

impl Tls {
    /// Makes the handshake within the time, whatever the host's certificate: it is judged
    /// afterwards, before any SMTP octet.
    ///
    /// # Errors
    ///
    /// How it failed; the socket is closed.
    pub async fn connect(
        &self,
        socket: TcpStream,
        within: Duration,
        plan: &ClientPlan,
    ) -> Result<Connected, HandshakeFailure> {
        let _ = (socket, within, plan);
        todo!()
    }
}
