//! Certificate authorities, and certificates good and bad: made anew for each test.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority.
#[derive(Debug)]
pub struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// When a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Now.
    Current,
    /// It ended in 2021.
    Expired,
    /// It begins in 4000.
    NotYetValid,
}

/// What a certificate may be used for (RFC 5280 section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// As a server alone: what public authorities issue today.
    Server,
    /// As a client alone.
    Client,
    /// As both.
    Both,
}

/// A certificate chain with its key.
#[derive(Debug)]
pub struct Identity {
    /// The chain, leaf first, without the root.
    pub chain: Vec<CertificateDer<'static>>,
    chain_pem: String,
    key: KeyPair,
}

impl Authority {
    /// A new authority of this name.
    pub fn new(name: &str) -> Self {
        let params = of_authority(name, Validity::Current);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a root certificate");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// An authority below this one.
    pub fn below(&self, name: &str, validity: Validity) -> Self {
        let params = of_authority(name, validity);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("an intermediate certificate");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Its own certificate, PEM.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A store that trusts this authority alone.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.der().clone()).expect("a root that rustls takes");
        roots
    }

    /// A certificate that holds now, for both usages.
    pub fn issue(&self, names: &[&str]) -> Identity {
        self.issue_with(names, Validity::Current, Usage::Both)
    }

    /// A certificate.
    pub fn issue_with(&self, names: &[&str], validity: Validity, usage: Usage) -> Identity {
        let mut params = parameters(names.first().copied().unwrap_or("nameless"), names, validity);
        params.extended_key_usages = usage.purposes();
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity::of(certificate, key)
    }
}

impl Usage {
    fn purposes(self) -> Vec<ExtendedKeyUsagePurpose> {
        match self {
            Self::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Self::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Self::Both => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        }
    }
}

impl Identity {
    /// A certificate that is signed with its own key.
    pub fn self_signed(names: &[&str]) -> Self {
        let params = parameters(names.first().copied().unwrap_or("nameless"), names, Validity::Current);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self::of(certificate, key)
    }

    /// The key, for rustls.
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    /// The pin of its public key, as a row of the domain table has it.
    pub fn pin(&self) -> String {
        let digest = digest(&SHA256, &self.key.subject_public_key_info());
        let hexadecimal: String = digest.as_ref().iter().map(|octet| format!("{octet:02x}")).collect();
        format!("sha256:{hexadecimal}")
    }

    /// With the certificate of the authority that issued it.
    pub fn chained(mut self, authority: &Authority) -> Self {
        self.chain.push(authority.certificate.der().clone());
        self.chain_pem.push_str(&authority.pem());
        self
    }

    /// Writes chain and key as PEM files.
    pub fn write(&self, certificate: &Path, key: &Path) {
        std::fs::write(certificate, &self.chain_pem).expect("the certificate is written");
        std::fs::write(key, self.key.serialize_pem()).expect("the key is written");
    }

    fn of(certificate: rcgen::Certificate, key: KeyPair) -> Self {
        Self { chain_pem: certificate.pem(), chain: vec![certificate.into()], key }
    }
}

fn of_authority(name: &str, validity: Validity) -> CertificateParams {
    let mut params = parameters(name, &[], validity);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn parameters(common_name: &str, names: &[&str], validity: Validity) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("names that a certificate can hold");
    params.distinguished_name.push(DnType::CommonName, common_name);
    let (from, until) = match validity {
        Validity::Current => (2020, 4000),
        Validity::Expired => (2020, 2021),
        Validity::NotYetValid => (4000, 4001),
    };
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params
}
