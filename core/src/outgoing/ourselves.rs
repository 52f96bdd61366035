//! Where we listen ourselves: mail must not be brought to us in a circle, whatever name we have there
//! (RFC 5321 section 5.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use waxseal_plugins::verdicts::EnhancedCode;

use super::hosts::{Endpoint, FoundBy};
use super::problem::Problem;
use crate::config::Listener;

/// A port, for a question to the routing table.
const DISCARD: u16 = 9;

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

/// Why no mail is brought to ourselves. For now only: what an address is to this machine is the word of
/// its network, which may be wrong. Where an MX record has our own name there is no doubt.
pub(super) fn problem(domain: &str) -> Problem {
    let reason = format!("the hosts of {domain} lead back to this relay, which does not keep its mail");
    Problem::temporary(EnhancedCode::new(4, 4, 6), reason)
}

/// Whether a listener takes connections to all our addresses of this family. One to `::` takes those of
/// both, as systems have it by default.
fn takes_all(listener: IpAddr, address: IpAddr) -> bool {
    listener.is_unspecified() && (listener.is_ipv6() || address.is_ipv4())
}

/// Whether an address is this machine's: what goes there comes from there, or only such can be bound. The
/// second finds an interface's further addresses.
fn is_local(address: IpAddr) -> bool {
    address.is_loopback()
        || comes_from(address) == Some(address)
        || (can_be_bound(address) && !can_be_bound(foreign(address)))
}

/// The address from which we would speak to this one. Nothing is sent.
fn comes_from(address: IpAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    socket.connect(SocketAddr::new(address, DISCARD)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn can_be_bound(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

/// An address for documentation, which nobody has (RFC 5737, RFC 3849): where it can be bound, anything
/// can (`net.ipv4.ip_nonlocal_bind`).
fn foreign(address: IpAddr) -> IpAddr {
    if address.is_ipv4() {
        Ipv4Addr::new(203, 0, 113, 1).into()
    } else {
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()
    }
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
    fn a_guess_costs_no_mail() {
        assert!(!problem("example.org").is_permanent());
    }

    #[test]
    fn a_route_is_meant() {
        assert!(!is_at("127.0.0.1:25", "127.0.0.1:25", FoundBy::Route));
    }
}
