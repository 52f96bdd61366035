//! Names of domains, and networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a name is a subdomain of a domain; the domain itself is not. Names are compared without regard to case.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert!(texts::is_below("mx.example.org", "example.org"));
/// assert!(!texts::is_below("example.org", "example.org"));
/// assert!(!texts::is_below("badexample.org", "example.org"));
/// ```
#[must_use]
pub fn is_below(name: &str, domain: &str) -> bool {
    let (name, domain) = (undotted(name), undotted(domain));
    let Some(split) = name.len().checked_sub(domain.len()) else { return false };
    let (Some(below), Some(suffix)) = (name.get(..split), name.get(split..)) else { return false };
    !domain.is_empty() && below.len() > 1 && below.ends_with('.') && suffix.eq_ignore_ascii_case(domain)
}

/// Whether a name is a domain itself or a name below it.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert!(texts::is_within("Example.org.", "example.org"));
/// assert!(texts::is_within("mx.example.org", "example.org"));
/// assert!(!texts::is_within("", ""));
/// ```
#[must_use]
pub fn is_within(name: &str, domain: &str) -> bool {
    let same = !undotted(name).is_empty() && undotted(name).eq_ignore_ascii_case(undotted(domain));
    same || is_below(name, domain)
}

/// The network of an IP address that one customer or one host has, as a rule: 24 bits, or 64 of IPv6.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert_eq!(texts::network("192.0.2.77").unwrap(), "192.0.2.0/24");
/// assert_eq!(texts::network("2001:db8:1:2:3::4").unwrap(), "2001:db8:1:2::/64");
/// assert!(texts::network("mx.example.org").is_err());
/// ```
///
/// # Errors
/// The text is no IP address.
pub fn network(address: &str) -> Result<String, String> {
    let parsed = address.parse::<IpAddr>().map_err(|_| format!("`{address}` is no IP address"))?;
    Ok(match parsed.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(first, second, third, 0))
        }
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    })
}

/// Without the dot of the root.
fn undotted(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}
