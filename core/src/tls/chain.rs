//! Whether a chain leads to a root: dates aside, and with them.

use std::time::Duration;

use jiff::Timestamp;
use rustls::DistinguishedName;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, KeyUsage, RawPublicKeyEntity, VerifiedPath};
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use super::judgement::Usage;
use super::roots::Anchors;
use super::{digest, names};

/// The most certificates that are looked at: a real chain has a handful. Among the hundreds that a
/// peer may send, the library would search for a path for many seconds.
pub(super) const MOST: usize = 16;

/// A chain as presented, leaf first, and what it is judged against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain<'a> {
    certificates: &'a [CertificateDer<'a>],
    usage: Usage,
    anchors: &'a Anchors,
}

/// Whether a chain leads to a root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trust {
    /// Why it does not, dates aside; empty if it does.
    pub(super) chain_problem: String,
    /// What is wrong with a date, of the leaf or of any certificate on the way.
    pub(super) date_problem: String,
    /// The root's subject.
    pub(super) root: String,
    /// SHA-256 of the root's key.
    root_spki: String,
}

impl<'a> Chain<'a> {
    pub(super) fn new(certificates: &'a [CertificateDer<'a>], usage: Usage, anchors: &'a Anchors) -> Self {
        Self { certificates: certificates.get(..MOST).unwrap_or(certificates), usage, anchors }
    }

    /// Verifies the chain now; where only dates are wrong, also at times at which they were all
    /// right.
    pub(super) fn trust(&self, now: Timestamp) -> Trust {
        if self.anchors.anchors.is_empty() {
            let why = self.anchors.problem.as_deref().unwrap_or("there are no roots");
            return Trust { chain_problem: why.to_owned(), ..Trust::default() };
        }
        match self.verify(&self.anchors.anchors, now.as_second()) {
            Ok(trust) => trust,
            Err(error) if is_of_dates(&error) => self.trust_at_better_times(&error),
            Err(error) => self.as_root(&error),
        }
    }

    /// Whether a pin is of the leaf, or of a certificate that really leads to it. What a peer
    /// merely sends along proves nothing: anyone can send anyone's certificate.
    pub(super) fn is_pinned(&self, pins: &[String], leaf_spki: &str, trust: &Trust) -> bool {
        let is_pinned = |spki: &str| pins.iter().any(|pin| digest::is_pin_of(pin, spki));
        if pins.is_empty() {
            return false;
        }
        if is_pinned(leaf_spki) {
            return true;
        }
        is_pinned(&trust.root_spki)
            || self.certificates.iter().skip(1).any(|issuer| self.leads_to(issuer, is_pinned))
    }

    fn leads_to(&self, issuer: &CertificateDer<'_>, is_pinned: impl Fn(&str) -> bool) -> bool {
        let Ok((_, parsed)) = X509Certificate::from_der(issuer) else { return false };
        if !is_pinned(&digest::sha256_hex(parsed.public_key().raw)) {
            return false;
        }
        let Ok(anchor) = webpki::anchor_from_trusted_cert(issuer) else { return false };
        let anchors = [anchor];
        self.better_times().any(|time| self.verify(&anchors, time).is_ok())
    }

    fn trust_at_better_times(&self, error: &Error) -> Trust {
        let mut other_error = None;
        for time in self.better_times() {
            match self.verify(&self.anchors.anchors, time) {
                Ok(trust) => return Trust { date_problem: words(error), ..trust },
                Err(other) if !is_of_dates(&other) => other_error = Some(other),
                Err(_) => {}
            }
        }
        Trust { date_problem: words(error), ..self.as_root(&other_error.unwrap_or_else(|| error.clone())) }
    }

    /// Times at which all presented certificates may be valid: the ends of the range that they
    /// have in common, then those of the leaf, since others may have been sent in vain.
    fn better_times(&self) -> impl Iterator<Item = i64> + use<> {
        let ranges: Vec<(i64, i64)> = self
            .certificates
            .iter()
            .filter_map(|der| X509Certificate::from_der(der).ok())
            .map(|(_, one)| (one.validity().not_before.timestamp(), one.validity().not_after.timestamp()))
            .collect();
        let latest_start = ranges.iter().map(|(from, _)| *from).max();
        let earliest_end = ranges.iter().map(|(_, until)| *until).min();
        let leaf = ranges.first().copied();
        [latest_start, earliest_end, leaf.map(|(from, _)| from), leaf.map(|(_, until)| until)]
            .into_iter()
            .flatten()
    }

    /// A certificate that is itself one of the roots is trusted, though it be a CA's: sites trust
    /// each other's self-signed certificates so.
    fn as_root(&self, error: &Error) -> Trust {
        let parsed = self.certificates.first().and_then(|leaf| X509Certificate::from_der(leaf).ok());
        let Some((_, leaf)) = parsed else {
            return Trust { chain_problem: words(error), ..Trust::default() };
        };
        let key = leaf.public_key().raw;
        let root = self.anchors.anchors.iter().find(|anchor| {
            sequence(&anchor.subject) == leaf.subject().as_raw()
                && sequence(&anchor.subject_public_key_info) == key
        });
        match root {
            Some(_) => Trust {
                root: names::rfc4514(leaf.subject()),
                root_spki: digest::sha256_hex(key),
                ..Trust::default()
            },
            None if is_self_signed(&leaf) => {
                Trust { chain_problem: "the certificate is self-signed".into(), ..Trust::default() }
            }
            None => Trust { chain_problem: words(error), ..Trust::default() },
        }
    }

    fn verify(&self, anchors: &[TrustAnchor<'_>], second: i64) -> Result<Trust, Error> {
        let (leaf, intermediates) = self.certificates.split_first().ok_or(Error::BadDer)?;
        let leaf = EndEntityCert::try_from(leaf)?;
        let time = UnixTime::since_unix_epoch(Duration::from_secs(second.try_into().unwrap_or(0)));
        let algorithms = default_provider().signature_verification_algorithms.all;
        let verify = |usage: KeyUsage| {
            let path = leaf.verify_for_usage(algorithms, anchors, intermediates, time, usage, None, None)?;
            Ok(trust_of(&path))
        };
        match self.usage {
            Usage::Host | Usage::Own => verify(KeyUsage::server_auth()),
            // Public CAs drop the clientAuth usage: a server's certificate will do for a client.
            Usage::Client => verify(KeyUsage::client_auth()).or_else(|error| match error {
                Error::RequiredEkuNotFoundContext(_) => verify(KeyUsage::server_auth()),
                error => Err(error),
            }),
        }
    }
}

