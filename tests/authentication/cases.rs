//! What is compared.

mod arc;
mod dkim;
mod dmarc;
mod spf;

use std::net::IpAddr;

use waxseal_tests::dns::Zone;

pub use self::arc::arc;
pub use self::dkim::dkim;
pub use self::dmarc::dmarc;
pub use self::spf::spf;

/// Which method is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Spf,
    Dkim,
    Arc,
    Dmarc,
}

/// A message, and where it comes from.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub kind: Kind,
    pub message: Vec<u8>,
    pub client: IpAddr,
    pub ehlo: String,
    pub sender: String,
}

impl Case {
    /// Where it comes from does not matter.
    pub fn message(name: impl Into<String>, kind: Kind, message: Vec<u8>) -> Self {
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
pub fn zone() -> Zone {
    dmarc::zone(spf::zone(Zone::default()))
}
