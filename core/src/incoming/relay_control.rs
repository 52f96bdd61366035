//! Who may send to whom: never an open relay, in any configuration that loads.

use std::net::IpAddr;

use crate::config::RelayControl;
use crate::smtp::address::Mailbox;

/// Whether mail of a client may be relayed to a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relaying {
    /// It may.
    Permit,
    /// It may not: `550 5.7.1`.
    Deny,
    /// Not with a route in the local part: `550 5.7.1`.
    DenyRoute,
}

impl RelayControl {
    /// A client of one of the networks may send anywhere, anyone to one of the domains, but not by
    /// a route in the local part. Address literals are nobody's domain.
    pub(super) fn relaying(&self, client: IpAddr, recipient: &Mailbox) -> Relaying {
        if self.is_ours(client) {
            Relaying::Permit
        } else if !recipient.lookup_domain().is_some_and(|domain| self.serves(&domain)) {
            Relaying::Deny
        } else if is_route(recipient.local()) {
            Relaying::DenyRoute
        } else {
            Relaying::Permit
        }
    }

    fn serves(&self, domain: &str) -> bool {
        self.domains.iter().any(|pattern| matches(pattern, domain))
    }
}

/// `*.domain` is all below the domain, not itself.
fn matches(pattern: &str, domain: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            domain.strip_suffix(parent).is_some_and(|below| below.len() > 1 && below.ends_with('.'))
        }
        None => pattern == domain,
    }
}

/// Whether a local part may be read as a route to elsewhere: `user%other.example`,
/// `other.example!user`, `"user@other.example"`. We do not read it so, but many a host behind us
/// does, and trusts us: strangers would relay through it by way of us.
fn is_route(local: &str) -> bool {
    local.contains(['%', '!', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relaying(client: &str, recipient: &str) -> Relaying {
        let control = RelayControl {
            networks: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            domains: vec!["example.org".into(), "*.example.net".into(), "xn--mnchen-3ya.example".into()],
        };
        control.relaying(client.parse().unwrap(), &Mailbox::parse(recipient).unwrap())
    }

    #[test]
    fn our_networks_send_anywhere() {
        for client in ["192.0.2.7", "2001:db8::7"] {
            for recipient in ["a@example.com", "a@[203.0.113.1]", "a@example.org"] {
                assert_eq!(relaying(client, recipient), Relaying::Permit, "{client} to {recipient}");
            }
        }
    }

    #[test]
    fn anyone_sends_to_our_domains() {
        for recipient in ["a@EXAMPLE.org", "a@x.example.net", "a@x.y.example.net", "a@münchen.example"] {
            assert_eq!(relaying("203.0.113.9", recipient), Relaying::Permit, "{recipient}");
        }
    }

    #[test]
    fn nobody_else_sends_anywhere_else() {
        for recipient in [
            "a@example.com",
            "a@example.net",
            "a@badexample.net",
            "a@sub.example.org",
            "a@[192.0.2.1]",
            "a%example.org@example.com",
            "\"a@example.org\"@example.com",
        ] {
            assert_eq!(relaying("203.0.113.9", recipient), Relaying::Deny, "{recipient}");
        }
    }

    #[test]
    fn a_route_in_the_local_part_is_for_our_networks_only() {
        for recipient in [
            "a%example.com@example.org",
            "example.com!a@example.org",
            "\"a@example.com\"@example.org",
            "\"a\\%example.com\"@x.example.net",
        ] {
            assert_eq!(relaying("203.0.113.9", recipient), Relaying::DenyRoute, "{recipient}");
            assert_eq!(relaying("192.0.2.7", recipient), Relaying::Permit, "{recipient}");
        }
        assert_eq!(relaying("203.0.113.9", "\"a b\"@example.org"), Relaying::Permit);
    }

    #[test]
    fn without_networks_and_domains_nothing_is_relayed() {
        let recipient = Mailbox::parse("a@example.org").unwrap();
        let relaying = RelayControl::default().relaying([127, 0, 0, 1].into(), &recipient);
        assert_eq!(relaying, Relaying::Deny);
    }
}
