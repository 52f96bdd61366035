//! The way that a message goes, where a filter has chosen one: its next hops, and how we come to
//! them. No I/O.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::EnhancedCode;
use waxseal_plugins::verdicts::outgoing as said;

use super::hosts::{Candidate, Endpoint, FoundBy};
use super::problem::Problem;
use crate::config::{self, NextHop, Transport};

/// A way. What it does not say is as the domain and the configuration have it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Way {
    /// The next hops, the preferred first; `None` for the hosts of the domain.
    pub hops: Option<Vec<NextHop>>,
    /// How we come there.
    pub departure: Departure,
}

/// As whom, and from where, we come to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Departure {
    /// Our own address that connections come from; `None` for the one that the system takes.
    pub source: Option<IpAddr>,
    /// The name that we give in EHLO; `None` for the relay's.
    pub helo_name: Option<String>,
}

/// As all mail goes that no filter has a way for.
#[cfg(test)]
pub(super) static USUAL: Departure = Departure { source: None, helo_name: None };

/// A way, and who chose it.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    /// The way.
    pub way: Arc<Way>,
    /// Who chose it; `None` where nobody did.
    pub by: Option<Place>,
}

impl Way {
    /// The way that a verdict says, which the transport that it names completes.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words: such a way cannot be gone.
    pub(super) fn of(said: &said::Way, transports: &[Transport], default_port: u16) -> Result<Self, String> {
        let transport = match &said.transport {
            Some(name) => named(name, transports)?.clone(),
            None => Transport::default(),
        };
        let hops = said.to.as_ref().map(|to| next_hops(to, default_port)).transpose()?;
        let helo_name = said.helo_name.as_ref().map(|name| {
            config::helo_name(name).map_err(|problem| format!("the EHLO name of the way {problem}"))
        });
        if let Some(source) = said.source.filter(|source| !config::can_be_source(source)) {
            return Err(format!("no connection can come from {source}: name an address of this machine"));
        }
        Ok(Self {
            hops: hops.or(transport.to),
            departure: Departure {
                source: said.source.or(transport.source),
                helo_name: helo_name.transpose()?.or(transport.helo_name),
            },
        })
    }

    /// Its next hops as hosts that a route has named; `None` for the hosts of the domain.
    pub(super) fn candidates(&self) -> Option<Vec<Candidate>> {
        let candidate =
            |hop: &NextHop| Candidate { name: hop.host.clone(), port: hop.port, found_by: FoundBy::Route };
        self.hops.as_ref().map(|hops| hops.iter().map(candidate).collect())
    }
}

impl Departure {
    /// The name that we give in EHLO.
    pub(super) fn name<'a>(&'a self, hostname: &'a str) -> &'a str {
        self.helo_name.as_deref().unwrap_or(hostname)
    }

    /// The addresses of a host that we can come to: a connection has one family.
    ///
    /// # Errors
    ///
    /// The host has none.
    pub(super) fn reachable(
        &self,
        mut endpoints: Vec<Endpoint>,
        host: &str,
    ) -> Result<Vec<Endpoint>, Problem> {
        let Some(source) = self.source else { return Ok(endpoints) };
        endpoints.retain(|endpoint| endpoint.address.is_ipv4() == source.is_ipv4());
        if endpoints.is_empty() {
            let family = if source.is_ipv4() { "IPv4" } else { "IPv6" };
            let reason = format!("{host} has no {family} address, and its mail is to be sent from {source}");
            return Err(Problem::temporary(EnhancedCode::new(4, 4, 4), reason).at(host));
        }
        Ok(endpoints)
    }
}

impl Chosen {
    /// The way and who chose it, in words, for the operator; `None` where nobody did.
    pub(super) fn words(&self) -> Option<String> {
        let by = self.by.as_ref()?;
        Some(format!("{} (chosen at {by})", self.way))
    }
}

