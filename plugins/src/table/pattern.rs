//! The patterns of rows: whom a row is about.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::hooks::Direction;

/// Whom a row is about, from the least specific to the most among names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// `*`: everyone whom no other row is about.
    Any,
    /// `*.example.org`: the subdomains of a domain, at any depth, not itself.
    Below(String),
    /// `example.org`: a domain.
    Domain(String),
    /// `192.0.2.0/24` or `192.0.2.1`: client addresses.
    Network(IpNet),
}

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    /// Neither a domain nor an address.
    #[error("`{0}` is no domain: {1}")]
    Domain(String, &'static str),
    /// Bits are set beyond the prefix length: which network is meant is a guess.
    #[error("`{written}` has address bits beyond its prefix; the network is `{network}`")]
    HostBits {
        /// As written.
        written: String,
        /// The network that it lies in.
        network: IpNet,
    },
    /// The prefix length is none.
    #[error("`{0}` is no network: the prefix length goes from 0 to 32 (IPv4) or 128 (IPv6)")]
    Prefix(String),
    /// Outgoing rows are those of recipients' domains.
    #[error("`{0}` is an address: rows of outgoing mail are chosen by the recipient's domain")]
    AddressOutgoing(String),
}

impl Pattern {
    /// Reads a pattern of a direction's rows. Domain names become lower-case A-labels (RFC 5890).
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the table's author.
    pub fn parse(text: &str, direction: Direction) -> Result<Self, BadPattern> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(network) = network(text)? {
            return match direction {
                Direction::Incoming => Ok(Self::Network(network)),
                Direction::Outgoing => Err(BadPattern::AddressOutgoing(text.to_owned())),
            };
        }
        match text.strip_prefix("*.") {
            Some(domain) => a_labels(domain).map(Self::Below),
            None => a_labels(text).map(Self::Domain),
        }
        .map_err(|problem| BadPattern::Domain(text.to_owned(), problem))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(domain) => write!(f, "*.{domain}"),
            Self::Domain(domain) => f.write_str(domain),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(f, "{}", network.addr())
            }
            Self::Network(network) => write!(f, "{network}"),
        }
    }
}

/// The domain as lower-case A-labels, or why it is none (RFC 1035 section 2.3.4 for the lengths).
pub(super) fn a_labels(domain: &str) -> Result<String, &'static str> {
    if domain.contains('*') {
        return Err("`*` stands alone, or as `*.` at the beginning");
    }
    if domain.ends_with('.') {
        return Err("write it without the dot at the end");
    }
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::URL)
        .map_err(|_| "it has characters that no domain has")?;
    let good = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(is_label_byte);
    if ascii.len() > 253 {
        Err("it is longer than 253 characters")
    } else if !ascii.split('.').all(good) {
        Err("its labels, the parts between the dots, have 1 to 63 letters, digits or hyphens")
    } else {
        Ok(ascii.into_owned())
    }
}

/// The underscore is no letter of a host's name, but mail is sent to domains that have it.
fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
}

/// The network that the text is; `None` where it is no address at all.
fn network(text: &str) -> Result<Option<IpNet>, BadPattern> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Ok(text.parse::<IpAddr>().ok().map(|address| address.to_canonical().into()));
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return Ok(None);
    };
    let network = prefix.parse().ok().and_then(|prefix| IpNet::new(address, prefix).ok());
    let network = network.ok_or_else(|| BadPattern::Prefix(text.to_owned()))?;
    if network.trunc() == network {
        Ok(Some(network))
    } else {
        Err(BadPattern::HostBits { written: text.to_owned(), network: network.trunc() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        Pattern::parse(text, Direction::Incoming)
            .map(|pattern| pattern.to_string())
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn patterns_are_normalised() {
        for (written, read) in [
            ("*", "*"),
            ("Example.ORG", "example.org"),
            ("*.Bücher.example", "*.xn--bcher-kva.example"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("_tls.example", "_tls.example"),
        ] {
            assert_eq!(parse(written).as_deref(), Ok(read));
        }
    }

    #[test]
    fn bad_patterns_say_what_would_be_right() {
        for (written, said) in [
            ("", "1 to 63"),
            ("a..b", "1 to 63"),
            ("a.*.b", "stands alone"),
            ("example.org.", "without the dot"),
            ("exam ple.org", "characters that no domain has"),
            ("192.0.2.1/24", "`192.0.2.0/24`"),
            ("192.0.2.0/33", "0 to 32"),
        ] {
            let problem = parse(written).expect_err(written);
            assert!(problem.contains(said), "{written}: {problem}");
        }
        let outgoing = Pattern::parse("192.0.2.1", Direction::Outgoing);
        assert_eq!(outgoing, Err(BadPattern::AddressOutgoing("192.0.2.1".into())));
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_the_same_again(text in "\\PC{0,20}|(\\*\\.)?[a-zA-Zü0-9.-]{1,20}|[0-9./]{1,18}|[0-9a-f:/]{1,30}") {
            if let Ok(read) = parse(&text) {
                prop_assert_eq!(parse(&read), Ok(read.clone()));
            }
        }
    }
}
