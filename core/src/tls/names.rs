//! The names in certificates: which is which, and how they are written.

use std::net::IpAddr;

use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{GeneralName, X509Certificate, X509Name};

/// Whether a name that a certificate presents is the expected one, RFC 9525 section 6.3: a
/// wildcard is the whole left-most label, stands for exactly one, and has two labels or more to its
/// right. An expected `.example.org` stands for any name below. What a certificate presents is
/// A-labels; anything else, as a name with a NUL in it, is no name at all.
pub(super) fn matches(expected: &str, presented: &str) -> bool {
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

/// The subject alternative names: DNS names and addresses. Common names are no names (RFC 9525
/// section 6.4.4 of its predecessor allowed them; it does not).
pub(super) fn alternative(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let names = extension.map(|extension| &extension.value.general_names);
    names.into_iter().flatten().filter_map(alternative_name).collect()
}

/// A distinguished name as RFC 4514 writes it: the most specific part first.
pub(super) fn rfc4514(name: &X509Name<'_>) -> String {
    let relative = |attributes: Vec<String>| attributes.join("+");
    let mut parts: Vec<_> = name
        .iter_rdn()
        .map(|rdn| {
            relative(
                rdn.iter()
                    .map(|attribute| {
                        let kind = oid2abbrev(attribute.attr_type(), oid_registry())
                            .map_or_else(|_| attribute.attr_type().to_id_string(), str::to_owned);
                        format!("{kind}={}", escaped(attribute.as_str().unwrap_or("?")))
                    })
                    .collect(),
            )
        })
        .collect();
    parts.reverse();
    parts.join(",")
}

fn alternative_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        // A DNS name that reads as an address is none (RFC 9525 section 6.5: those have a type of
        // their own). Control characters become `?`: names are shown in logs and replies.
        GeneralName::DNSName(name) => {
            let shown = || name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
            name.parse::<IpAddr>().is_err().then(shown)
        }
        GeneralName::IPAddress(octets) => {
            let v4 = <[u8; 4]>::try_from(*octets).map(IpAddr::from).ok();
            v4.or_else(|| <[u8; 16]>::try_from(*octets).map(IpAddr::from).ok()).map(|ip| ip.to_string())
        }
        _ => None,
    }
}

/// Names are compared as lower-case A-labels without the root's dot. What idna cannot read is
/// compared as it is.
fn normal(name: &str) -> String {
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

/// RFC 4514 section 2.4. Control characters become `?`: it is shown in logs and replies.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for (place, c) in value.chars().enumerate() {
        let at_edge = place == 0 && matches!(c, ' ' | '#');
        if at_edge || matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\') {
            text.push('\\');
        }
        text.push(if c.is_control() { '?' } else { c });
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    #[test]
    fn escapes_what_would_mislead() {
        assert_eq!(escaped("#a, b\r\nc"), "\\#a\\, b??c");
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
