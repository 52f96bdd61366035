//! The judgement of a certificate that is only imagined.

use super::{Overrides, Presented};
use crate::facts::{Certificate, Facts, Row, canonical};
use crate::names;

/// Whose certificate it is, and what is expected of it.
pub(super) struct Expected<'a> {
    /// The peer's name: that of the certificate, where no other is expected.
    pub(super) peer: &'a str,
    /// The names of which it must have one.
    pub(super) names: Vec<String>,
    /// The row, for its pins.
    pub(super) row: &'a Row,
}

/// Judges it as the relay would.
pub(super) fn judge(presented: Presented, expected: Expected<'_>, facts: &Overrides) -> Certificate {
    let is_the_peers = matches!(presented, Presented::Valid | Presented::Expired | Presented::NotYetValid);
    let pin = expected.row.pins.first().filter(|_| is_the_peers);
    let found = described(presented, &expected);
    let found = Certificate {
        pinned: pin.is_some(),
        spki_sha256: pin
            .map_or(found.spki_sha256.clone(), |pin| pin.trim_start_matches("sha256:").to_owned()),
        expected_names: expected.names,
        ..found
    };
    judged(facts.apply(found), facts)
}

fn described(presented: Presented, expected: &Expected<'_>) -> Certificate {
    let found = match presented {
        Presented::None => return canonical::no_certificate(),
        Presented::WrongName => return canonical::wrong_name_certificate(),
        Presented::Valid | Presented::OtherKey => canonical::valid_certificate(),
        Presented::Expired => canonical::expired_certificate(),
        Presented::NotYetValid => canonical::not_yet_valid_certificate(),
        Presented::UnknownRoot => canonical::unknown_root_certificate(),
        Presented::SelfSigned => canonical::self_signed_certificate(),
    };
    let mut names = vec![expected.peer.to_owned()];
    if !expected.names.iter().any(|one| names::matches(one, expected.peer)) {
        names.extend(expected.names.first().map(|name| name.trim_start_matches('.').to_owned()));
    }
    let subject = format!("CN={}", names.last().map_or(expected.peer, |name| name));
    let issuer = if found.self_signed { subject.clone() } else { found.issuer.clone() };
    Certificate { names, subject, issuer, ..found }
}

/// What follows from the rest, unless it is overridden itself.
fn judged(found: Certificate, facts: &Overrides) -> Certificate {
    let kept = |fact: &str| facts.has(Certificate::WORD, fact);
    let matches = |name: &String| found.expected_names.iter().any(|one| names::matches(one, name));
    let name_matches =
        if kept("name_matches") { found.name_matches } else { found.names.iter().any(matches) };
    let found = Certificate { name_matches, ..found };
    let wrong = if kept("problem") { found.problem.clone() } else { problem(&found) };
    let verified = if kept("verified") { found.verified } else { wrong.is_empty() };
    Certificate { verified, problem: if verified { String::new() } else { wrong }, ..found }
}

/// The first reason why it is not verified, the gravest first; empty if there is none.
fn problem(found: &Certificate) -> String {
    if !found.presented {
        "no certificate was presented".to_owned()
    } else if !found.possession {
        "the peer did not prove that it has the key".to_owned()
    } else if !found.trusted {
        if found.chain_problem.is_empty() {
            "the chain leads to no trusted root".to_owned()
        } else {
            found.chain_problem.clone()
        }
    } else if found.expired {
        "the certificate has expired".to_owned()
    } else if found.not_yet_valid {
        "the certificate is not valid yet".to_owned()
    } else if found.name_matches {
        String::new()
    } else {
        wrong_name(found)
    }
}

fn wrong_name(found: &Certificate) -> String {
    let has = if found.names.is_empty() { "no name".to_owned() } else { found.names.join(", ") };
    if found.expected_names.is_empty() {
        return format!("the certificate is for {has}; no name is known that it should have");
    }
    format!("the certificate is for {has}; expected is {}", found.expected_names.join(", "))
}
