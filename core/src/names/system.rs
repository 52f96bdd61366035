//! The name system: the configured servers, else the system's.

use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use super::{LookupError, Mx, Names, NoResolver};
use crate::config::Dns;

/// The name system.
#[derive(Clone)]
pub struct NameSystem(TokioResolver);

impl NameSystem {
    /// Asks the configured servers, else the system's.
    ///
    /// # Errors
    ///
    /// The system's configuration cannot be read.
    pub fn new(dns: &Dns) -> Result<Self, NoResolver> {
        let nobody = |error: NetError| NoResolver(error.to_string());
        let mut builder = if dns.servers.is_empty() {
            Resolver::builder_tokio().map_err(nobody)?
        } else {
            let servers = dns.servers.iter().map(name_server).collect();
            let config = ResolverConfig::from_parts(None, vec![], servers);
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        Ok(Self(builder.build().map_err(nobody)?))
    }

    /// What asks, for those who have questions of their own; it shares what is known already.
    pub fn resolver(&self) -> TokioResolver {
        self.0.clone()
    }

    async fn records(&self, asked: &str, name: Name, wanted: RecordType) -> Result<Lookup, LookupError> {
        self.0.lookup(name, wanted).await.map_err(|error| lookup_error(asked, &error))
    }
}

#[async_trait]
impl Names for NameSystem {
    async fn mx(&self, domain: &str) -> Result<Vec<Mx>, LookupError> {
        let lookup = self.records(domain, fully_qualified(domain)?, RecordType::MX).await?;
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

    async fn txt(&self, name: &str) -> Result<Vec<String>, LookupError> {
        let lookup = self.records(name, fully_qualified(name)?, RecordType::TXT).await?;
        let records = lookup.answers().iter().filter_map(|record| match &record.data {
            // A long text comes in strings of 255 octets: they belong together, without a space
            // between them (RFC 7208 section 3.3).
            RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(records.collect())
    }

    async fn pointers(&self, address: IpAddr) -> Result<Vec<String>, LookupError> {
        let lookup = self.records(&address.to_string(), Name::from(address), RecordType::PTR).await?;
        let records = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::PTR(pointer) => Some(plain(&pointer.0)),
            _ => None,
        });
        Ok(records.collect())
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
