//! The names in certificates: which is which, and how they are written.

use std::net::IpAddr;

pub(super) use waxseal_plugins::names::matches;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::prelude::{GeneralName, X509Certificate, X509Name};

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
    use super::*;

    #[test]
    fn escapes_what_would_mislead() {
        assert_eq!(escaped("#a, b\r\nc"), "\\#a\\, b??c");
    }
}
