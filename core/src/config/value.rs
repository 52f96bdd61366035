//! The values of the file: durations, sizes, domains, networks, hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::Rate;
use super::findings::{Problem, nearest};

/// The longest duration, in seconds: ten years. Times so far ahead can still be reckoned with.
const LONGEST: u64 = 3650 * 24 * 3600;

/// A duration: `30s`, `5m`, `4h`, `5d`.
pub(super) fn duration(text: &str) -> Result<Duration, Problem> {
    let seconds = |unit: &str| match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        "d" => Some(24 * 3600),
        _ => None,
    };
    let (number, unit) = split_unit(text);
    match number.and_then(|number| number.checked_mul(seconds(unit)?)) {
        Some(seconds @ 1..=LONGEST) => Ok(Duration::from_secs(seconds)),
        Some(seconds) if seconds > LONGEST => Err(refused(text, "at most \"3650d\"")),
        _ => Err(refused(text, "a number and s, m, h or d, as in \"30s\", \"5m\", \"4h\", \"5d\"")),
    }
}

/// So many within a time: `10/s`, `600/m`, `100/10m`, `5000/d`.
pub(super) fn rate(text: &str) -> Result<Rate, Problem> {
    let problem = || refused(text, "a number and a time, as in \"10/s\", \"600/m\", \"100/10m\", \"5000/d\"");
    let (number, per) = text.split_once('/').ok_or_else(problem)?;
    let number = number.trim().parse().ok().filter(|number| *number > 0).ok_or_else(problem)?;
    let per = per.trim();
    let one = if per.starts_with(|letter: char| letter.is_ascii_digit()) { "" } else { "1" };
    Ok(Rate { number, per: duration(&format!("{one}{per}")).map_err(|_| problem())? })
}

/// A size in octets: `512`, `10KiB`, `50MiB`, `1GiB`; `KB`, `MB` and `GB` are decimal.
pub(super) fn size(text: &str) -> Result<u64, Problem> {
    let octets = |unit: &str| match unit {
        "" | "B" => Some(1),
        "KB" => Some(1000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let (number, unit) = split_unit(text);
    let size = number.and_then(|number| number.checked_mul(octets(unit)?));
    size.filter(|octets| *octets > 0)
        .ok_or_else(|| refused(text, "a number and a unit, as in \"512KiB\", \"50MiB\", \"1GiB\""))
}

/// One of a few words.
pub(super) fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, Problem> {
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let choice = known.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
        let help = nearest(text, &known)
            .map_or_else(|| format!("write {choice}"), |word| format!("did you mean \"{word}\"? ({choice})"));
        Problem::new(format!("cannot be \"{text}\""), help)
    })
}

/// A domain as lower-case A-labels (RFC 5890), without final dot.
pub(super) fn domain(text: &str) -> Result<String, Problem> {
    let help = "a domain, as in \"example.org\"";
    let ascii =
        idna::domain_to_ascii(text.strip_suffix('.').unwrap_or(text)).map_err(|_| refused(text, help))?;
    let is_label = |label: &str| {
        let octets = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        // RFC 1035 section 2.3.4 bounds a label to 63 octets, section 3.1 a name to 255 on the wire.
        octets && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_domain = ascii.len() <= 253 && ascii.split('.').all(is_label) && ascii.parse::<IpAddr>().is_err();
    if is_domain { Ok(ascii) } else { Err(refused(text, help)) }
}

/// A domain, or `*.domain` for all below it.
pub(super) fn domain_pattern(text: &str) -> Result<String, Problem> {
    let (below, name) = text.strip_prefix("*.").map_or(("", text), |name| ("*.", name));
    let name = domain(name).map_err(|_| {
        refused(text, "a domain, as in \"example.org\", or \"*.example.org\" for all below it")
    })?;
    Ok(format!("{below}{name}"))
}

/// Whether a pattern, `domain`, `*.domain` or `*`, is for this domain.
pub(super) fn covers(pattern: &str, domain: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(parent) => domain.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
        None => pattern == "*" || pattern.eq_ignore_ascii_case(domain),
    }
}

/// A network, `192.0.2.0/24`, or an address alone.
pub(super) fn network(text: &str) -> Result<IpNet, Problem> {
    let help = "a network, as in \"192.0.2.0/24\", \"2001:db8::/32\", or an address alone";
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| refused(text, help))?;
    if network.addr() == network.network() {
        return Ok(network);
    }
    let message = format!("cannot be \"{text}\": it has bits beyond its prefix");
    Err(Problem::new(
        message,
        format!("the network is \"{}\"; the address alone \"{}\"", network.trunc(), network.addr()),
    ))
}

/// A socket address.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, Problem> {
    text.parse().map_err(|_| refused(text, "an address and a port, as in \"0.0.0.0:25\" or \"[::]:25\""))
}

/// The address of a name server; its port is 53 where none is written.
pub(super) fn name_server(text: &str) -> Result<SocketAddr, Problem> {
    let alone = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    text.parse()
        .or_else(|_| alone())
        .map_err(|_| refused(text, "an address, as in \"192.0.2.53\" or \"192.0.2.53:5353\""))
}