/// As in `to relay.example.net:25, from 192.0.2.7, as news.example.org`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hops = self.hops.as_ref().map(|hops| hops.iter().map(written).collect::<Vec<_>>().join(" or "));
        let parts = [
            Some(format!("to {}", hops.as_deref().unwrap_or("the hosts of the domain"))),
            self.departure.source.map(|source| format!("from {source}")),
            self.departure.helo_name.as_ref().map(|name| format!("as {name}")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// As a script writes it.
fn written(hop: &NextHop) -> String {
    let NextHop { host, port } = hop;
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

fn named<'a>(name: &str, transports: &'a [Transport]) -> Result<&'a Transport, String> {
    transports.iter().find(|transport| transport.name == name).ok_or_else(|| {
        let known: Vec<_> = transports.iter().map(|transport| format!("`{}`", transport.name)).collect();
        let known = match known.as_slice() {
            [] => "it has none".to_owned(),
            known => format!("it has {}", known.join(", ")),
        };
        format!("the configuration has no [[transport]] `{name}`: {known}")
    })
}

fn next_hops(to: &[String], default_port: u16) -> Result<Vec<NextHop>, String> {
    if to.is_empty() {
        return Err("the way names no host: leave `to` out for the hosts of the domain".to_owned());
    }
    let hop = |text: &String| {
        config::next_hop(text, default_port).map_err(|problem| format!("a next hop {problem}"))
    };
    to.iter().map(hop).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transports() -> Vec<Transport> {
        let hop = NextHop { host: "bulk.example.net".to_owned(), port: 2525 };
        vec![Transport {
            name: "bulk".to_owned(),
            to: Some(vec![hop]),
            source: Some("192.0.2.8".parse().unwrap()),
            helo_name: Some("news.example.org".to_owned()),
        }]
    }

    #[expect(clippy::needless_pass_by_value, reason = "so the cases read best")]
    fn of(said: said::Way) -> Result<Way, String> {
        Way::of(&said, &transports(), 25)
    }

    #[test]
    fn what_is_not_said_is_as_usual() {
        let way = of(said::Way::default()).unwrap();
        assert_eq!((&way, way.candidates()), (&Way::default(), None));
        assert_eq!(way.departure.name("relay.example.org"), "relay.example.org");
        assert_eq!(way.to_string(), "to the hosts of the domain");
        assert_eq!(Chosen::default().words(), None);
    }

    #[test]
    fn a_transport_says_what_the_verdict_does_not() {
        let transport = Some("bulk".to_owned());
        let way = of(said::Way { transport: transport.clone(), ..said::Way::default() }).unwrap();
        assert_eq!(way.to_string(), "to bulk.example.net:2525, from 192.0.2.8, as news.example.org");
        let to = Some(vec!["[2001:db8::5]".to_owned(), "Other.example".to_owned()]);
        let source = Some("192.0.2.9".parse().unwrap());
        let way = of(said::Way { to, source, transport, ..said::Way::default() }).unwrap();
        let expected = "to [2001:db8::5]:25 or other.example:25, from 192.0.2.9, as news.example.org";
        assert_eq!(way.to_string(), expected);
        let candidates = way.candidates().unwrap();
        assert!(candidates.iter().all(|candidate| candidate.found_by == FoundBy::Route));
        let chosen = Chosen { way: Arc::new(way), by: Some(Place::new("filters/a.rhai", 3, 5)) };
        assert_eq!(chosen.words().unwrap(), format!("{expected} (chosen at filters/a.rhai:3:5)"));
    }

    #[test]
    fn what_cannot_be_gone_says_what_would_be_right() {
        let to = |hops: &[&str]| said::Way {
            to: Some(hops.iter().map(ToString::to_string).collect()),
            ..said::Way::default()
        };
        let transport = said::Way { transport: Some("bluk".to_owned()), ..said::Way::default() };
        let helo_name = said::Way { helo_name: Some("a\r\nb".to_owned()), ..said::Way::default() };
        let source = said::Way { source: Some("0.0.0.0".parse().unwrap()), ..said::Way::default() };
        for (way, expected) in [
            (to(&[]), "names no host"),
            (to(&["fine.example", "a b"]), "a next hop cannot be \"a b\""),
            (transport, "no [[transport]] `bluk`: it has `bulk`"),
            (helo_name, "the EHLO name of the way cannot be"),
            (source, "no connection can come from 0.0.0.0"),
        ] {
            let problem = of(way).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn only_addresses_of_the_family_of_the_source_are_gone_to() {
        let endpoint = |address: &str| Endpoint {
            name: "mx.example.org".to_owned(),
            address: address.parse().unwrap(),
            found_by: FoundBy::Mx,
        };
        let both = vec![endpoint("[2001:db8::1]:25"), endpoint("192.0.2.1:25")];
        assert_eq!(USUAL.reachable(both.clone(), "mx.example.org").unwrap(), both);
        let from = |source: &str| Departure { source: Some(source.parse().unwrap()), helo_name: None };
        assert_eq!(from("192.0.2.7").reachable(both.clone(), "mx").unwrap(), both[1..]);
        let problem = from("192.0.2.7").reachable(both[..1].to_vec(), "mx").unwrap_err();
        assert!(
            !problem.is_permanent() && problem.status().reason.contains("no IPv4 address"),
            "{problem:?}"
        );
    }
}
