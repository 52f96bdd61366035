//! Under what a connection is kept.

use std::sync::Arc;

use waxseal_plugins::facts::Row;

use crate::outgoing::facts;
use crate::outgoing::hosts::Endpoint;
use crate::outgoing::way::Way;
use crate::tls::certificate;

/// Everything that the decisions about a connection rested on, beside the host's own words.
#[derive(Clone, Debug)]
pub(in crate::outgoing) struct Key {
    /// The recipients' domain.
    pub domain: String,
    /// The host, and how it was found.
    pub endpoint: Endpoint,
    /// The way that filters chose: connections come from where it says, and by the name that it says.
    pub way: Arc<Way>,
    /// The domain's row.
    pub row: Arc<Row>,
    /// The generation of the bundle that decided.
    pub generation: u64,
    /// The epoch of identities and roots before the handshake.
    pub epoch: u64,
}

impl Key {
    /// Whether a connection under this key is as good as one that the other would get: same domain,
    /// and nothing was reloaded.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let same_row = || Arc::ptr_eq(&self.row, &other.row) || self.row == other.row;
        self.domain == other.domain && self.is_alike(other) && same_row()
    }

    /// Whether the two may share a connection if their hooks agree: only the domain may differ, and
    /// where its row is written.
    pub(super) fn may_share(&self, other: &Self) -> bool {
        self.is_alike(other)
            && contents(&self.row) == contents(&other.row)
            && self.expected_names() == other.expected_names()
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.generation == other.generation
            && self.epoch == other.epoch
            && self.endpoint == other.endpoint
            && self.way == other.way
    }

    /// The names of which the host's certificate must have one.
    fn expected_names(&self) -> Vec<String> {
        certificate::host_names(&facts::host(&self.endpoint, &self.domain, &self.row, 0))
    }
}

/// What a row says, wherever it stands and for whomever.
fn contents(row: &Row) -> Row {
    Row { pattern: String::new(), place: String::new(), ..row.clone() }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::facts::{Parameter, Version};

    use super::*;
    use crate::outgoing::hosts::FoundBy;

    fn key(domain: &str, found_by: FoundBy, row: Row) -> Key {
        let address = "192.0.2.1:25".parse().unwrap();
        let endpoint = Endpoint { name: "mx.example.com".to_owned(), address, found_by };
        Key {
            domain: domain.to_owned(),
            endpoint,
            way: Arc::default(),
            row: Arc::new(row),
            generation: 1,
            epoch: 1,
        }
    }

    fn shares(found_by: FoundBy, one: Row, other: Row) -> bool {
        key("example.org", found_by, one).may_share(&key("example.net", found_by, other))
    }

    #[test]
    fn rows_that_say_the_same_may_share_wherever_they_are_written() {
        let one = Row { pattern: "example.org".into(), place: "domains.rhai:9:5".into(), ..Row::default() };
        let other = Row { pattern: "example.net".into(), place: "domains.rhai:8:5".into(), ..Row::default() };
        assert!(shares(FoundBy::Route, one, other));
    }

    #[test]
    fn rows_that_differ_in_anything_never_share() {
        let listed = || vec!["x".to_owned()];
        let others = [
            Row { policy: "x".into(), ..Row::default() },
            Row { because: "x".into(), ..Row::default() },
            Row { valid_until: "2027-06-30".into(), ..Row::default() },
            Row { min_version: Version::Tls13, ..Row::default() },
            Row { suites: listed(), ..Row::default() },
            Row { groups: listed(), ..Row::default() },
            Row { names: listed(), ..Row::default() },
            Row { pins: listed(), ..Row::default() },
            Row { roots: listed(), ..Row::default() },
            Row { identity: "x".into(), ..Row::default() },
            Row { parameters: [("x".to_owned(), Parameter::Flag(true))].into(), ..Row::default() },
        ];
        for other in others {
            assert!(!shares(FoundBy::Route, Row::default(), other.clone()), "{other:?}");
        }
    }

    #[test]
    fn where_the_domain_is_the_expected_name_nothing_is_shared() {
        let named = || Row { names: vec!["mx".into()], ..Row::default() };
        assert!(!shares(FoundBy::Mx, Row::default(), Row::default()));
        assert!(shares(FoundBy::Mx, named(), named()));
    }
}
