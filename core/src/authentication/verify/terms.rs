//! Whether the terms of an SPF record are terms at all, RFC 7208 section 4.6.1: one that is not makes the whole
//! record an error, wherever it stands. The library passes over what it does not know.

use std::net::Ipv4Addr;

/// Whether each term is a mechanism that there is, with a prefix that can be, or a modifier.
pub(super) fn are_well_formed(record: &str) -> bool {
    record.split(' ').skip(1).filter(|term| !term.is_empty()).all(is_term)
}

fn is_term(term: &str) -> bool {
    let end = term.find([':', '/', '=']).unwrap_or(term.len());
    let (name, rest) = term.split_at_checked(end).unwrap_or((term, ""));
    if rest.starts_with('=') {
        return is_modifier(name);
    }
    let name = name.strip_prefix(['+', '-', '~', '?']).unwrap_or(name).to_ascii_lowercase();
    let (argument, prefix) = parts(rest);
    match name.as_str() {
        "all" => rest.is_empty(),
        "include" | "exists" => argument.is_some_and(|domain| !domain.is_empty()) && prefix.is_empty(),
        "ptr" => argument != Some("") && prefix.is_empty(),
        "a" | "mx" => argument != Some("") && is_dual_prefix(prefix),
        "ip4" => argument.is_some_and(|text| text.parse::<Ipv4Addr>().is_ok()) && is_prefix(prefix, 32),
        // What is behind it has colons of its own; the library reads it.
        "ip6" => argument.is_some() && is_prefix(prefix, 128),
        _ => false,
    }
}

/// What stands behind the colon, and from the last slash of a prefix on. A slash in the braces of a macro is none.
fn parts(rest: &str) -> (Option<&str>, &str) {
    let behind = rest.rfind('}').unwrap_or(0);
    let slash = rest.get(behind..).and_then(|text| text.find('/')).map_or(rest.len(), |at| behind + at);
    let (argument, prefix) = rest.split_at_checked(slash).unwrap_or((rest, ""));
    (argument.strip_prefix(':'), prefix)
}

fn is_dual_prefix(prefix: &str) -> bool {
    match prefix.split_once("//") {
        Some((four, six)) => is_prefix(four, 32) && is_length(six, 128),
        None => is_prefix(prefix, 32),
    }
}

/// Nothing, or a slash and a length.
fn is_prefix(prefix: &str, most: u8) -> bool {
    prefix.is_empty() || prefix.strip_prefix('/').is_some_and(|length| is_length(length, most))
}

fn is_length(text: &str, most: u8) -> bool {
    let is_number = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
    is_number && text.parse::<u8>().is_ok_and(|length| length <= most)
}

fn is_modifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_rfc_has_is_taken() {
        for record in [
            "v=spf1",
            "v=spf1  ip4:192.0.2.0/24 ~ip6:2001:db8::/32 -ALL ",
            "v=spf1 a mx a/24 mx//64 a:b.example/0//0 ptr ptr:x.example exists:%{ir}.%{l1r/}.x.example ?all",
            "v=spf1 include:_spf.%{d} redirect=x.example exp=y.example x-what.ever_=1",
        ] {
            assert!(are_well_formed(record), "{record}");
        }
    }

    #[test]
    fn anything_else_is_an_error() {
        for term in [
            "ip5:192.0.2.1",
            "ip4",
            "ip4:192.0.2",
            "ip4:192.0.2.1/33",
            "ip4:192.0.2.1/024",
            "ip4:192.0.2.1/",
            "ip6:::1/129",
            "all:x",
            "all/1",
            "include",
            "include:",
            "exists",
            "a:",
            "a/33",
            "a//129",
            "ptr/24",
            "mx:x/24/24",
            "=x",
            "1=x",
            "nonsense:x",
            "-",
        ] {
            assert!(!are_well_formed(&format!("v=spf1 {term} -all")), "{term}");
        }
    }
}
