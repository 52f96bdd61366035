//! `[delivery]` and `[dns]`: how mail is sent.

use std::time::Duration;

use super::findings::Problem;
use super::load::Base;
use super::section::Section;
use super::{Allowance, Delivery, DestinationLimit, Dns, value};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The waits between attempts where the file has none. RFC 5321 section 4.5.4.1 asks for at least
/// 30 minutes in the long run; the first ones are shorter, since greylisting and short breaks pass.
const RETRY: [u64; 6] = [5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];

/// RFC 5321 section 4.5.4.1: "generally at least 4-5 days".
const EXPIRE: Duration = Duration::from_secs(5 * 24 * HOUR);

/// When a sender is told of a delay where the file does not say: what most mail systems do.
const WARN: Duration = Duration::from_secs(4 * HOUR);

impl Delivery {
    /// What a destination is sent at most.
    pub fn allowance(&self, destination: &str) -> &Allowance {
        let limit = self.limits.iter().find(|limit| value::covers(&limit.domain, destination));
        limit.map_or(&self.allowance, |limit| &limit.allowance)
    }
}

pub(super) fn delivery(section: Section<'_>) -> Delivery {
    let connections = section.section("connections");
    let connections_per_host = connections.number("host", 20);
    let most = connections.number("destination", connections_per_host);
    let allowance = rates(&section, Allowance { connections: most, messages: None, new_connections: None });
    let delivery = Delivery {
        port: section.number("port", 25),
        retry: retry(&section),
        expire: section.read("expire", value::duration, EXPIRE),
        warn: warn(&section),
        connections_total: connections.number("total", 1000),
        connections_per_host,
        limits: section.sections("limit").into_iter().filter_map(|limit| one(limit, &allowance)).collect(),
        allowance,
    };
    connections.finish();
    section.finish();
    delivery
}

pub(super) fn dns(section: Section<'_>, base: &Base<'_>) -> Dns {
    let servers = section.entry("servers").map(|entry| entry.read_each(value::name_server));
    let anchor = section.entry("trust_anchor").filter(|entry| entry.text() != Some(""));
    let dns = Dns {
        servers: servers.unwrap_or_default(),
        trust_anchor: anchor.and_then(|entry| base.readable(&entry)),
    };
    section.finish();
    dns
}

/// A `[[delivery.limit]]`: what it does not say is as for all.
fn one(section: Section<'_>, all: &Allowance) -> Option<DestinationLimit> {
    let domain = section.required("domain", "\"example.org\"").and_then(|entry| {
        entry.read(|text| if text == "*" { Ok("*".to_owned()) } else { value::domain_pattern(text) })
    });
    let connections = section.number("connections", all.connections);
    let allowance = rates(&section, Allowance { connections, ..*all });
    section.finish();
    Some(DestinationLimit { domain: domain?, allowance })
}

/// The table `rate`.
fn rates(section: &Section<'_>, otherwise: Allowance) -> Allowance {
    let rate = section.section("rate");
    let read = |key, otherwise| rate.entry(key).map_or(otherwise, |entry| entry.read(value::rate));
    let allowance = Allowance {
        connections: otherwise.connections,
        messages: read("messages", otherwise.messages),
        new_connections: read("connections", otherwise.new_connections),
    };
    rate.finish();
    allowance
}

/// `""` for never.
fn warn(section: &Section<'_>) -> Option<Duration> {
    let Some(entry) = section.entry("warn") else { return Some(WARN) };
    if entry.text() == Some("") { None } else { Some(entry.read(value::duration).unwrap_or(WARN)) }
}

fn retry(section: &Section<'_>) -> Vec<Duration> {
    let default = || RETRY.map(Duration::from_secs).to_vec();
    let Some(entry) = section.entry("retry") else { return default() };
    if entry.is_empty_list() {
        entry.wrong(&Problem::new("cannot be empty", "write at least one wait: [\"15m\"]"));
    }
    entry.read_each(value::duration)
}
