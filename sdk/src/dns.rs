//! Lookups of names, by the relay's resolver. The site grants them: `grant = ["dns"]`.
//!
//! Each waits a few seconds at most, and a call may make 10; meanwhile nobody else waits.

use std::error::Error;
use std::fmt;

use crate::relay::dns;

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
