//! By which names the admin side is reached: against DNS rebinding.
//!
//! A page of somebody else's can give its own name our address, and a browser then takes us for that page.
//! The name stands in `Host`, so a name that is not ours is told nothing. An address needs no name, and so
//! cannot be taken in this way.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// Our names.
#[derive(Clone, Debug)]
pub struct Names(Vec<String>);

impl Names {
    /// These, and `localhost`.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().chain(["localhost"]);
        Self(names.map(str::to_ascii_lowercase).collect())
    }

    /// Whether a request is meant for us.
    pub fn are_meant(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.has(without_port(host)))
    }

    fn has(&self, host: &str) -> bool {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = host.strip_suffix('.').unwrap_or(host);
        bare.parse::<IpAddr>().is_ok() || self.0.iter().any(|one| one.eq_ignore_ascii_case(name))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // Of an IPv6 address without brackets the last colon begins no port.
        Some((name, port))
            if port.bytes().all(|octet| octet.is_ascii_digit())
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ours_and_addresses_are_meant() {
        let names = Names::new(["relay.example"]);
        let meant = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            names.are_meant(&headers)
        };
        for host in ["localhost:8025", "127.0.0.1:1", "[::1]:8025", "[::1]", "RELAY.example.", "192.0.2.1"] {
            assert!(meant(host), "{host}");
        }
        for host in
            ["evil.example", "evil.example:8025", "relay.example.evil.example", "", "127.0.0.1.evil.example"]
        {
            assert!(!meant(host), "{host}");
        }
        assert!(!names.are_meant(&HeaderMap::new()));
    }
}
