//! The lists that a test has, asked as the relay asks its own.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::with;

/// A list.
#[derive(Default)]
pub(super) struct List {
    /// Domains, addresses of mail, and other texts.
    texts: BTreeSet<String>,
    /// Domains of which those below are in it.
    below: BTreeSet<String>,
    /// Networks: the address, and how many bits of it count.
    networks: Vec<(IpAddr, u32)>,
}

pub(crate) fn contains(list: &str, text: &str) -> Result<bool, String> {
    let found = with(|relay| relay.lists.get(list).map(|list| list.contains(text)));
    found.ok_or_else(|| format!("there is no list `{list}`"))
}

/// Puts a list in its place, or says of an entry what the relay says of a line.
pub(in crate::testing) fn set(name: &str, entries: impl Iterator<Item = String>) -> Result<(), String> {
    let mut list = List::default();
    for entry in entries {
        list.add(entry.trim())?;
    }
    with(|relay| relay.lists.insert(name.to_owned(), list));
    Ok(())
}

impl List {
    fn add(&mut self, entry: &str) -> Result<(), String> {
        if entry.contains(char::is_whitespace) {
            return Err(format!("`{entry}` has more than one word: write each entry on a line of its own"));
        }
        if let Some(network) = network(entry)? {
            self.networks.push(network);
        } else if let Some(domain) = entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.')) {
            self.below.insert(plain(domain));
        } else {
            self.texts.insert(plain(entry.strip_prefix('@').unwrap_or(entry)));
        }
        Ok(())
    }

    fn contains(&self, text: &str) -> bool {
        if let Ok(address) = text.parse::<IpAddr>() {
            let address = address.to_canonical();
            return self.networks.iter().any(|(network, bits)| {
                network.is_ipv4() == address.is_ipv4() && first(address, *bits) == *network
            });
        }
        let text = plain(text);
        let domain = text.rsplit_once('@').map(|(_, domain)| domain);
        if self.texts.contains(&text) || domain.is_some_and(|domain| self.texts.contains(domain)) {
            return true;
        }
        let mut below = domain.unwrap_or(&text);
        while let Some((_, parent)) = below.split_once('.') {
            if self.below.contains(parent) {
                return true;
            }
            below = parent;
        }
        false
    }
}

/// In small letters, without the dot of the root.
fn plain(text: &str) -> String {
    let text = text.to_lowercase();
    text.strip_suffix('.').map(str::to_owned).unwrap_or(text)
}

fn network(entry: &str) -> Result<Option<(IpAddr, u32)>, String> {
    let (address, bits) = match entry.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (entry, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return Ok(None) };
    let Some(bits) = bits else {
        let address = address.to_canonical();
        return Ok(Some((address, if address.is_ipv4() { 32 } else { 128 })));
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(|| {
        format!("`{entry}` is no network: the prefix length goes from 0 to 32 (IPv4) or 128 (IPv6)")
    })?;
    let meant = first(address, bits);
    if meant == address {
        return Ok(Some((address, bits)));
    }
    Err(format!("`{entry}` has address bits beyond its prefix: is `{meant}/{bits}` or `{address}` meant?"))
}

/// An address with its first bits alone.
fn first(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let behind = u32::MAX.checked_shr(bits).unwrap_or(0);
            IpAddr::from((address.to_bits() & !behind).to_be_bytes())
        }
        IpAddr::V6(address) => {
            let behind = u128::MAX.checked_shr(bits).unwrap_or(0);
            IpAddr::from((address.to_bits() & !behind).to_be_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(entries: &[&str]) -> Result<(), String> {
        set("blocked", entries.iter().map(ToString::to_string))
    }

    #[test]
    fn addresses_are_found_in_networks() {
        given(&["192.0.2.0/24", "198.51.100.7", "2001:db8::/32"]).unwrap();
        let has = |text: &str| contains("blocked", text).unwrap();
        assert!(has("192.0.2.255") && has("198.51.100.7") && has("2001:db8:1::1") && has("::ffff:192.0.2.1"));
        assert!(!has("192.0.3.0") && !has("198.51.100.8") && !has("2001:db9::1"));
    }

    #[test]
    fn names_are_found_by_their_domains() {
        given(&["Spam.example", ".wide.example", "one@there.example", "@all.example"]).unwrap();
        let has = |text: &str| contains("blocked", text).unwrap();
        assert!(has("spam.example.") && has("x@SPAM.example"));
        assert!(has("a.b.wide.example") && has("x@y.wide.example"));
        assert!(has("one@there.example") && has("x@all.example"));
        assert!(!has("wide.example") && !has("there.example") && !has("a.spam.example"));
    }

    #[test]
    fn what_is_no_entry_is_said_as_the_relay_says_it() {
        assert!(given(&["b c"]).unwrap_err().contains("more than one word"));
        assert!(given(&["10.0.0.0/33"]).unwrap_err().contains("0 to 32"));
        assert!(given(&["10.1.2.3/8"]).unwrap_err().contains("`10.0.0.0/8` or `10.1.2.3`"));
    }
}
