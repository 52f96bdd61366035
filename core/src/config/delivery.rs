//! `[delivery]` and `[dns]`: how mail is sent.

use std::time::Duration;

use super::findings::Problem;
use super::load::Base;
use super::section::Section;
use super::{Delivery, Dns, value};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The waits between attempts where the file has none. RFC 5321 section 4.5.4.1 asks for at least
/// 30 minutes in the long run; the first ones are shorter, since greylisting and short breaks pass.
const RETRY: [u64; 6] = [5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];

/// RFC 5321 section 4.5.4.1: "generally at least 4-5 days".
const EXPIRE: Duration = Duration::from_secs(5 * 24 * HOUR);

/// When a sender is told of a delay where the file does not say: what most mail systems do.
const WARN: Duration = Duration::from_secs(4 * HOUR);

pub(super) fn delivery(section: Section<'_>) -> Delivery {
    let connections = section.section("connections");
    let delivery = Delivery {
        port: section.number("port", 25),
        retry: retry(&section),
        expire: section.read("expire", value::duration, EXPIRE),
        warn: warn(&section),
        connections_total: connections.number("total", 1000),
        connections_per_host: connections.number("host", 20),
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
