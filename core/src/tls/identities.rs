//! Our certificates with their keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{SignatureAlgorithm, SignatureScheme};
use waxseal_plugins::diagnostic::{Diagnostic, Severity};
use waxseal_plugins::place::Place;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::chain::Chain;
use super::judgement::Usage;
use super::names;
use super::roots::Anchors;
use crate::config::IdentityFiles;

/// An identity: a certificate of ours with its key.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    names: Vec<String>,
    /// Where its chain was read.
    certificate: PathBuf,
    pub(super) key: Arc<CertifiedKey>,
}

/// What an operator must know of a certificate of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The names that it stands for; the first is the identity's.
    pub names: Vec<String>,
    /// From when on it holds.
    pub from: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
}

/// Our identities; the first is the default.
#[derive(Clone, Debug, Default)]
pub(super) struct Identities {
    list: Vec<Identity>,
}

/// What a client can check, by its hello: several identities of one name may have keys of several
/// kinds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Understood<'a> {
    pub(super) schemes: &'a [SignatureScheme],
    pub(super) suites: &'a [rustls::CipherSuite],
}

impl Identities {
    /// Reads them, and pushes what is wrong to the findings. Those with an error are left out.
    pub(super) fn load(files: &[IdentityFiles], findings: &mut Vec<Diagnostic>) -> Self {
        Self { list: files.iter().filter_map(|files| load(files, findings)).collect() }
    }

    /// Warns of each whose chain leads to none of these roots. Where there are none, there is nothing
    /// to compare with.
    pub(super) fn warn_untrusted(&self, roots: &Anchors, findings: &mut Vec<Diagnostic>) {
        if !roots.anchors.is_empty() {
            findings.extend(self.list.iter().filter_map(|identity| identity.untrusted(roots)));
        }
    }

    /// Whether the same names have the same certificates.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let content = |identity: &Identity| (identity.names.clone(), identity.key.cert.clone());
        self.list.iter().map(content).eq(other.list.iter().map(content))
    }

    /// When each holds. What cannot be parsed has been refused by the TLS library before.
    pub(super) fn terms(&self) -> Vec<Term> {
        self.list.iter().filter_map(Identity::term).collect()
    }

    /// The identity of this name in policies and rows.
    pub(super) fn named(&self, name: &str) -> Option<&Identity> {
        self.list.iter().find(|identity| identity.names.iter().any(|own| own.eq_ignore_ascii_case(name)))
    }

    /// The identity where none is asked for.
    pub(super) fn default(&self) -> Option<&Identity> {
        self.list.first()
    }

    /// The identity for the name that a client asks for: with exactly this name, else by wildcard,
    /// else the default. An unknown name never ends the handshake: mail hosts ask for odd ones
    /// (RFC 7672 section 8.1).
    pub(super) fn for_client(&self, server_name: &str, understood: Understood<'_>) -> Option<&Identity> {
        let has = |identity: &Identity, fits: fn(&str, &str) -> bool| {
            identity.names.iter().any(|own| fits(server_name, own))
        };
        best(self.list.iter().filter(|one| has(one, str::eq_ignore_ascii_case)), understood)
            .or_else(|| best(self.list.iter().filter(|one| has(one, names::matches)), understood))
            .or_else(|| best(self.list.iter(), understood))
    }
}

/// The first whose key the client understands, else the first.
fn best<'a>(
    mut candidates: impl Iterator<Item = &'a Identity> + Clone,
    understood: Understood<'_>,
) -> Option<&'a Identity> {
    let first = candidates.clone().next();
    candidates.find(|identity| identity.is_understood(understood)).or(first)
}

impl Identity {
    fn term(&self) -> Option<Term> {
        let (_, certificate) = X509Certificate::from_der(self.key.cert.first()?).ok()?;
        let validity = certificate.validity();
        let from = Timestamp::from_second(validity.not_before.timestamp()).ok()?;
        let until = Timestamp::from_second(validity.not_after.timestamp()).ok()?;
        Some(Term { names: self.names.clone(), from, until })
    }

    /// As a client's, because an identity may be for one direction alone: a certificate for servers
    /// will do there, and one for clients too. Dates have a warning of their own.
    fn untrusted(&self, roots: &Anchors) -> Option<Diagnostic> {
        let trust = Chain::new(&self.key.cert, Usage::Client, roots).trust(Timestamp::now());
        let message = format!(
            "the chain leads to no root of `[tls] roots`: hosts that check it will see that {}",
            trust.chain_problem
        );
        let help = "of a public CA: put its intermediate certificates into this file, behind our own; of \
                    your own: hosts must have it among their roots, and this relay in `[tls] roots`";
        let is_trusted = trust.chain_problem.is_empty();
        (!is_trusted).then(|| warning("K009", &self.certificate, message).helped(help))
    }

    /// TLS 1.3 suites say nothing of the key; those of TLS 1.2 do.
    fn is_understood(&self, understood: Understood<'_>) -> bool {
        let kind = match self.key.key.algorithm() {
            SignatureAlgorithm::RSA => "_RSA_",
            _ => "_ECDSA_",
        };
        let fits = |name: &str| name.starts_with("TLS13_") || name.contains("_ECDHE") && name.contains(kind);
        let mut suites = understood.suites.iter().filter_map(rustls::CipherSuite::as_str);
        suites.any(fits) && self.key.key.choose_scheme(understood.schemes).is_some()
    }
}