/// Whether a certificate is signed with its own key. Where the library cannot check such a key,
/// subject and issuer decide.
pub(super) fn is_self_signed(certificate: &X509Certificate<'_>) -> bool {
    if certificate.subject().as_raw() != certificate.issuer().as_raw() {
        return false;
    }
    let key = SubjectPublicKeyInfoDer::from(certificate.public_key().raw);
    let Ok(key) = RawPublicKeyEntity::try_from(&key) else { return true };
    let (message, signature) = (certificate.tbs_certificate.as_ref(), &certificate.signature_value.data);
    let mut checked = false;
    for algorithm in default_provider().signature_verification_algorithms.all {
        match key.verify_signature(*algorithm, message, signature) {
            Ok(()) => return true,
            Err(Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => checked = true,
        }
    }
    !checked
}

fn trust_of(path: &VerifiedPath<'_>) -> Trust {
    let anchor = path.anchor();
    let subject = sequence(&anchor.subject);
    let root = X509Name::from_der(&subject).map(|(_, name)| names::rfc4514(&name)).unwrap_or_default();
    Trust {
        root,
        root_spki: digest::sha256_hex(&sequence(&anchor.subject_public_key_info)),
        ..Trust::default()
    }
}

/// An anchor's parts come without the SEQUENCE around them.
fn sequence(content: &[u8]) -> Vec<u8> {
    DistinguishedName::in_sequence(content).as_ref().to_vec()
}

fn is_of_dates(error: &Error) -> bool {
    matches!(error, Error::CertExpired { .. } | Error::CertNotValidYet { .. })
}

fn words(error: &Error) -> String {
    match error {
        Error::CertExpired { .. } => "a certificate of the chain has expired".into(),
        Error::CertNotValidYet { .. } => "a certificate of the chain is not valid yet".into(),
        Error::UnknownIssuer => "no trusted root issued it, or an intermediate certificate is missing".into(),
        Error::CaUsedAsEndEntity => "it is a CA's certificate".into(),
        Error::RequiredEkuNotFoundContext(_) => "its usages do not allow it".into(),
        Error::UnsupportedCertVersion => "it is older than X.509 version 3".into(),
        Error::NameConstraintViolation => "a CA on the way may not issue for this name".into(),
        other => format!("{other:?}"),
    }
}
