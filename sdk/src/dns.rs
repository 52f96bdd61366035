//! Lookups of names, by the relay's resolver. The site grants them: `grant = ["dns"]`.
//!
//! Each waits a few seconds at most, and a call may make 10; meanwhile nobody else waits.
//!
//! What does not exist is [`Failure::NoRecord`] here, where scripts are given an empty list; [`found`] makes one of it.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use crate::relay::dns;
use crate::texts::listed_name;

/// Why there is no answer.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert_eq!(dns::txt("example.org"), Err(dns::Failure::NoRecord));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The name, or the record, does not exist.
    NoRecord,
    /// It could not be found out.
    Unavailable(String),
}

/// The IP addresses of a host.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::answer_addresses("mx.example.org", ["198.51.100.7"]);
/// assert_eq!(dns::addresses("mx.example.org").unwrap(), ["198.51.100.7"]);
/// ```
///
/// # Errors
/// There is no answer.
pub fn addresses(name: &str) -> Result<Vec<String>, Failure> {
    dns::addresses(name).map_err(Failure::from)
}

/// The mail hosts of a domain, the most preferred first.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::answer_mx("example.org", ["mx.example.org"]);
/// assert_eq!(dns::mx("example.org").unwrap(), ["mx.example.org"]);
/// ```
///
/// # Errors
/// There is no answer.
pub fn mx(domain: &str) -> Result<Vec<String>, Failure> {
    dns::mx(domain).map_err(Failure::from)
}

/// The TXT records of a name.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::answer_txt("_mta-sts.example.org", ["v=STSv1; id=1"]);
/// assert_eq!(dns::txt("_mta-sts.example.org").unwrap(), ["v=STSv1; id=1"]);
/// ```
///
/// # Errors
/// There is no answer.
pub fn txt(name: &str) -> Result<Vec<String>, Failure> {
    dns::txt(name).map_err(Failure::from)
}

/// The names of an IP address (PTR).
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::dns_is_unavailable("192.0.2.25", "timed out");
/// let failure = dns::names("192.0.2.25").unwrap_err();
/// assert_eq!(failure.to_string(), "it could not be looked up: timed out");
/// ```
///
/// # Errors
/// There is no answer.
pub fn names(address: &str) -> Result<Vec<String>, Failure> {
    dns::names(address).map_err(Failure::from)
}

/// What a lookup has found, as scripts are given it: nothing where the name, or the record, does not exist.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// assert_eq!(dns::found(dns::mx("nowhere.example")), Ok(vec![]));
/// ```
///
/// # Errors
/// It could not be found out.
pub fn found(answer: Result<Vec<String>, Failure>) -> Result<Vec<String>, Failure> {
    match answer {
        Err(Failure::NoRecord) => Ok(Vec::new()),
        other => other,
    }
}

/// What a DNS block list answers about an IP address (RFC 5782 section 2.1), as in `127.0.0.2`; nothing where it is not
/// listed. One lookup.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::answer_addresses("25.2.0.192.zen.example", ["127.0.0.2"]);
/// assert_eq!(dns::dnsbl("192.0.2.25", "zen.example").unwrap(), ["127.0.0.2"]);
/// assert!(dns::dnsbl("192.0.2.26", "zen.example").unwrap().is_empty());
/// ```
///
/// # Errors
/// The text is no IP address, or it could not be found out.
pub fn dnsbl(address: &str, zone: &str) -> Result<Vec<String>, Failure> {
    found(addresses(&listed_name(address_of(address)?, zone)))
}

/// The first name of an IP address that leads back to it; empty where none does. A lookup, and one for each name.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// testing::answer_names("192.0.2.25", ["forged.example", "mail.example.com"]);
/// testing::answer_addresses("mail.example.com", ["192.0.2.25"]);
/// assert_eq!(dns::reverse_name("192.0.2.25").unwrap(), "mail.example.com");
/// assert_eq!(dns::reverse_name("192.0.2.26").unwrap(), "");
/// ```
///
/// # Errors
/// The text is no IP address, or it could not be found out.
pub fn reverse_name(address: &str) -> Result<String, Failure> {
    let address = address_of(address)?;
    for name in found(names(&address.to_string()))? {
        let back = found(addresses(&name))?;
        if back.iter().any(|one| one.parse::<IpAddr>().is_ok_and(|one| one.to_canonical() == address)) {
            return Ok(name);
        }
    }
    Ok(String::new())
}

fn address_of(text: &str) -> Result<IpAddr, Failure> {
    let address = text.parse::<IpAddr>().map(|address| address.to_canonical());
    address.map_err(|_| Failure::Unavailable(format!("`{text}` is no IP address")))
}

impl From<dns::Failure> for Failure {
    fn from(failure: dns::Failure) -> Self {
        match failure {
            dns::Failure::NoRecord => Self::NoRecord,
            dns::Failure::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord => f.write_str("there is no such record"),
            Self::Unavailable(why) => write!(f, "it could not be looked up: {why}"),
        }
    }
}

impl Error for Failure {}
