//! What a host says it can do: the keywords of its EHLO reply, RFC 5321 section 4.1.1.1.

use std::collections::BTreeMap;

use super::reply::Reply;

/// An extension that matters to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    /// TLS on the same connection, RFC 3207.
    StartTls,
    /// Several commands at once, RFC 2920.
    Pipelining,
    /// The message size is declared, RFC 1870.
    Size,
    /// Bodies of eight bits, RFC 6152.
    EightBitMime,
    /// Addresses and headers in UTF-8, RFC 6531.
    SmtpUtf8,
    /// Messages in chunks of a known size, RFC 3030.
    Chunking,
    /// Parameters that say what the sender is to be told, RFC 3461.
    Dsn,
}

/// What a host can do, by its last EHLO reply. The default is a host that knows only HELO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The first line: the name that the host gives itself, and perhaps a greeting.
    pub greeting: String,
    keywords: BTreeMap<String, String>,
}

impl Extension {
    /// Its keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::StartTls => "STARTTLS",
            Self::Pipelining => "PIPELINING",
            Self::Size => "SIZE",
            Self::EightBitMime => "8BITMIME",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::Chunking => "CHUNKING",
            Self::Dsn => "DSN",
        }
    }
}

impl Capabilities {
    /// Those of an EHLO reply. Of a keyword said twice the first counts.
    pub fn of(reply: &Reply) -> Self {
        let mut lines = reply.lines.iter();
        let greeting = lines.next().cloned().unwrap_or_default();
        let mut keywords = BTreeMap::new();
        for line in lines {
            let (keyword, parameters) = line.split_once(' ').unwrap_or((line, ""));
            if is_keyword(keyword) {
                keywords.entry(keyword.to_ascii_uppercase()).or_insert_with(|| parameters.trim().to_owned());
            }
        }
        Self { greeting, keywords }
    }

    /// Those of a host that knows only HELO: none.
    pub fn of_helo(reply: &Reply) -> Self {
        Self { greeting: reply.lines.first().cloned().unwrap_or_default(), keywords: BTreeMap::new() }
    }

    /// Whether the host has it.
    pub fn offers(&self, extension: Extension) -> bool {
        self.keywords.contains_key(extension.keyword())
    }

    /// The largest message that the host takes, octets; `None` where it does not say, or says 0
    /// (RFC 1870 section 4).
    pub fn size_limit(&self) -> Option<u64> {
        self.keywords.get(Extension::Size.keyword())?.parse().ok().filter(|limit| *limit > 0)
    }

    /// The keywords, in upper case.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.keywords.keys().map(String::as_str)
    }
}

/// `ehlo-keyword` of RFC 5321 section 4.1.1.1.
fn is_keyword(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Capabilities {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Capabilities::of(&Reply { code: 250, enhanced: None, lines })
    }

    #[test]
    fn keywords_are_read_in_any_case() {
        let capabilities = of(&["mx.example.org hello", "startTLS", "SIZE 1000", "8bitmime"]);
        assert_eq!(capabilities.greeting, "mx.example.org hello");
        assert!(capabilities.offers(Extension::StartTls));
        assert!(capabilities.offers(Extension::EightBitMime));
        assert!(!capabilities.offers(Extension::Pipelining));
        assert_eq!(capabilities.size_limit(), Some(1000));
        assert_eq!(capabilities.keywords().collect::<Vec<_>>(), ["8BITMIME", "SIZE", "STARTTLS"]);
    }

    #[test]
    fn the_greeting_is_no_keyword() {
        assert!(!of(&["STARTTLS"]).offers(Extension::StartTls));
    }

    #[test]
    fn no_limit_is_no_limit() {
        for size in ["SIZE", "SIZE 0", "SIZE lots"] {
            assert_eq!(of(&["mx", size]).size_limit(), None, "{size}");
        }
    }

    #[test]
    fn lines_that_hold_no_keyword_are_passed_over() {
        assert_eq!(of(&["mx", "", "*&!", "-X", "XSTARTTLS"]).keywords().collect::<Vec<_>>(), ["XSTARTTLS"]);
    }
}
