//! filters/tls_ratchet: What a domain's hosts could do once, they are expected to go on doing.
//!
//! The best that was seen with a domain is remembered: whether it was encrypted, its certificate
//! verified, and the TLS version. Whatever is less is an alarm, and puts the mail off if so wished.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use waxseal_sdk::prelude::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsRatchet {
    /// For so many days after the best was seen for the last time.
    remember: u64,
    /// Mail to a domain that was as good waits rather than fall below this.
    hold: Level,
    /// By domain: a new text, and the domain begins anew.
    #[serde(default)]
    reset: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    #[default]
    Clear,
    Encrypted,
    Verified,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Seen {
    level: Level,
    version: u16,
}

// Asked on every encrypted connection, resumed or not.
impl outgoing::Certificate for TlsRatchet {
    fn certificate(&self, host: &Host, certificate: &Certificate) -> outgoing::certificate::Verdict {
        let level = if certificate.verified() { Level::Verified } else { Level::Encrypted };
        self.compare(&host.domain(), Seen { level, version: host.version() })
    }
}

impl outgoing::Mail for TlsRatchet {
    fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
        if host.encrypted() { no_opinion() } else { self.compare(&host.domain(), Seen::default()) }
    }
}

export!(TlsRatchet: outgoing::Certificate, outgoing::Mail);

impl TlsRatchet {
    fn compare(&self, domain: &str, now: Seen) -> outgoing::mail::Verdict {
        let key = self.reset.get(domain).map_or(domain.to_owned(), |reset| format!("{domain} {reset}"));
        let best: Seen = match kv::load(&key) {
            Ok(best) => best.unwrap_or_default(),
            Err(problem) => return fail(problem),
        };
        if now.level >= best.level && now.version >= best.version {
            self.remember(&key, now);
            return no_opinion();
        }
        counters::add("downgrades", 1);
        let what = format!("{domain} was seen with {}, and now with {}", best.in_words(), now.in_words());
        // Once a day: a domain whose hosts are broken or attacked has much mail that waits.
        if kv::replace(&format!("alarm {key}"), None, b"", kv::days(1)) != Ok(false) {
            alarm!("{what}");
        }
        if now.level < best.level.min(self.hold) { defer("4.7.5", what) } else { no_opinion() }
    }

    /// Where there is no room left, a domain is held to what is known of it.
    fn remember(&self, key: &str, now: Seen) {
        // Another call may have seen better meanwhile.
        let better = |best: Option<Seen>| best.map_or(now, |best| best.or_better(now));
        if now.level > Level::Clear && kv::update(key, kv::days(self.remember), better).is_err() {
            counters::add("not_remembered", 1);
        }
    }
}

impl Seen {
    fn or_better(self, other: Self) -> Self {
        Self { level: self.level.max(other.level), version: self.version.max(other.version) }
    }

    fn in_words(self) -> String {
        let tls = format!("TLS {}", version_in_words(self.version));
        match self.level {
            Level::Clear => "no TLS".to_owned(),
            Level::Encrypted => tls,
            Level::Verified => tls + " and a verified certificate",
        }
    }
}

#[cfg(test)]
mod tests;
