//! The name of an address in a DNS block list.

use std::net::IpAddr;

/// The name under which a list has an address: the address backwards, and the list's zone (RFC 5782 sections 2.1 and 2.4).
pub(crate) fn listed_name(address: IpAddr, zone: &str) -> String {
    let backwards = match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}")
        }
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}")).collect::<Vec<_>>().join(".")
        }
    };
    format!("{backwards}.{}", zone.trim_matches('.'))
}
