//! outgoing/pinned_key: Mail goes to a partner's host only if it has a key that we know.
//!
//! When a partner changes its key, the new one is listed beside the old one, which is given a last
//! day: both are good meanwhile, and the old one ends by itself.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Deserializer, de::Error};
use waxseal_sdk::prelude::*;

/// The keys of each partner, by its domain.
#[derive(Debug, Deserialize)]
struct PinnedKey(BTreeMap<String, Vec<Pin>>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    /// The SHA-256 of a public key, in lower-case hexadecimal.
    #[serde(deserialize_with = "hexadecimal")]
    key: String,
    /// The last day on which it is good, UTC.
    until: Option<NaiveDate>,
}

impl outgoing::Offer for PinnedKey {
    fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
        if host.offers_tls() { start_tls() } else { defer("4.7.4", "TLS is required, but was not offered") }
    }
}

impl outgoing::Certificate for PinnedKey {
    fn certificate(&self, host: &Host, certificate: &Certificate) -> outgoing::certificate::Verdict {
        let (name, domain, key) = (host.name(), host.domain(), certificate.spki_sha256());
        let Some(pin) = self.pins(&domain).iter().find(|pin| pin.key == key) else {
            alarm!("{name} has a key that is not pinned for {domain}: sha256:{key}");
            return defer("4.7.5", "The host's key is not one that we know");
        };
        let Some(last) = pin.until else { return accept() };
        if last < today() {
            alarm!("{name} still has the key of {domain} that was good until {last}: sha256:{key}");
            return defer("4.7.5", format!("The host's key was good until {last}"));
        }
        log!("{name} still has the key of {domain} that is good until {last}");
        accept()
    }
}

impl outgoing::Mail for PinnedKey {
    fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
        if host.encrypted() {
            accept()
        } else {
            defer("4.7.5", format!("TLS is required: {}", host.tls_failure()))
        }
    }
}

export!(PinnedKey: outgoing::Offer, outgoing::Certificate, outgoing::Mail);

impl PinnedKey {
    /// The pins of a domain: its own, else those of the nearest domain above it.
    fn pins(&self, domain: &str) -> &[Pin] {
        let mut names = std::iter::successors(Some(domain), |name| Some(name.split_once('.')?.1));
        names.find_map(|name| self.0.get(name)).map_or(&[], Vec::as_slice)
    }
}

fn hexadecimal<'de, D: Deserializer<'de>>(text: D) -> Result<String, D::Error> {
    let text = String::deserialize(text)?;
    let digits = text.strip_prefix("sha256:").unwrap_or(&text).to_ascii_lowercase();
    if digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    Err(D::Error::custom(format!("`{text}` is no key: write `sha256:` and 64 hexadecimal digits")))
}

/// A clock that cannot be read is far ahead, so that it keeps no old key alive.
fn today() -> NaiveDate {
    DateTime::from_timestamp(clock::now(), 0).map_or(NaiveDate::MAX, |now| now.date_naive())
}

#[cfg(test)]
mod tests;
