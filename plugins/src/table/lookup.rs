//! Finding a row: hash maps, whatever the size of the table.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::civil::Date;

use super::pattern::Pattern;
use super::rows::Entry;

/// The rows of one direction, by what they are about. Holds indices of the table's rows.
#[derive(Debug, Default)]
pub(super) struct Index {
    any: Option<usize>,
    domains: HashMap<Box<str>, usize>,
    below: HashMap<Box<str>, usize>,
    /// By prefix length: to look an address up costs one look a length that occurs.
    ipv4: BTreeMap<u8, HashMap<IpAddr, usize>>,
    ipv6: BTreeMap<u8, HashMap<IpAddr, usize>>,
}

/// Where a search begins: rows that no longer hold are passed over.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) entries: &'a [Entry],
    pub(super) today: Date,
}

impl Index {
    pub(super) fn insert(&mut self, pattern: &Pattern, index: usize) {
        match pattern {
            Pattern::Any => self.any = Some(index),
            Pattern::Domain(domain) => _ = self.domains.insert(domain.as_str().into(), index),
            Pattern::Below(domain) => _ = self.below.insert(domain.as_str().into(), index),
            Pattern::Network(network) => {
                let lengths = if network.addr().is_ipv4() { &mut self.ipv4 } else { &mut self.ipv6 };
                lengths.entry(network.prefix_len()).or_default().insert(network.addr(), index);
            }
        }
    }

    /// The row of `*`.
    pub(super) fn any<'a>(&self, search: Search<'a>) -> Option<&'a Entry> {
        search.entry(self.any)
    }

    /// The row of a name other than `*`: the domain's own, else of the longest suffix.
    pub(super) fn named<'a>(&self, domain: &str, search: Search<'a>) -> Option<&'a Entry> {
        let own = search.entry(self.domains.get(domain).copied());
        own.or_else(|| suffixes(domain).find_map(|suffix| search.entry(self.below.get(suffix).copied())))
    }

    /// The row of an address: of the longest prefix.
    pub(super) fn addressed<'a>(&self, address: IpAddr, search: Search<'a>) -> Option<&'a Entry> {
        // A client of an IPv6 socket may come as `::ffff:192.0.2.1`; it is 192.0.2.1.
        let address = address.to_canonical();
        let lengths = if address.is_ipv4() { &self.ipv4 } else { &self.ipv6 };
        lengths.iter().rev().find_map(|(length, networks)| {
            let network = IpNet::new(address, *length).ok()?.trunc();
            search.entry(networks.get(&network.addr()).copied())
        })
    }

    /// The row that would apply to everything this pattern is about, were its own row not there.
    pub(super) fn beneath<'a>(&self, pattern: &Pattern, search: Search<'a>) -> Option<&'a Entry> {
        let next = match pattern {
            Pattern::Any => return None,
            Pattern::Domain(domain) | Pattern::Below(domain) => {
                suffixes(domain).find_map(|suffix| search.entry(self.below.get(suffix).copied()))
            }
            Pattern::Network(network) => self.wider(*network, search),
        };
        next.or_else(|| self.any(search))
    }

    /// Whether there is a row of exactly this pattern.
    pub(super) fn has(&self, pattern: &Pattern) -> bool {
        match pattern {
            Pattern::Any => self.any.is_some(),
            Pattern::Domain(domain) => self.domains.contains_key(domain.as_str()),
            Pattern::Below(domain) => self.below.contains_key(domain.as_str()),
            Pattern::Network(_) => false,
        }
    }

    fn wider<'a>(&self, network: IpNet, search: Search<'a>) -> Option<&'a Entry> {
        let lengths = if network.addr().is_ipv4() { &self.ipv4 } else { &self.ipv6 };
        lengths.range(..network.prefix_len()).rev().find_map(|(length, networks)| {
            let wider = IpNet::new(network.addr(), *length).ok()?.trunc();
            search.entry(networks.get(&wider.addr()).copied())
        })
    }
}

impl<'a> Search<'a> {
    fn entry(self, index: Option<usize>) -> Option<&'a Entry> {
        index.and_then(|index| self.entries.get(index)).filter(|entry| entry.holds(self.today))
    }
}

/// The domains above a domain, nearest first, without itself.
fn suffixes(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(domain), |suffix| parent(suffix))
}

fn parent(domain: &str) -> Option<&str> {
    domain.split_once('.').map(|(_, parent)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_go_from_the_nearest_to_the_farthest() {
        assert_eq!(suffixes("a.b.example").collect::<Vec<_>>(), ["b.example", "example"]);
        assert_eq!(suffixes("localhost").count(), 0);
    }
}
