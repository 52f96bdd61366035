//! Where we listen ourselves: mail must not be brought to us in a circle, whatever name we have there
//! (RFC 5321 section 5.1).

use std::net::{IpAddr, SocketAddr, UdpSocket};

use waxseal_plugins::verdicts::EnhancedCode;

use super::hosts::{Endpoint, FoundBy};
use super::problem::Problem;
use crate::config::Listener;

/// Our own addresses.
#[derive(Debug)]
pub(super) struct Ourselves {
    listeners: Vec<SocketAddr>,
}

impl Ourselves {
    /// Those of our listeners.
    pub(super) fn new(listeners: &[Listener]) -> Self {
        Self { listeners: listeners.iter().map(|listener| listener.address).collect() }
    }

    /// Whether a host is this relay. One that a route names is meant: its loop, if it is one, ends by
    /// the count of hops (RFC 5321 section 6.3).
    pub(super) fn is_at(&self, endpoint: &Endpoint) -> bool {
        endpoint.found_by != FoundBy::Route && self.listens_at(endpoint.address)
    }

    fn listens_at(&self, address: SocketAddr) -> bool {
        let same_port = || self.listeners.iter().filter(|listener| listener.port() == address.port());
        same_port().any(|listener| listener.ip() == address.ip())
            || (same_port().any(|listener| takes_all(listener.ip(), address.ip())) && is_local(address.ip()))
    }
}

/// Why no mail is brought to ourselves.
pub(super) fn problem(domain: &str) -> Problem {
    let reason = format!("the hosts of {domain} lead back to this relay, which does not keep its mail");
    Problem::permanent(EnhancedCode::new(5, 4, 6), reason)
}

/// Whether a listener takes connections to all our addresses of this family. One to `::` takes those of
/// both, as systems have it by default.
fn takes_all(listener: IpAddr, address: IpAddr) -> bool {
    listener.is_unspecified() && (listener.is_ipv6() || address.is_ipv4())
}

/// Whether an address is this machine's: only such can be bound.
fn is_local(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ListenerMode;

    fn is_at(listener: &str, address: &str, found_by: FoundBy) -> bool {
        let listener = Listener { address: listener.parse().unwrap(), mode: ListenerMode::StartTls };
        let endpoint =
            Endpoint { name: "mx.example.org".to_owned(), address: address.parse().unwrap(), found_by };
        Ourselves::new(&[listener]).is_at(&endpoint)
    }

    #[test]
    fn we_are_where_we_listen() {
        for (listener, address, expected) in [
            ("127.0.0.1:25", "127.0.0.1:25", true),
            ("127.0.0.1:25", "127.0.0.1:26", false),
            ("127.0.0.1:25", "127.0.0.2:25", false),
            ("0.0.0.0:25", "127.0.0.2:25", true),
            ("[::]:25", "127.0.0.2:25", true),
            ("0.0.0.0:25", "[::1]:25", false),
            // TEST-NET-1 is nobody's.
            ("0.0.0.0:25", "192.0.2.1:25", false),
        ] {
            assert_eq!(is_at(listener, address, FoundBy::Mx), expected, "{listener} {address}");
        }
    }

    #[test]
    fn a_route_is_meant() {
        assert!(!is_at("127.0.0.1:25", "127.0.0.1:25", FoundBy::Route));
    }
}
