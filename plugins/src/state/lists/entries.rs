//! The entries of a list: hashes of 8 octets, in order, with an index of where those begin that begin
//! alike. So a list of millions is read in a second or so, and takes few octets an entry.
//!
//! Hashes are keyed anew for each reading, so nobody can make two texts alike; that a text is taken for
//! one of ten million others happens by chance once in some 10^12 questions.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use ipnet::IpNet;

/// How many hashes begin alike, on average.
const ALIKE: usize = 8;

/// What a list has.
#[derive(Debug)]
pub(super) struct Entries {
    hashing: RandomState,
    /// In their order.
    hashes: Vec<u64>,
    /// Where the hashes begin that have these first bits; one more for the end.
    begins: Vec<u32>,
    /// How many first bits.
    bits: u32,
    lengths: Lengths,
}

/// The prefix lengths that the networks of a list have: of IPv4, and of IPv6.
#[derive(Clone, Debug, Default)]
struct Lengths {
    v4: Vec<u8>,
    v6: Vec<u8>,
}

/// Entries while they are read.
#[derive(Debug)]
pub(super) struct Gathered {
    hashing: RandomState,
    hashes: Vec<u64>,
    lengths: Lengths,
}

/// An entry, or what may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Entry<'a> {
    /// A domain, an address, or any other text.
    Text(&'a str),
    /// Everything below a domain, not itself.
    Below(&'a str),
    /// A network, its address bits beyond the prefix 0; an address is one of itself alone.
    Network(IpNet),
}

impl Gathered {
    /// Nothing yet, with room for so many.
    pub(super) fn with_room(entries: usize) -> Self {
        let hashes = Vec::with_capacity(entries);
        Self { hashing: RandomState::new(), hashes, lengths: Lengths::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    pub(super) fn add(&mut self, entry: Entry<'_>) {
        if let Entry::Network(network) = entry {
            self.lengths.note(network);
        }
        self.hashes.push(self.hashing.hash_one(entry));
    }

    /// Puts them in order.
    pub(super) fn in_order(self) -> Entries {
        let Self { hashing, mut hashes, lengths } = self;
        hashes.sort_unstable();
        hashes.dedup();
        hashes.shrink_to_fit();
        let bits = (hashes.len() / ALIKE).checked_ilog2().unwrap_or(0);
        let begins = begins(&hashes, bits);
        Entries { hashing, hashes, begins, bits, lengths }
    }
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether the list has this entry, literally.
    pub(super) fn has(&self, entry: Entry<'_>) -> bool {
        let hash = self.hashing.hash_one(entry);
        let first = first_bits(hash, self.bits);
        let place = |index: usize| Some(*self.begins.get(index)? as usize);
        let alike = place(first).zip(place(first + 1)).and_then(|(from, to)| self.hashes.get(from..to));
        alike.is_some_and(|alike| alike.binary_search(&hash).is_ok())
    }

    /// Whether an address lies in one of its networks.
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let lengths = if address.is_ipv4() { &self.lengths.v4 } else { &self.lengths.v6 };
        let within = |length: &u8| IpNet::new(address, *length).ok().map(|network| network.trunc());
        lengths.iter().filter_map(within).any(|network| self.has(Entry::Network(network)))
    }
}

impl Lengths {
    fn note(&mut self, network: IpNet) {
        let lengths = if network.addr().is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        if let Err(place) = lengths.binary_search(&network.prefix_len()) {
            lengths.insert(place, network.prefix_len());
        }
    }
}

fn begins(hashes: &[u64], bits: u32) -> Vec<u32> {
    let mut begins = Vec::with_capacity((1 << bits) + 1);
    for (place, hash) in hashes.iter().enumerate() {
        // A list has fewer entries than that.
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        begins.resize(begins.len().max(first_bits(*hash, bits) + 1), place);
    }
    begins.resize((1 << bits) + 1, u32::try_from(hashes.len()).unwrap_or(u32::MAX));
    begins
}

fn first_bits(hash: u64, bits: u32) -> usize {
    hash.checked_shr(u64::BITS - bits).and_then(|bits| usize::try_from(bits).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn gathered<'a>(texts: impl IntoIterator<Item = &'a str>) -> Entries {
        let mut gathered = Gathered::with_room(0);
        texts.into_iter().for_each(|text| gathered.add(Entry::Text(text)));
        gathered.in_order()
    }

    #[test]
    fn each_of_many_is_found_and_no_other() {
        let texts: Vec<String> = (0..50_000).map(|number| format!("{number}.example")).collect();
        let entries = gathered(texts.iter().map(String::as_str));
        assert_eq!(entries.len(), texts.len());
        assert!(texts.iter().all(|text| entries.has(Entry::Text(text))));
        assert!(!(50_000..100_000).any(|number| entries.has(Entry::Text(&format!("{number}.example")))));
        assert!(!entries.has(Entry::Below("1.example")), "an entry is of one kind");
    }

    #[test]
    fn an_address_is_found_in_a_network() {
        let mut gathered = Gathered::with_room(0);
        for network in ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/32"] {
            gathered.add(Entry::Network(network.parse().unwrap()));
        }
        let entries = gathered.in_order();
        let has = |address: &str| entries.has_address(address.parse().unwrap());
        assert!(has("192.0.2.255") && has("198.51.100.7") && has("2001:db8:1::1"));
        assert!(has("::ffff:192.0.2.1"), "an address of IPv4 however it is written");
        assert!(!has("192.0.3.0") && !has("198.51.100.8") && !has("2001:db9::1"));
    }

    proptest! {
        #[test]
        fn it_answers_as_a_set_does(
            list in proptest::collection::vec("[a-c]{0,4}", 0..200), asked in "[a-c]{0,4}"
        ) {
            let set: HashSet<&str> = list.iter().map(String::as_str).collect();
            let entries = gathered(list.iter().map(String::as_str));
            prop_assert_eq!(entries.len(), set.len());
            prop_assert_eq!(entries.has(Entry::Text(&asked)), set.contains(asked.as_str()));
        }
    }
}
