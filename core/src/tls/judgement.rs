//! What there is to say of a certificate chain: every aspect on its own.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use waxseal_plugins::facts;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::chain::{Chain, Trust};
use super::{Tls, names, verifier};

/// Whose certificate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A host's: judged against `roots`, as a TLS server.
    Host,
    /// A client's: judged against `client_roots`. A missing clientAuth usage is a finding of its
    /// own, not a failure: public CAs drop it.
    Client,
    /// Our own, as a host that trusts the public roots sees it.
    Own,
}

/// What is expected of a chain.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// Whose it is.
    pub usage: Usage,
    /// The names of which it must have one: `mx.example.org`, or `.example.org` for any name
    /// below. Empty: no name can match.
    pub names: &'a [String],
    /// The row's roots; `None` for the configured ones.
    pub roots: Option<&'a BTreeSet<String>>,
    /// The row's pins.
    pub pins: &'a [String],
    /// Whether the peer proved that it has the key.
    pub possession: bool,
}

impl Tls {
    /// Judges a chain, leaf first; an empty one is "none presented".
    pub fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> facts::Certificate {
        let Some(leaf) = chain.first() else {
            return facts::Certificate {
                problem: "no certificate was presented".into(),
                chain_problem: "no certificate was presented".into(),
                expected_names: expected.names.to_vec(),
                ..facts::Certificate::default()
            };
        };
        let anchors = self.anchors(expected);
        let parsed = Chain { certificates: chain, usage: expected.usage, anchors: &anchors };
        let trust = parsed.trust(now);
        let mut certificate = described(leaf, now);
        certificate.presented = true;
        certificate.chain_length = chain.len().try_into().unwrap_or(i64::MAX);
        certificate.possession = expected.possession && verifier::proves_possession(leaf);
        certificate.name_matches = certificate
            .names
            .iter()
            .any(|presented| expected.names.iter().any(|name| names::matches(name, presented)));
        certificate.expected_names = expected.names.to_vec();
        certificate.pinned =
            certificate.possession && parsed.is_pinned(expected.pins, &certificate.spki_sha256, now);
        certificate.trusted = trust.chain_problem.is_empty();
        certificate.chain_problem.clone_from(&trust.chain_problem);
        certificate.root.clone_from(&trust.root);
        certificate.problem = first_problem(&certificate, &trust);
        certificate.verified = certificate.problem.is_empty();
        certificate
    }

    fn anchors(&self, expected: &Expected<'_>) -> std::sync::Arc<super::roots::Anchors> {
        let materials = self.materials.load();
        let configured = match expected.usage {
            Usage::Host | Usage::Own => &self.roots,
            Usage::Client => &self.client_roots,
        };
        match expected.roots {
            Some(roots) => materials.roots.union(roots.iter()),
            None => materials.roots.union(configured.iter()),
        }
    }
}

/// The first reason why it is not verified, the gravest first; empty if there is none.
fn first_problem(certificate: &facts::Certificate, trust: &Trust) -> String {
    if !certificate.possession {
        format!("the peer did not prove that it has the key ({})", certificate.key)
    } else if !certificate.trusted {
        format!("the chain is not trusted: {}", certificate.chain_problem)
    } else if certificate.expired {
        "the certificate has expired".into()
    } else if certificate.not_yet_valid {
        "the certificate is not valid yet".into()
    } else if !trust.date_problem.is_empty() {
        trust.date_problem.clone()
    } else if !certificate.name_matches {
        wrong_name(certificate)
    } else {
        String::new()
    }
}

fn wrong_name(certificate: &facts::Certificate) -> String {
    /// More names than this say nothing to a reader.
    const SHOWN: usize = 5;
    let listed = |names: &[String], none: &str| match names.len() {
        0 => none.to_owned(),
        count if count > SHOWN => {
            format!(
                "{} and {} more",
                names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", "),
                count - SHOWN
            )
        }
        _ => names.join(", "),
    };
    let expected = listed(&certificate.expected_names, "none that is known");
    let presented = listed(&certificate.names, "no name");
    format!("the certificate is for {presented}; expected is {expected}")
}

/// What the leaf itself says.
fn described(leaf: &CertificateDer<'_>, now: Timestamp) -> facts::Certificate {
    let sha256 = super::digest::sha256_hex(leaf);
    let Ok((_, parsed)) = X509Certificate::from_der(leaf) else {
        return facts::Certificate { sha256, ..facts::Certificate::default() };
    };
    let validity = parsed.validity();
    let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let usages = parsed.extended_key_usage().ok().flatten().map(|extension| extension.value);
    facts::Certificate {
        names: names::alternative(&parsed),
        valid_from: from,
        valid_until: until,
        expired: now.as_second() > until,
        not_yet_valid: now.as_second() < from,
        self_signed: super::chain::is_self_signed(&parsed),
        client_usage: usages.is_none_or(|usages| usages.any || usages.client_auth),
        server_usage: usages.is_none_or(|usages| usages.any || usages.server_auth),
        subject: names::rfc4514(parsed.subject()),
        issuer: names::rfc4514(parsed.issuer()),
        key: super::digest::key_kind(parsed.public_key()),
        sha256,
        spki_sha256: super::digest::sha256_hex(parsed.public_key().raw),
        ..facts::Certificate::default()
    }
}

#[cfg(test)]
#[path = "judgement_tests.rs"]
mod tests;
