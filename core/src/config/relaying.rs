//! `[relay]` and `[[route]]`: who may send where, and by which way it goes.
//!
//! No configuration that loads makes an open relay: what would cover the whole network, or every
//! domain, is refused here.

use std::net::IpAddr;

use ipnet::IpNet;

use super::findings::{Findings, Problem};
use super::section::{Entry, Section};
use super::{RelayControl, Route, value};

impl RelayControl {
    /// Whether a client is one of our own: of one of the networks.
    pub fn is_ours(&self, client: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&client.to_canonical()))
    }
}

pub(super) fn relay(section: Section<'_>, findings: &Findings) -> RelayControl {
    let networks = section.entry("networks");
    let domains = section.entry("domains");
    if networks.is_none() && domains.is_none() {
        let help = "set `networks` (may send anywhere) or `domains` (anyone may send to these) under [relay]";
        let message = "nobody may relay: every recipient will be refused".to_owned();
        findings.warning(section.span(), "C009", message, help);
    }
    let control = RelayControl {
        networks: networks.map(|entry| trusted(&entry)).unwrap_or_default(),
        domains: domains.map(|entry| entry.read_each(relay_domain)).unwrap_or_default(),
    };
    section.finish();
    control
}

pub(super) fn routes(sections: Vec<Section<'_>>, default_port: u16) -> Vec<Route> {
    let route = |section: Section<'_>| {
        let domain = section.required("domain", "\"example.org\"").and_then(|entry| entry.read(route_domain));
        let to = section.required("to", "\"10.0.0.5:25\"").and_then(|entry| entry.read(value::host));
        section.finish();
        let (host, port) = to?;
        Some(Route { domain: domain?, host, port: port.unwrap_or(default_port) })
    };
    sections.into_iter().filter_map(route).collect()
}

fn trusted(entry: &Entry<'_>) -> Vec<IpNet> {
    let networks = entry.read_each(|text| value::network(text).and_then(bounded));
    // Halves of the Internet are each narrow enough, and together they are all of it.
    if IpNet::aggregate(&networks).into_iter().any(|network| bounded(network).is_err()) {
        entry.wrong(&open_relay("cover too much of the Internet together"));
    }
    networks
}

/// A network narrow enough to be somebody's own. No registry gives anybody more than an IPv4 /8;
/// mapped IPv4 addresses count as what they are.
fn bounded(network: IpNet) -> Result<IpNet, Problem> {
    let too_wide = match network {
        IpNet::V4(network) => network.prefix_len() < 8,
        IpNet::V6(network) => {
            let mapped = network.addr().to_ipv4_mapped().is_some();
            network.prefix_len() < if mapped { 104 } else { 16 }
        }
    };
    if too_wide { Err(open_relay(&format!("cannot hold \"{network}\""))) } else { Ok(network) }
}

fn relay_domain(text: &str) -> Result<String, Problem> {
    let pattern =
        if text == "*" { Err(open_relay("cannot hold \"*\"")) } else { value::domain_pattern(text) }?;
    match pattern.strip_prefix("*.") {
        Some(top) if !top.contains('.') => Err(open_relay(&format!("cannot hold \"{pattern}\""))),
        _ => Ok(pattern),
    }
}

fn route_domain(text: &str) -> Result<String, Problem> {
    if text == "*" { Ok(text.to_owned()) } else { value::domain_pattern(text) }
}

fn open_relay(message: &str) -> Problem {
    Problem::new(
        format!("{message}: that would be an open relay"),
        "name the networks of your own clients, and the domains that you receive mail for",
    )
    .coded("C007")
}
