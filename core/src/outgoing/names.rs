//! Looking names up: MX records and addresses.

use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use crate::config::Dns;

/// An MX record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mx {
    /// The lower is tried first.
    pub preference: u16,
    /// The host, without a final dot; empty for the null MX (RFC 7505).
    pub host: String,
}

/// Why a name could not be looked up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LookupError {
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

/// Looks names up. The resolver's trait, so that tests need no name server.
#[async_trait]
pub(super) trait Names: Send + Sync + 'static {
    /// The MX records of a domain. CNAMEs are followed.
    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, LookupError>;

    /// The addresses of a host, A and AAAA. CNAMEs are followed.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupError>;
}

/// The name system.
#[derive(Clone)]
pub(super) struct NameSystem(TokioResolver);

impl NameSystem {
    /// Asks the configured servers, else the system's.
    ///
    /// # Errors
    ///
    /// The system's configuration cannot be read.
    pub(super) fn new(dns: &Dns) -> Result<Self, NetError> {
        let mut builder = if dns.servers.is_empty() {
            Resolver::builder_tokio()?
        } else {
            let servers = dns.servers.iter().map(name_server).collect();
            let config = ResolverConfig::from_parts(None, vec![], servers);
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        Ok(Self(builder.build()?))
    }
}

#[async_trait]
impl Names for NameSystem {
    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, LookupError> {
        let error = |error| lookup_error(domain, &error);
        let lookup = self.0.lookup(fully_qualified(domain)?, RecordType::MX).await.map_err(error)?;
        let records = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::MX(mx) => Some(Mx { preference: mx.preference, host: plain(&mx.exchange) }),
            _ => None,
        });
        Ok(records.collect())
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, LookupError> {
        let lookup =
            self.0.lookup_ip(fully_qualified(host)?).await.map_err(|error| lookup_error(host, &error))?;
        Ok(lookup.iter().collect())
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

/// The name as such: the search list of the system's configuration is for people, not for mail.
fn fully_qualified(name: &str) -> Result<Name, LookupError> {
    let unusable = |error: hickory_resolver::proto::ProtoError| LookupError::Unavailable {
        name: name.to_owned(),
        detail: error.to_string(),
    };
    let mut name = Name::from_ascii(name).map_err(unusable)?;
    name.set_fqdn(true);
    Ok(name)
}

fn plain(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}

fn lookup_error(name: &str, error: &NetError) -> LookupError {
    let name = name.to_owned();
    if error.is_nx_domain() {
        LookupError::NoName(name)
    } else if error.is_no_records_found() {
        LookupError::NoRecord(name)
    } else {
        LookupError::Unavailable { name, detail: error.to_string() }
    }
}
