//! The names of which a peer's certificate should have one, and whether it does.

use std::net::IpAddr;

use crate::facts::{Host, Row};

/// The names of which a client's certificate must have one: the row's, the sender's domain (empty
/// before MAIL FROM), and any below it. EHLO names prove nothing and are never among them.
pub fn client_names(row: &Row, sender_domain: &str) -> Vec<String> {
    row.names.iter().cloned().chain(domain_and_below(sender_domain)).collect()
}

/// The names of which a host's certificate must have one: the row's; else a configured route's
/// host; else the recipients' domain or any below it. A plain MX name proves nothing, since
/// whoever forges the MX record chooses the name himself; `names "mx"` trusts it all the same.
pub fn host_names(host: &Host) -> Vec<String> {
    if !host.row.names.is_empty() {
        let trusted = |name: &String| if name == "mx" { host.name.clone() } else { name.clone() };
        return host.row.names.iter().map(trusted).collect();
    }
    if host.found_by == "route" {
        // An address is nobody's identity: a route to one needs `names`.
        let named = host.name.parse::<IpAddr>().is_err();
        return named.then(|| host.name.clone()).into_iter().collect();
    }
    domain_and_below(&host.domain)
}

/// Whether a name that a certificate presents is the expected one, RFC 9525 section 6.3: a
/// wildcard is the whole left-most label, stands for exactly one, and has two labels or more to its
/// right. An expected `.example.org` stands for any name below. What a certificate presents is
/// A-labels; anything else, as a name with a NUL in it, is no name at all.
pub fn matches(expected: &str, presented: &str) -> bool {
    if !presented.bytes().all(|octet| octet.is_ascii_graphic()) {
        return false;
    }
    let (expected, presented) = (normal(expected), normal(presented));
    if expected.parse::<IpAddr>().is_ok() || presented.parse::<IpAddr>().is_ok() {
        return expected.parse::<IpAddr>().ok() == presented.parse().ok();
    }
    let wildcard = presented.strip_prefix("*.").filter(|parent| parent.contains('.'));
    if wildcard.unwrap_or(&presented).contains('*') || presented.is_empty() {
        return false;
    }
    match (expected.strip_prefix('.'), wildcard) {
        (Some(domain), Some(parent)) => parent == domain || is_below(parent, domain),
        (Some(domain), None) => is_below(&presented, domain),
        (None, Some(parent)) => {
            expected.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
        }
        (None, None) => expected == presented,
    }
}

fn domain_and_below(domain: &str) -> Vec<String> {
    if domain.is_empty() { vec![] } else { vec![domain.to_owned(), format!(".{domain}")] }
}

/// Names are compared as lower-case A-labels without the root's dot. What idna cannot read is
/// compared as it is.
pub(crate) fn normal(name: &str) -> String {
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let (dot, rest) = name.strip_prefix('.').map_or(("", name), |rest| (".", rest));
    idna::domain_to_ascii(rest).map_or_else(|_| name.to_lowercase(), |ascii| format!("{dot}{ascii}"))
}

fn is_below(name: &str, domain: &str) -> bool {
    let label = name.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
    !domain.is_empty() && label.is_some_and(|label| !label.is_empty() && !label.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn host(found_by: &str, name: &str, names: &[&str]) -> Host {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Host {
            name: name.into(),
            domain: "example.org".into(),
            found_by: found_by.into(),
            row: Arc::new(Row { names, ..Row::default() }),
            ..Host::default()
        }
    }

    #[test]
    fn a_plain_mx_name_is_no_name_to_expect() {
        assert_eq!(host_names(&host("mx", "mx.evil.example", &[])), ["example.org", ".example.org"]);
        assert_eq!(host_names(&host("mx", "mx.host.example", &["mx"])), ["mx.host.example"]);
    }

    #[test]
    fn the_names_of_the_row_replace_all_others() {
        assert_eq!(host_names(&host("route", "relay.example", &["a.example"])), ["a.example"]);
        assert_eq!(host_names(&host("mx", "mx.example", &[".b.example"])), [".b.example"]);
    }

    #[test]
    fn a_route_names_its_host_but_an_address_is_no_name() {
        assert_eq!(host_names(&host("route", "relay.example", &[])), ["relay.example"]);
        assert!(host_names(&host("route", "192.0.2.1", &[])).is_empty());
        assert!(host_names(&host("route", "2001:db8::1", &[])).is_empty());
    }

    #[test]
    fn a_client_is_named_by_its_row_and_by_the_sender() {
        let row = Row { names: vec!["relay.example".into()], ..Row::default() };
        assert_eq!(client_names(&row, ""), ["relay.example"]);
        assert_eq!(client_names(&row, "a.example"), ["relay.example", "a.example", ".a.example"]);
        assert!(client_names(&Row::default(), "").is_empty());
    }

    #[test]
    fn compares_names_as_rfc_9525_says() {
        assert!(matches("mx.example.org", "MX.Example.ORG."));
        assert!(matches("mx.example.org", "*.example.org"));
        assert!(matches("bücher.example", "xn--bcher-kva.example"));
        assert!(!matches("a.mx.example.org", "*.example.org"));
        assert!(!matches("example.org", "*.example.org"));
        assert!(!matches("mx.example.org", "m*.example.org"));
        assert!(!matches("mx.example.org", "mx.*.org"));
        assert!(!matches("example.org", "*.org"));
        assert!(!matches("example.org", "*"));
        assert!(!matches("", ""));
    }

    #[test]
    fn takes_nothing_but_a_labels_for_a_name() {
        assert!(!matches("xn--bcher-kva.example", "bücher.example"));
        assert!(!matches("mx.example.org", "ｍx.example.org"));
        assert!(!matches("mx.example.org", "mx.example.org\0"));
        assert!(!matches("mx.example.org", "mx.example.org\0.evil.example"));
        assert!(!matches(".example.org", "evil.example\0.example.org"));
        assert!(!matches(".example.org", "a b.example.org"));
    }

    #[test]
    fn knows_what_is_below_a_domain() {
        assert!(matches(".example.org", "mx.example.org"));
        assert!(matches(".example.org", "a.b.example.org"));
        assert!(matches(".example.org", "*.example.org"));
        assert!(matches(".example.org", "*.mx.example.org"));
        assert!(!matches(".example.org", "example.org"));
        assert!(!matches(".example.org", "badexample.org"));
        assert!(!matches(".example.org", "*.org"));
        assert!(!matches(".", "example.org"));
    }

    #[test]
    fn compares_addresses_by_value() {
        assert!(matches("2001:db8::1", "2001:DB8:0::1"));
        assert!(!matches("192.0.2.1", "192.0.2.2"));
        assert!(!matches("192.0.2.1", "*.0.2.1"));
    }

    proptest! {
        #[test]
        fn never_matches_another_domain(label in "[a-z]{1,8}", other in "[a-z]{1,8}\\.example") {
            let presented = format!("{label}.{other}");
            prop_assert!(!matches("mx.example.org", &presented));
            prop_assert!(!matches(".example.org", &presented));
        }

        #[test]
        fn never_panics(expected in ".*", presented in ".*") {
            matches(&expected, &presented);
        }
    }
}
