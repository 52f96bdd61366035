//! The handshake as a client.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::client::{Resumption, Tls12Resumption};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::SingleCertAndKey;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};
use waxseal_plugins::facts;
use waxseal_plugins::verdicts::Terms;

use super::cache::{Cache, Key};
use super::deadline::Deadline;
use super::failure::{self, FailureKind, HandshakeFailure};
use super::server::owned;
use super::{Tls, crypto, verifier};
use crate::net::Stream;

/// Hosts whose TLS sessions are kept for each configuration.
const HOSTS: usize = 4096;

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

/// The configurations of clients.
pub(super) type Configs = Cache<ConfigKey, Arc<ClientConfig>>;

/// All that a configuration depends on. Each has TLS sessions of its own: none passes from one
/// policy to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ConfigKey {
    identity: Option<String>,
    terms: Terms,
    generation: u64,
    epoch: u64,
}

impl Key for ConfigKey {
    fn supersedes(&self, other: &Self) -> bool {
        self.generation > other.generation || self.epoch > other.epoch
    }
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
        let peer = socket.peer_addr().map_err(|error| failure::in_handshake(&error))?.ip();
        let connector = TlsConnector::from(self.client(plan)?);
        let connecting = connector.connect(server_name(&plan.server_name, peer), socket);
        // Boxed: a connection must not carry the size of a handshake for all its life.
        Box::pin(Deadline::after(within).bound(connecting)).await.map(connected)
    }

    fn client(&self, plan: &ClientPlan) -> Result<Arc<ClientConfig>, HandshakeFailure> {
        let own_side = |detail: String| HandshakeFailure::new(FailureKind::NotBegun, detail);
        let materials = self.materials.load();
        let own = match &plan.identity {
            None => None,
            Some(name) => {
                let identity = materials.identities.named(name);
                Some(identity.ok_or_else(|| own_side(format!("there is no identity `{name}`")))?)
            }
        };
        let key = ConfigKey {
            identity: plan.identity.clone(),
            terms: plan.terms.clone(),
            generation: plan.generation,
            epoch: materials.epoch,
        };
        self.clients
            .take_or_make(&key, || {
                let mut config = self.configure_client(&plan.terms)?;
                if let Some(own) = own {
                    config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(Arc::clone(&own.key)));
                }
                Ok(Arc::new(config))
            })
            .map_err(|error: rustls::Error| own_side(error.to_string()))
    }

    fn configure_client(&self, terms: &Terms) -> Result<ClientConfig, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(crypto::provider(terms))
            .with_protocol_versions(crypto::versions(terms))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<verifier::Deferred>::clone(&self.verifier))
            .with_no_client_auth();
        config.resumption = Resumption::in_memory_sessions(HOSTS);
        if terms.groups.is_some() {
            // A resumed TLS 1.2 session makes no key exchange: nobody could hold the term on it.
            config.resumption = config.resumption.tls12_resumption(Tls12Resumption::Disabled);
        }
        Ok(config)
    }
}

/// The name to ask for, an A-label without the root's dot. Addresses, and names that no SNI can
/// carry, become the peer's address, for which no SNI is sent (RFC 6066 section 3).
fn server_name(name: &str, peer: IpAddr) -> ServerName<'static> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let ascii = idna::domain_to_ascii(name).unwrap_or_default();
    ServerName::try_from(ascii).unwrap_or(ServerName::IpAddress(peer.into()))
}

fn connected(mut stream: tokio_rustls::client::TlsStream<TcpStream>) -> Connected {
    let (_, connection) = stream.get_mut();
    connection.set_buffer_limit(Some(crypto::OUTPUT));
    let chain = connection.peer_certificates().map(owned).unwrap_or_default();
    Connected {
        handshake: crypto::negotiated(connection),
        possession: chain.first().is_some_and(verifier::proves_possession),
        chain,
        stream: Stream::Tls(Box::new(TlsStream::Client(stream))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_names_that_sni_can_carry() {
        let peer = IpAddr::from([192, 0, 2, 1]);
        let dns = |name: &'static str| ServerName::try_from(name).unwrap();
        assert_eq!(server_name("MX.Example.org.", peer), dns("mx.example.org"));
        assert_eq!(server_name("mx.bücher.example", peer), dns("mx.xn--bcher-kva.example"));
        for unusable in ["192.0.2.1", "", "*.example.org", "[192.0.2.1]", "a b"] {
            assert_eq!(server_name(unusable, peer), ServerName::IpAddress(peer.into()), "{unusable}");
        }
    }
}
