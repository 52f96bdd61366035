//! Looking names up: for mail on its way out, and for plugins.
//!
//! [`Names`] is what may be asked, [`NameSystem`] who answers; tests have answers of their own.

mod system;

use std::net::IpAddr;

use async_trait::async_trait;

pub use self::system::NameSystem;

/// An MX record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mx {
    /// The lower is tried first.
    pub preference: u16,
    /// The host, without a final dot; empty for the null MX (RFC 7505).
    pub host: String,
}

/// Why a name could not be looked up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The name does not exist (NXDOMAIN).
    #[error("the name `{0}` does not exist")]
    NoName(String),
    /// It has no such record.
    #[error("the name `{0}` has no such record")]
    NoRecord(String),
    /// The name servers do not answer, or fail (SERVFAIL).
    #[error("the name `{name}` could not be looked up: {detail}")]
    Unavailable {
        /// The name.
        name: String,
        /// What was seen.
        detail: String,
    },
}

/// There is nobody to ask.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's resolver configuration cannot be read: {0}; set [dns] servers")]
pub struct NoResolver(pub String);

/// Looks names up. The resolver's trait, so that tests need no name server.
#[async_trait]
pub trait Names: Send + Sync + 'static {
    /// The MX records of a domain. CNAMEs are followed.
    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, LookupError>;

    /// The addresses of a host, A and AAAA. CNAMEs are followed.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupError>;

    /// The TXT records of a name, each in one piece. CNAMEs are followed.
    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError>;

    /// The names of an address (PTR), without a final dot.
    async fn pointers(&self, address: IpAddr) -> Result<Vec<String>, LookupError>;
}
