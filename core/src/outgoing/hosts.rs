//! The hosts of a domain: a route, or its MX records, or the domain itself (RFC 5321 section 5.1).

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};

use waxseal_plugins::verdicts::EnhancedCode;

use super::problem::Problem;
use crate::config::Route;
use crate::names::{LookupError, Mx, Names};

/// A host that takes mail for a domain, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The name, or an address.
    pub name: String,
    /// The port.
    pub port: u16,
    /// How it was found.
    pub found_by: FoundBy,
}

/// How a host was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum FoundBy {
    /// By an MX record.
    Mx,
    /// The domain has no MX record, and is its own host.
    ImplicitMx,
    /// By a configured route.
    Route,
}

/// A host with an address: where to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Endpoint {
    /// The host's name.
    pub name: String,
    /// Its address and port.
    pub address: SocketAddr,
    /// How it was found.
    pub found_by: FoundBy,
}

/// What is known here of where mail goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Directions<'a> {
    /// The configured routes.
    pub routes: &'a [Route],
    /// The port of MX hosts.
    pub port: u16,
    /// Our own name.
    pub ourselves: &'a str,
}

impl FoundBy {
    /// The word for it in the facts.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::ImplicitMx => "implicit_mx",
            Self::Route => "route",
        }
    }
}

impl Directions<'_> {
    /// The hosts of a domain, in the order in which they are to be tried.
    pub(super) async fn hosts(&self, domain: &str, names: &dyn Names) -> Result<Vec<Candidate>, Problem> {
        if let Some(routed) = self.routed(domain) {
            return Ok(vec![routed]);
        }
        if domain.starts_with('[') {
            return Ok(vec![self.own_host(&literal(domain)?.to_string())]);
        }
        match names.mx(domain).await {
            Ok(records) if !records.is_empty() => self.ordered(domain, records),
            Ok(_) | Err(LookupError::NoRecord(_)) => Ok(vec![self.own_host(domain)]),
            Err(error) => Err(lookup_problem(&error, Missing::ForGood)),
        }
    }

    /// The host of the first route that matches.
    pub(super) fn routed(&self, domain: &str) -> Option<Candidate> {
        let route = self.route(domain)?;
        let name = route.host.trim_end_matches('.').to_ascii_lowercase();
        Some(Candidate { name, port: route.port, found_by: FoundBy::Route })
    }

    /// The first route that matches.
    fn route(&self, domain: &str) -> Option<&Route> {
        self.routes.iter().find(|route| match route.domain.strip_prefix("*.") {
            Some(parent) => {
                domain.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            None => route.domain == "*" || route.domain.eq_ignore_ascii_case(domain),
        })
    }

    fn own_host(&self, name: &str) -> Candidate {
        Candidate { name: name.to_owned(), port: self.port, found_by: FoundBy::ImplicitMx }
    }

    /// By preference, at random among equals (RFC 5321 section 5.1). Hosts that are not preferred
    /// to ourselves are left out: mail would go round in circles.
    fn ordered(&self, domain: &str, records: Vec<Mx>) -> Result<Vec<Candidate>, Problem> {
        if records.iter().all(|record| record.host.is_empty()) {
            let reason = format!("{domain} takes no mail (null MX)");
            return Err(Problem::permanent(EnhancedCode::new(5, 1, 10), reason));
        }
        let ours = records.iter().filter(|record| record.host.eq_ignore_ascii_case(self.ourselves));
        let ours = ours.map(|record| record.preference).min();
        let mut records: Vec<Mx> = records
            .into_iter()
            .filter(|record| !record.host.is_empty() && ours.is_none_or(|ours| record.preference < ours))
            .collect();
        if records.is_empty() {
            let reason =
                format!("the MX records of {domain} lead back to this relay, which does not keep its mail");
            return Err(Problem::permanent(EnhancedCode::new(5, 4, 6), reason));
        }
        let dice = RandomState::new();
        records.sort_by_cached_key(|record| (record.preference, dice.hash_one(&record.host)));
        let candidate = |record: Mx| Candidate { name: record.host, port: self.port, found_by: FoundBy::Mx };
        Ok(records.into_iter().map(candidate).collect())
    }
}

impl Candidate {
    /// The host's addresses.
    pub(super) async fn endpoints(&self, names: &dyn Names) -> Result<Vec<Endpoint>, Problem> {
        let addresses = match self.name.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => names.addresses(&self.name).await.map_err(|error| self.no_address(&error))?,
        };
        if addresses.is_empty() {
            return Err(self.no_address(&LookupError::NoRecord(self.name.clone())));
        }
        let endpoint = |address| Endpoint {
            name: self.name.clone(),
            address: SocketAddr::new(address, self.port),
            found_by: self.found_by,
        };
        Ok(addresses.into_iter().map(endpoint).collect())
    }

    /// A route to a name that does not exist is a mistake of ours, and may be mended in time.
    fn no_address(&self, error: &LookupError) -> Problem {
        let missing = match self.found_by {
            FoundBy::Route => Missing::ForNow,
            FoundBy::Mx | FoundBy::ImplicitMx => Missing::ForGood,
        };
        lookup_problem(error, missing).at(&self.name)
    }
}

/// What a name that does not exist means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    ForGood,
    ForNow,
}

fn lookup_problem(error: &LookupError, missing: Missing) -> Problem {
    let code = match error {
        LookupError::NoName(_) => EnhancedCode::new(5, 1, 2),
        LookupError::NoRecord(_) => EnhancedCode::new(5, 4, 4),
        LookupError::Unavailable { .. } => {
            return Problem::temporary(EnhancedCode::new(4, 4, 3), error.to_string());
        }
    };
    match missing {
        Missing::ForGood => Problem::permanent(code, error.to_string()),
        Missing::ForNow => Problem::temporary(code, error.to_string()),
    }
}

/// The address of an address literal (RFC 5321 section 4.1.3).
fn literal(domain: &str) -> Result<IpAddr, Problem> {
    let inner = domain.trim_start_matches('[').trim_end_matches(']');
    let inner = inner.strip_prefix("IPv6:").or_else(|| inner.strip_prefix("ipv6:")).unwrap_or(inner);
    inner.parse().map_err(|_| {
        Problem::permanent(EnhancedCode::new(5, 1, 2), format!("`{domain}` is no address of a host"))
    })
}

#[cfg(test)]
mod tests;
