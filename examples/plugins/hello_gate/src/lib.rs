//! filters/hello_gate: Refuses weak ClientHellos, by JA4 fingerprint and by the suites they offer.
//!
//! It begins by learning: every fingerprint is remembered, a new one is logged, and nothing is refused.
//! A fingerprint tells programs apart and proves nothing: whoever wants to can send another's hello.

use serde::{Deserialize, Serialize};
use waxseal_sdk::prelude::*;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HelloGate {
    /// Without it, it only learns.
    enforce: bool,
    /// Fingerprints, or their beginnings with a `*` behind.
    refuse: Vec<String>,
    /// The same; where there are any, all others are refused.
    allow_only: Vec<String>,
    /// Parts of the names of suites, as `3DES` of `TLS_RSA_WITH_3DES_EDE_CBC_SHA`.
    refuse_suites: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Seen {
    first: i64,
    times: u64,
}

impl incoming::Cipher for HelloGate {
    fn cipher(&self, client: &Client, hello: &Hello) -> incoming::cipher::Verdict {
        // Asked again about the same hello: it has had its answer.
        if client.at_mail() {
            return no_opinion();
        }
        learn(&hello.ja4(), &client.address());
        let Some(why) = self.objection(hello) else { return no_opinion() };
        if self.enforce {
            counters::add("refused", 1);
            return refuse(USUAL, format!("Your TLS is not good enough: {why}"));
        }
        counters::add("would_refuse", 1);
        log!("{} would be refused: {why}", client.address());
        no_opinion()
    }
}

export!(HelloGate: incoming::Cipher);

impl HelloGate {
    fn objection(&self, hello: &Hello) -> Option<String> {
        let ja4 = hello.ja4();
        if is_among(&self.refuse, &ja4) || !self.allow_only.is_empty() && !is_among(&self.allow_only, &ja4) {
            return Some(format!("the hello {ja4} is not accepted"));
        }
        let is_weak =
            |suite: &String| suite.split('_').any(|part| self.refuse_suites.iter().any(|it| it == part));
        hello.suites().into_iter().find(is_weak).map(|suite| format!("it offers {suite}"))
    }
}

fn is_among(patterns: &[String], ja4: &str) -> bool {
    patterns.iter().any(|it| it.strip_suffix('*').map_or(ja4 == it, |beginning| ja4.starts_with(beginning)))
}

/// Forgotten after 90 days without it. Whoever makes up ever new hellos fills the memory, and no more.
fn learn(ja4: &str, address: &str) {
    let now = clock::now();
    let once_more = |seen: Option<Seen>| match seen {
        Some(Seen { first, times }) => Seen { first, times: times + 1 },
        None => Seen { first: now, times: 1 },
    };
    match kv::update(ja4, kv::days(90), once_more) {
        Ok(Seen { times: 1, .. }) => {
            counters::add("new_hellos", 1);
            log!("a new hello: {ja4}, from {address}");
        }
        Ok(Seen { first, times }) if times == 10_u64.pow(times.ilog10()) => {
            log!("the hello {ja4} came {times} times in {} days", (now - first) / 86_400);
        }
        Ok(_) => {}
        Err(_) => counters::add("not_remembered", 1),
    }
    counters::add("hellos", 1);
}

#[cfg(test)]
mod tests;