/// A host and its port, if one is written: `mx.example.org`, `10.0.0.5:25`, `[2001:db8::1]:25`.
pub(super) fn host(text: &str) -> Result<(String, Option<u16>), Problem> {
    let problem =
        || refused(text, "a host, as in \"mx.example.org\", \"10.0.0.5:25\" or \"[2001:db8::1]:25\"");
    let (host, port) = split_port(text).ok_or_else(problem)?;
    let port =
        port.map(|port| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(problem)).transpose()?;
    let host = host.parse::<IpAddr>().map_or_else(|_| domain(host), |address| Ok(address.to_string()));
    Ok((host.map_err(|_| problem())?, port))
}

/// A name for EHLO: a domain, or an address in brackets.
pub(super) fn helo_name(text: &str) -> Result<String, Problem> {
    let literal = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_literal = literal.is_some_and(|inner| match inner.strip_prefix("IPv6:") {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => inner.parse::<Ipv4Addr>().is_ok(),
    });
    if is_literal {
        return Ok(text.to_owned());
    }
    let help = "a name of ours, as in \"mail.example.org\", or an address, as in \"[192.0.2.7]\" or \"[IPv6:2001:db8::7]\"";
    domain(text).map_err(|_| refused(text, help))
}

/// Whether connections may come from it: an address that is none, or that of many, is nobody's own.
pub(super) fn can_be_source(address: &IpAddr) -> bool {
    !address.is_unspecified() && !address.is_multicast()
}

fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    if let Some(literal) = text.strip_prefix('[') {
        let (address, rest) = literal.split_once(']')?;
        let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) };
        return Some((address, port));
    }
    match text.split_once(':') {
        // More than one colon without brackets: an IPv6 address alone.
        Some((_, rest)) if rest.contains(':') => Some((text, None)),
        Some((host, port)) => Some((host, Some(port))),
        None => Some((text, None)),
    }
}

fn split_unit(text: &str) -> (Option<u64>, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number.parse().ok(), unit.trim_start())
}

fn refused(text: &str, help: &str) -> Problem {
    Problem::new(format!("cannot be \"{text}\""), format!("write {help}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_and_sizes() {
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("5d"), Ok(Duration::from_secs(432_000)));
        assert_eq!(size("50MiB"), Ok(50 << 20));
        assert_eq!(size("512"), Ok(512));
        for bad in ["", "5", "m", "5 weeks", "0s", "-5m", "3651d", "999999999999d", "99999999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        for bad in ["", "MiB", "50 mb", "0", "99999999999999GiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rates_are_a_number_and_a_time() {
        let of = |number, seconds| Ok(Rate { number, per: Duration::from_secs(seconds) });
        assert_eq!(rate("10/s"), of(10, 1));
        assert_eq!(rate("600 / m"), of(600, 60));
        assert_eq!(rate("100/10m"), of(100, 600));
        for bad in ["", "10", "/m", "0/s", "10/", "10/0m", "1.5/s", "10/week", "-1/s"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_cover_a_domain_or_all_below_it() {
        assert!(covers("*", "example.org"));
        assert!(covers("example.org", "example.org"));
        assert!(covers("*.example.org", "a.b.example.org"));
        for other in ["example.org", "badexample.org", ".example.org"] {
            assert!(!covers("*.example.org", other), "{other}");
        }
    }

    #[test]
    fn domains_become_a_labels() {
        assert_eq!(domain("Bücher.Example."), Ok("xn--bcher-kva.example".to_owned()));
        assert_eq!(domain_pattern("*.Example.org"), Ok("*.example.org".to_owned()));
        for bad in ["", ".", "a..b", "-a.org", "192.0.2.1", "a b.org", "user@example.org", "*"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hosts_have_a_port_or_none() {
        assert_eq!(host("MX.example.org"), Ok(("mx.example.org".to_owned(), None)));
        assert_eq!(host("10.0.0.5:2525"), Ok(("10.0.0.5".to_owned(), Some(2525))));
        assert_eq!(host("[2001:db8::1]:25"), Ok(("2001:db8::1".to_owned(), Some(25))));
        assert_eq!(host("2001:db8::1"), Ok(("2001:db8::1".to_owned(), None)));
        for bad in ["", "a:b", "a:0", "[::1", "[::1]25", "a:99999", ":25"] {
            assert!(host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_for_ehlo_is_a_domain_or_an_address_in_brackets() {
        assert_eq!(helo_name("Mail.Example.org"), Ok("mail.example.org".to_owned()));
        for literal in ["[192.0.2.7]", "[IPv6:2001:db8::7]"] {
            assert_eq!(helo_name(literal), Ok(literal.to_owned()));
        }
        for bad in ["", "192.0.2.7", "[2001:db8::7]", "[IPv6:192.0.2.7]", "a b", "a\r\nMAIL", "[a]"] {
            assert!(helo_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_have_no_bits_beyond_their_prefix() {
        assert_eq!(network("127.0.0.1").unwrap().to_string(), "127.0.0.1/32");
        assert!(network("10.0.0.1/8").unwrap_err().help.contains("10.0.0.0/8"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = (duration(&text), size(&text), host(&text), network(&text), domain_pattern(&text));
        }

        #[test]
        fn a_domain_is_its_own_domain(text in "[a-zA-Zäß0-9.-]{1,30}") {
            if let Ok(name) = domain(&text) {
                prop_assert_eq!(domain(&name), Ok(name));
            }
        }
    }
}
