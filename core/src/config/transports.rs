//! `[[transport]]`: ways to send mail that filters may choose by name.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::findings::Problem;
use super::section::{Entry, Section};
use super::value;

/// A way to send mail that filters may choose by its name. What it does not say is as for all mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    /// The name.
    pub name: String,
    /// The next hops, the preferred first, at least one; `None` for those of the domain.
    pub to: Option<Vec<NextHop>>,
    /// Our own address that connections come from.
    pub source: Option<IpAddr>,
    /// The name that we give in EHLO.
    pub helo_name: Option<String>,
}

/// A host that takes mail, whomever it is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// A name or an IP address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

pub(super) fn transports(sections: Vec<Section<'_>>, default_port: u16) -> Vec<Transport> {
    let mut known = BTreeSet::new();
    sections.into_iter().filter_map(|section| transport(section, default_port, &mut known)).collect()
}

fn transport(section: Section<'_>, port: u16, known: &mut BTreeSet<String>) -> Option<Transport> {
    let name = section.required("name", "\"marketing\"").and_then(|entry| name(&entry, known));
    let transport = Transport {
        name: name.clone().unwrap_or_default(),
        to: section.entry("to").and_then(|entry| next_hops(&entry, port)),
        source: section.entry("source").and_then(|entry| entry.read(source)),
        helo_name: section.entry("helo_name").and_then(|entry| entry.read(value::helo_name)),
    };
    section.finish();
    name.map(|_| transport)
}

/// A name of its own: of two with the same name nobody could say which is meant.
fn name(entry: &Entry<'_>, known: &mut BTreeSet<String>) -> Option<String> {
    let name = entry.text()?.to_owned();
    if name.is_empty() {
        entry.wrong(&Problem::new("is empty", "write the name that filters choose it by"));
        return None;
    }
    if !known.insert(name.clone()) {
        let message = format!("cannot be \"{name}\": another transport has that name");
        entry.wrong(&Problem::new(message, "give each [[transport]] a name of its own"));
        return None;
    }
    Some(name)
}

fn next_hops(entry: &Entry<'_>, port: u16) -> Option<Vec<NextHop>> {
    let hops = entry.read_each(|text| NextHop::read(text, port));
    if entry.is_empty_list() {
        let help = "name a host, or leave `to` out: mail goes by route or MX then";
        entry.wrong(&Problem::new("names no host", help));
    }
    (!hops.is_empty()).then_some(hops)
}

fn source(text: &str) -> Result<IpAddr, Problem> {
    let problem = || {
        Problem::new(
            format!("cannot be \"{text}\""),
            "write an address of this machine, as in \"192.0.2.7\" or \"2001:db8::7\"",
        )
    };
    text.parse().ok().filter(value::can_be_source).ok_or_else(problem)
}

impl NextHop {
    /// A host with its port, if one is written.
    pub(super) fn read(text: &str, default_port: u16) -> Result<Self, Problem> {
        value::host(text).map(|(host, port)| Self { host, port: port.unwrap_or(default_port) })
    }
}
