//! Hosts that show a certificate and sign with something else.

use std::sync::Arc;

use rcgen::{KeyPair, PublicKeyData};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SignatureAlgorithm, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use super::super::client::{ClientPlan, Connected};
use super::super::failure::{FailureKind, HandshakeFailure};
use super::super::tests::support::{Fixture, Leaf, SOON, leaf_params, sockets};
use super::*;

const VERSIONS: [&[&SupportedProtocolVersion]; 2] = [&[&TLS12], &[&TLS13]];

/// A key whose signatures are worth nothing.
#[derive(Debug)]
struct Forger(SignatureAlgorithm, SignatureScheme);

impl SigningKey for Forger {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(Self(self.0, self.1)))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.0
    }
}

impl Signer for Forger {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(vec![0x5a; 128])
    }

    fn scheme(&self) -> SignatureScheme {
        self.1
    }
}

/// Connects to a host that presents this certificate and signs with this key.
async fn connect(
    certificate: CertificateDer<'static>,
    key: Arc<dyn SigningKey>,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<Connected, HandshakeFailure> {
    let own = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(own));
    let (near, far) = sockets().await;
    let fixture = Fixture::new();
    let plan = ClientPlan { server_name: "mx.example.org".into(), ..ClientPlan::default() };
    let accepting = TlsAcceptor::from(Arc::new(config)).accept(far);
    tokio::join!(fixture.tls.connect(near, SOON, &plan), accepting).0
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82][..], &length, content].concat()
}

/// A certificate of X.509 version 1: no version, no extensions. Who signed it does not matter.
fn version1(spki: &[u8]) -> CertificateDer<'static> {
    let ecdsa_with_sha256 = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let name = der(0x30, &der(0x31, &der(0x30, &[&[6, 3, 0x55, 4, 3][..], &der(12, b"old")].concat())));
    let validity = der(0x30, &[der(23, b"200101000000Z"), der(23, b"400101000000Z")].concat());
    let content = [&[2, 1, 1][..], &ecdsa_with_sha256, &name, &validity, &name, spki].concat();
    let certificate = [&der(0x30, &content)[..], &ecdsa_with_sha256, &der(3, &[0, 1, 2, 3])].concat();
    CertificateDer::from(der(0x30, &certificate))
}

/// An RSA key of 1024 bits, or what looks like one.
fn small_rsa_key() -> Vec<u8> {
    let rsa_encryption = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let modulus = [&[0][..], &[0xc3; 128]].concat();
    let key = der(0x30, &[&der(2, &modulus)[..], &[2, 3, 1, 0, 1]].concat());
    der(0x30, &[&rsa_encryption[..], &der(3, &[&[0][..], &key].concat())].concat())
}

#[tokio::test]
async fn really_verifies_the_signature() {
    for versions in VERSIONS {
        let leaf = Leaf::self_signed(&leaf_params(&["mx.example.org"]));
        let forger = Forger(SignatureAlgorithm::ECDSA, SignatureScheme::ECDSA_NISTP256_SHA256);
        let failed = connect(leaf.chain[0].clone(), Arc::new(forger), versions).await;
        assert_eq!(failed.unwrap_err().kind, FailureKind::Misbehaved);
    }
}

#[tokio::test]
async fn verifies_the_signature_of_version_1_certificates() {
    for versions in VERSIONS {
        let key = KeyPair::generate().unwrap();
        let certificate = version1(&key.subject_public_key_info());
        let signing = any_supported_type(&PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap();
        assert!(connect(certificate.clone(), signing, versions).await.unwrap().possession);

        let forger = Forger(SignatureAlgorithm::ECDSA, SignatureScheme::ECDSA_NISTP256_SHA256);
        let failed = connect(certificate, Arc::new(forger), versions).await;
        assert_eq!(failed.unwrap_err().kind, FailureKind::Misbehaved);
    }
}

#[tokio::test]
async fn connects_to_small_rsa_keys_without_credit() {
    for versions in VERSIONS {
        let forger = Forger(SignatureAlgorithm::RSA, SignatureScheme::RSA_PSS_SHA256);
        let connected = connect(version1(&small_rsa_key()), Arc::new(forger), versions).await.unwrap();
        assert!(!connected.possession);
        assert!(!proves_possession(&connected.chain[0]));
    }
}
