//! What is compared.

mod arc;
mod dkim;
mod dmarc;
mod spf;

use std::net::IpAddr;

use waxseal_tests::dns::Zone;

pub(crate) use self::arc::arc;
pub(crate) use self::dkim::dkim;
pub(crate) use self::dmarc::dmarc;
pub(crate) use self::spf::spf;

/// Which method is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Spf,
    Dkim,
    Arc,
    Dmarc,
}

/// A message, and where it comes from.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) message: Vec<u8>,
    pub(crate) client: IpAddr,
    pub(crate) ehlo: String,
    pub(crate) sender: String,
}

impl Case {
    /// Where it comes from does not matter.
    pub(crate) fn message(name: impl Into<String>, kind: Kind, message: Vec<u8>) -> Self {
        let client = "192.0.2.1".parse().unwrap();
        Self {
            name: name.into(),
            kind,
            message,
            client,
            ehlo: "mx.nowhere.example".to_owned(),
            sender: String::new(),
        }
    }
}

/// What all of them look up, besides keys.
pub(crate) fn zone() -> Zone {
    dmarc::zone(spf::zone(Zone::default()))
}
