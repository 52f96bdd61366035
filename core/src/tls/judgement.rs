//! What there is to say of a certificate chain: every aspect on its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use waxseal_plugins::facts;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::chain::{self, Chain, Trust, is_self_signed};
use super::digest::{key_kind, sha256_hex};
use super::roots::Anchors;
use super::{Tls, names, verifier};

/// The most names of a certificate that are told: real ones have a handful, and a peer could make
/// every line of the decision log as long as the largest handshake.
pub(super) const MOST_NAMES: usize = 100;
/// How the problem of a wrong name begins.
pub(super) const WRONG_NAME: &str = "the certificate is for ";
/// The longest text, in octets, that is told of what a certificate says.
const LONGEST: usize = 1024;

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
        let Some(leaf) = chain.first() else { return none_presented(expected) };
        let anchors = self.anchors(expected);
        let looked_at = Chain::new(chain, expected.usage, &anchors);
        let trust = looked_at.trust(now);
        let leaf_facts = described(leaf, expected.names, now);
        let possession = expected.possession && verifier::proves_possession(leaf);
        let judged = facts::Certificate {
            presented: true,
            trusted: trust.chain_problem.is_empty(),
            chain_problem: shortened(trust.chain_problem.clone()),
            root: trust.root.clone(),
            expected_names: expected.names.to_vec(),
            possession,
            pinned: possession && looked_at.is_pinned(expected.pins, &leaf_facts.spki_sha256, &trust),
            chain_length: chain.len().try_into().unwrap_or(i64::MAX),
            ..leaf_facts
        };
        let problem = shortened(first_problem(&judged, &trust));
        facts::Certificate { verified: problem.is_empty(), problem, ..judged }
    }

    fn anchors(&self, expected: &Expected<'_>) -> Arc<Anchors> {
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

/// What each certificate of a chain, leaf first, says of itself: of the first 16, as many as are looked at.
pub fn chain(chain: &[CertificateDer<'_>], now: Timestamp) -> Vec<facts::Certificate> {
    let described = |one| facts::Certificate { presented: true, ..described(one, &[], now) };
    chain.iter().take(chain::MOST).map(described).collect()
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

/// Why the names do not match, in words.
pub(super) fn wrong_name(certificate: &facts::Certificate) -> String {
    let presented = listed(&certificate.names, "no name");
    if certificate.expected_names.is_empty() {
        return format!(
            "{WRONG_NAME}{presented}; no name is known that it should have: give the row `names`"
        );
    }
    let expected = listed(&certificate.expected_names, "");
    format!("{WRONG_NAME}{presented}; expected is {expected}")
}

/// More than five names say nothing to a reader.
fn listed(names: &[String], none: &str) -> String {
    const SHOWN: usize = 5;
    match (names, names.split_at_checked(SHOWN)) {
        ([], _) => none.to_owned(),
        (_, Some((shown, rest))) if !rest.is_empty() => {
            format!("{} and {} more", shown.join(", "), rest.len())
        }
        _ => names.join(", "),
    }
}

fn none_presented(expected: &Expected<'_>) -> facts::Certificate {
    const NONE: &str = "no certificate was presented";
    facts::Certificate {
        problem: NONE.into(),
        chain_problem: NONE.into(),
        expected_names: expected.names.to_vec(),
        ..facts::Certificate::default()
    }
}

/// Whether one of the names that a certificate presents is an expected one.
pub(super) fn has_name(presented: &[String], expected: &[String]) -> bool {
    presented.iter().any(|presented| expected.iter().any(|expected| names::matches(expected, presented)))
}

/// What is cut off ends in dots, so that no policy takes it for a name that ends there.
fn shortened(mut text: String) -> String {
    const CUT: &str = "...";
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST - CUT.len()));
        text.push_str(CUT);
    }
    text
}

/// What the leaf itself says, and whether it has one of the expected names: all of its own are
/// compared, and not as they are shortened.
fn described(leaf: &CertificateDer<'_>, expected: &[String], now: Timestamp) -> facts::Certificate {
    let sha256 = sha256_hex(leaf);
    let Ok((_, parsed)) = X509Certificate::from_der(leaf) else {
        return facts::Certificate { sha256, ..facts::Certificate::default() };
    };
    let presented = names::alternative(&parsed);
    let validity = parsed.validity();
    let (from, until) = (validity.not_before.timestamp(), validity.not_after.timestamp());
    let usages = parsed.extended_key_usage().ok().flatten().map(|extension| extension.value);
    facts::Certificate {
        name_matches: has_name(&presented, expected),
        names: presented.into_iter().take(MOST_NAMES).map(shortened).collect(),
        valid_from: from,
        valid_until: until,
        expired: now.as_second() > until,
        not_yet_valid: now.as_second() < from,
        self_signed: is_self_signed(&parsed),
        client_usage: usages.is_none_or(|usages| usages.any || usages.client_auth),
        server_usage: usages.is_none_or(|usages| usages.any || usages.server_auth),
        subject: shortened(names::rfc4514(parsed.subject())),
        issuer: shortened(names::rfc4514(parsed.issuer())),
        key: key_kind(parsed.public_key()),
        sha256,
        spki_sha256: sha256_hex(parsed.public_key().raw),
        ..facts::Certificate::default()
    }
}

#[cfg(test)]
mod tests;
