//! The demo's own authority, and what it signs: made anew at each start, trusted by nobody else.

use std::sync::Arc;

use anyhow::anyhow;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

/// The name in the relay's certificate.
pub(super) const RELAY: &str = "relay.demo.example";

/// The name in the receiving host's certificate.
pub(super) const HOST: &str = "mx.demo.example";

pub(super) struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
}

impl Certificates {
    pub(super) fn make() -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Waxseal demo authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Ok(Self { authority: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// The authority's certificate, PEM.
    pub(super) fn authority(&self) -> String {
        self.authority.pem()
    }

    /// The relay's certificate and key, PEM.
    pub(super) fn relay(&self) -> anyhow::Result<(String, String)> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new([RELAY.to_owned()])?.signed_by(&key, &self.authority)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    /// How the receiving host speaks TLS.
    pub(super) fn host(&self) -> anyhow::Result<Arc<ServerConfig>> {
        self.host_named(HOST)
    }

    /// How a host of another name speaks TLS.
    pub(super) fn host_named(&self, name: &str) -> anyhow::Result<Arc<ServerConfig>> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new([name.to_owned()])?.signed_by(&key, &self.authority)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Arc::new(config))
    }

    /// How the sender speaks TLS: it trusts this authority only.
    pub(super) fn sender(&self) -> anyhow::Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.authority.der().clone())
            .map_err(|error| anyhow!("the demo's authority is unusable: {error}"))?;
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}
