//! The hosts of a domain, for somebody who asks where its mail would go. Nobody is connected to.

use std::net::IpAddr;

use serde::Serialize;

use super::hosts::{Candidate, Directions};
use crate::config::Config;
use crate::names::Names;
use crate::spool::Status;

/// A host that takes mail for a domain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MailHost {
    /// Its name, or its address.
    pub name: String,
    /// The port.
    pub port: u16,
    /// How it was found, in the words of the fact.
    pub found_by: &'static str,
    /// Its addresses, in the order in which they are tried; empty where they were not looked up.
    pub addresses: Vec<IpAddr>,
    /// Why it has none, if they were.
    pub problem: Option<Status>,
}

/// The host of the route of a domain, if it has one. Nothing is looked up.
pub fn routed(config: &Config, domain: &str) -> Option<MailHost> {
    directions(config).routed(domain).map(|candidate| of(&candidate))
}

/// The hosts of a domain in the order in which they are tried, with their addresses.
///
/// # Errors
///
/// Why it has none.
pub async fn look_up(config: &Config, domain: &str, names: &dyn Names) -> Result<Vec<MailHost>, Status> {
    let candidates = directions(config).hosts(domain, names).await;
    let mut hosts = vec![];
    for candidate in candidates.map_err(super::problem::Problem::into_status)? {
        let mut host = of(&candidate);
        match candidate.endpoints(names).await {
            Ok(endpoints) => {
                let endpoints = super::race::interleaved(endpoints);
                host.addresses = endpoints.iter().map(|endpoint| endpoint.address.ip()).collect();
            }
            Err(problem) => host.problem = Some(problem.into_status()),
        }
        hosts.push(host);
    }
    Ok(hosts)
}

fn of(candidate: &Candidate) -> MailHost {
    let Candidate { name, port, found_by } = candidate;
    MailHost { name: name.clone(), port: *port, found_by: found_by.word(), addresses: vec![], problem: None }
}

fn directions(config: &Config) -> Directions<'_> {
    Directions { routes: &config.routes, port: config.delivery.port, ourselves: &config.hostname }
}
