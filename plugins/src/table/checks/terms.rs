//! R014 to R017: terms that say something twice, or that no peer can meet.

use super::super::findings::Findings;
use super::super::rows::Entry;
use crate::diagnostic::Diagnostic;
use crate::facts::Version;
use crate::verdicts::Suite;

/// The SHA-256 of no octets at all: what a pipe gives when the command before it failed.
const OF_NOTHING: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Checks the terms of one row.
pub(super) fn check(entry: &Entry, findings: &mut Findings) {
    let row = &entry.row;
    let lists = [
        ("suites", &row.suites),
        ("groups", &row.groups),
        ("names", &row.names),
        ("pins", &row.pins),
        ("roots", &row.roots),
    ];
    for (clause, values) in lists {
        twice(entry, clause, values, findings);
    }
    impossible_pins(entry, findings);
    suites_of_the_version(entry, findings);
}

fn twice(entry: &Entry, clause: &str, values: &[String], findings: &mut Findings) {
    let again =
        values.iter().enumerate().find(|(index, value)| values.iter().take(*index).any(|one| one == *value));
    if let Some((_, value)) = again {
        let message = format!("`{clause}` of `{}` has `{value}` twice", entry.pattern);
        let twice = Diagnostic::warning("R014", entry.place.clone(), message);
        findings.add(twice.helped("remove one, or write the one that was meant"));
    }
}

/// Other digests may be meant to be nobody's; this one is a slip.
fn impossible_pins(entry: &Entry, findings: &mut Findings) {
    for pin in entry.row.pins.iter().filter(|pin| *pin == OF_NOTHING) {
        let message = format!("no key has the pin `{pin}`: it is the digest of nothing at all");
        let impossible = Diagnostic::error("R015", entry.place.clone(), message);
        findings.add(impossible.helped("write the SHA-256 of the public key of a certificate of the chain"));
    }
}

/// TLS 1.3 and TLS 1.2 have suites of their own. Where no least version is named, either may do.
fn suites_of_the_version(entry: &Entry, findings: &mut Findings) {
    let row = &entry.row;
    let suites: Vec<Suite> = row.suites.iter().filter_map(|name| name.parse().ok()).collect();
    let old: Vec<Suite> = suites.iter().copied().filter(|suite| suite.version() < row.min_version).collect();
    if row.min_version == Version::None || old.is_empty() {
        return;
    }
    let (pattern, version) = (&entry.pattern, row.min_version);
    if old.len() == suites.len() {
        let message = format!("`{pattern}` asks for TLS {version}, and none of its suites is of that");
        let none = Diagnostic::error("R016", entry.place.clone(), message);
        findings
            .add(none.helped("name suites of TLS 1.3, as `TLS_AES_256_GCM_SHA384`, or leave `suites` out"));
        return;
    }
    for suite in old {
        let message = format!("`{pattern}` asks for TLS {version}, in which there is no `{suite}`");
        let useless = Diagnostic::warning("R017", entry.place.clone(), message);
        findings.add(useless.helped("remove the suite, or ask for less with `min_version`"));
    }
}
