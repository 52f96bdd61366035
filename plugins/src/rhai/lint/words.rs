//! The texts that a fact can be, where they are known.

use std::net::IpAddr;

use crate::suggest;
use crate::verdicts::{Group, Suite};

/// How a host may have been found.
const FOUND_BY: [&str; 3] = ["mx", "implicit_mx", "route"];
/// The versions that can be negotiated: what is older is forbidden (RFC 8996).
const VERSIONS: [&str; 2] = ["1.2", "1.3"];
/// What a method of authentication comes to (RFC 8601 section 2.7).
const SPF: [&str; 7] = ["pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"];
const DKIM: [&str; 7] = ["pass", "fail", "policy", "neutral", "none", "temperror", "permerror"];
const DMARC: [&str; 5] = ["pass", "fail", "none", "temperror", "permerror"];
const ARC: [&str; 3] = ["pass", "fail", "none"];
/// What a domain asks for where DMARC fails (RFC 9989).
const DMARC_POLICY: [&str; 3] = ["none", "quarantine", "reject"];

/// Why a fact can never be this text. Every fact that is a text may be empty.
pub(super) fn mismatch(word: &str, fact: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let one_of = |known: &[&str]| (!known.contains(&text)).then(|| suggestion(text, known));
    match (word, fact) {
        ("host", "found_by") => one_of(&FOUND_BY),
        ("message", "spf") => one_of(&SPF),
        ("message", "dkim") => one_of(&DKIM),
        ("message", "dmarc") => one_of(&DMARC),
        ("message", "dmarc_policy") => one_of(&DMARC_POLICY),
        ("message", "arc") => one_of(&ARC),
        ("client" | "host" | "handshake", "suite") => {
            one_of(&Suite::ALL.iter().map(|one| one.name()).collect::<Vec<_>>())
        }
        ("client" | "host" | "handshake", "group") => {
            one_of(&Group::ALL.iter().map(|one| one.name()).collect::<Vec<_>>())
        }
        ("client" | "host" | "handshake", "version") | ("row", "min_version") => one_of(&VERSIONS),
        ("certificate", "sha256" | "spki_sha256") => {
            (!is_digest(text)).then(|| "has 64 hexadecimal digits, in small letters".to_owned())
        }
        ("client" | "host", "address") => {
            text.parse::<IpAddr>().is_err().then(|| "is an IP address, without a port or prefix".to_owned())
        }
        ("host", "domain") | (_, "sender_domain" | "recipient_domain" | "from_domain") => (!is_domain(text))
            .then(|| "is a domain in small letters, an international one in its form `xn--`".to_owned()),
        _ => None,
    }
}

/// `is one of mx, route`, or what was probably meant.
fn suggestion(text: &str, known: &[&str]) -> String {
    let small = text.to_ascii_lowercase();
    // `failed` and `passes` are further from the word than a slip is.
    let begun =
        known.iter().copied().filter(|known| small.starts_with(known)).max_by_key(|known| known.len());
    match begun.or_else(|| suggest::nearest(&small, known.iter().copied())) {
        Some(meant) => format!("is never `{text}`; did you mean `{meant}`?"),
        None => format!("is never `{text}`, but one of {}", known.join(", ")),
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether a domain may be written so, as the table compares it.
fn is_domain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.'))
        && !text.ends_with('.')
}