fn load(files: &IdentityFiles, findings: &mut Vec<Diagnostic>) -> Option<Identity> {
    let chain = read_chain(&files.certificate, findings);
    let key = read_key(&files.key, findings);
    let (chain, key) = (chain?, key?);
    check_chain(&files.certificate, &chain, findings);
    check_names(files, &chain, findings);
    match CertifiedKey::from_der(chain, key, &default_provider()) {
        Ok(key) => Some(Identity {
            names: files.names.clone(),
            certificate: files.certificate.clone(),
            key: Arc::new(key),
        }),
        Err(error) => {
            findings.push(unusable(files, &error));
            None
        }
    }
}

fn unusable(files: &IdentityFiles, error: &rustls::Error) -> Diagnostic {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            problem("K004", &files.key, "the key is not the key of the certificate")
                .helped(format!("give the key with which {} was made", files.certificate.display()))
        }
        error => problem("K005", &files.certificate, format!("certificate and key cannot be used: {error}"))
            .helped(
                "a certificate of X.509 version 3, and a key of ECDSA, Ed25519, or RSA from 2048 bits on",
            ),
    }
}

fn read_chain(path: &Path, findings: &mut Vec<Diagnostic>) -> Option<Vec<CertificateDer<'static>>> {
    let pem = read(path, findings)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let message = match chain {
        Ok(chain) if !chain.is_empty() => return Some(chain),
        Ok(_) => "there is no certificate in this file".to_owned(),
        Err(error) => format!("the PEM cannot be read: {error}"),
    };
    let help = "a PEM file with `-----BEGIN CERTIFICATE-----`, our own certificate first";
    findings.push(problem("K002", path, message).helped(help));
    None
}

fn read_key(path: &Path, findings: &mut Vec<Diagnostic>) -> Option<PrivateKeyDer<'static>> {
    let pem = read(path, findings)?;
    let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
        let message = format!("there is no private key that can be read: {error}");
        let help = "an unencrypted PEM file with `-----BEGIN PRIVATE KEY-----`";
        findings.push(problem("K003", path, message).helped(help));
    });
    key.ok()
}

fn read(path: &Path, findings: &mut Vec<Diagnostic>) -> Option<Vec<u8>> {
    let content = fs::read(path).map_err(|error| {
        let help =
            "make it readable for the user as whom the relay runs, or mend the path in the configuration";
        findings.push(problem("K001", path, format!("the file cannot be read: {error}")).helped(help));
    });
    content.ok()
}

/// Dates and order are warnings: a relay with an old certificate is better than none, and the
/// judgement of our own certificate says it to the hooks.
fn check_chain(path: &Path, chain: &[CertificateDer<'_>], findings: &mut Vec<Diagnostic>) {
    let parsed: Vec<_> =
        chain.iter().filter_map(|der| X509Certificate::from_der(der).ok()).map(|(_, one)| one).collect();
    for one in &parsed {
        check_dates(path, one, findings);
    }
    let in_order = parsed.iter().zip(parsed.iter().skip(1)).all(|(one, next)| one.issuer() == next.subject());
    if !in_order {
        let message = "the chain is not in order: each certificate must be followed by its issuer's";
        let help = "our own certificate first, then the intermediate ones; else other hosts may find no root";
        findings.push(warning("K007", path, message).helped(help));
    }
}

/// A warning too: an identity may be for clients alone, which choose it by any name.
fn check_names(files: &IdentityFiles, chain: &[CertificateDer<'_>], findings: &mut Vec<Diagnostic>) {
    let Some(Ok((_, leaf))) = chain.first().map(|leaf| X509Certificate::from_der(leaf)) else { return };
    let presented = names::alternative(&leaf);
    let has = |name: &str| presented.iter().any(|one| names::matches(name, one));
    for name in files.names.iter().filter(|name| !has(name)) {
        let message = format!("the certificate does not name `{name}`");
        let help = "hosts that ask for this name and check certificates refuse it";
        findings.push(warning("K008", &files.certificate, message).helped(help));
    }
}

fn check_dates(path: &Path, certificate: &X509Certificate<'_>, findings: &mut Vec<Diagnostic>) {
    let (from, until) =
        (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
    let now = Timestamp::now().as_second();
    let subject = names::rfc4514(certificate.subject());
    if now > until {
        let message = format!("the certificate of `{subject}` has expired");
        findings
            .push(warning("K006", path, message).helped("renew it; hosts that check certificates refuse it"));
    } else if now < from {
        let message = format!("the certificate of `{subject}` is not valid yet");
        findings
            .push(warning("K006", path, message).helped("look at its dates, and at this machine's clock"));
    }
}

fn problem(code: &'static str, path: &Path, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, place(path), message)
}

fn warning(code: &'static str, path: &Path, message: impl Into<String>) -> Diagnostic {
    Diagnostic { severity: Severity::Warning, ..problem(code, path, message) }
}

pub(super) fn place(path: &Path) -> Place {
    Place::file(path.display().to_string())
}
