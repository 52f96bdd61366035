//! In the handshake only the peer's possession of its key is proven; its chain is judged after.
//!
//! A verifier that judged in the handshake could neither ask a hook nor tell more than the first
//! error, and one for each connection would end all resumption, since the library compares
//! verifiers by address.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{
    WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use webpki::{EndEntityCert, RawPublicKeyEntity};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// The sizes of RSA keys that the library can check, in bits.
const RSA_SIZES: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Accepts every chain, and really verifies the handshake's signature.
#[derive(Debug)]
pub(super) struct Deferred {
    algorithms: WebPkiSupportedAlgorithms,
}

impl Default for Deferred {
    fn default() -> Self {
        Self { algorithms: default_provider().signature_verification_algorithms }
    }
}

/// Whether a finished handshake proves that the peer has the leaf's key: not with RSA keys of a
/// size that the library cannot check. Such a peer gets a connection all the same, because
/// unauthenticated TLS is better than none, but no credit for its certificate.
pub(super) fn proves_possession(leaf: &CertificateDer<'_>) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else { return true };
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => RSA_SIZES.contains(&key.key_size()),
        _ => true,
    }
}

impl Deferred {
    fn tls12(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !proves_possession(leaf) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        if EndEntityCert::try_from(leaf).is_ok() {
            return verify_tls12_signature(message, leaf, signed, &self.algorithms);
        }
        let key = key_of(leaf)?;
        let key = RawPublicKeyEntity::try_from(&key).map_err(|_| bad_encoding())?;
        let mapping = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        let algorithms = mapping.map(|(_, algorithms)| *algorithms).unwrap_or_default();
        let verified =
            algorithms.iter().any(|one| key.verify_signature(*one, message, signed.signature()).is_ok());
        verified.then(HandshakeSignatureValid::assertion).ok_or_else(bad_signature)
    }

    fn tls13(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !proves_possession(leaf) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        if EndEntityCert::try_from(leaf).is_ok() {
            return verify_tls13_signature(message, leaf, signed, &self.algorithms);
        }
        verify_tls13_signature_with_raw_key(message, &key_of(leaf)?, signed, &self.algorithms)
    }
}

/// The key of a certificate that the library cannot digest: one of X.509 version 1.
fn key_of(leaf: &CertificateDer<'_>) -> Result<SubjectPublicKeyInfoDer<'static>, Error> {
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|_| bad_encoding())?;
    Ok(SubjectPublicKeyInfoDer::from(certificate.public_key().raw.to_vec()))
}

fn bad_encoding() -> Error {
    CertificateError::BadEncoding.into()
}

fn bad_signature() -> Error {
    CertificateError::BadSignature.into()
}

impl ServerCertVerifier for Deferred {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls12(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls13(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Deferred {
    /// A missing certificate is refused in SMTP, where it can be said why.
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No hints: send what you have.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls12(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.tls13(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
