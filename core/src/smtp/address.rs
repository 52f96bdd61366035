//! Mailboxes and paths, RFC 5321 section 4.1.2, with RFC 6531's UTF-8.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest local part, octets (RFC 5321 section 4.5.3.1.1).
const LOCAL_LIMIT: usize = 64;

/// The longest domain, octets (RFC 5321 section 4.5.3.1.2).
const DOMAIN_LIMIT: usize = 255;

/// The longest path without its angle brackets, octets (RFC 5321 section 4.5.3.1.3).
const PATH_LIMIT: usize = 254;

/// The longest domain as DNS has it, and its longest label (RFC 1035 section 2.3.4).
const DNS_LIMIT: usize = 253;
const LABEL_LIMIT: usize = 63;

/// A mailbox: what stands between the angle brackets of MAIL FROM and RCPT TO, checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mailbox {
    local: String,
    domain: String,
    lookup: Option<String>,
}

/// The reverse-path of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`: a bounce, never to be answered (RFC 5321 section 4.5.5).
    Null,
    /// A sender.
    Mailbox(Mailbox),
}

/// The forward-path of a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ForwardPath {
    /// `<postmaster>` without a domain: the postmaster of this relay (RFC 5321 section 4.1.1.3).
    Postmaster,
    /// A recipient.
    Mailbox(Mailbox),
}

/// A text that is no mailbox.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no mail address: {problem}")]
pub struct InvalidMailbox {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Mailbox {
    /// Parses `local@domain`; the local part may be quoted, the domain an address literal.
    /// `postmaster` alone is allowed by RFC 5321 section 4.1.1.3: see [`ForwardPath`].
    ///
    /// # Errors
    ///
    /// What is wrong with the text, in words.
    pub fn parse(text: &str) -> Result<Self, InvalidMailbox> {
        let invalid = |problem| InvalidMailbox { text: text.to_owned(), problem };
        if text.len() > PATH_LIMIT {
            return Err(invalid("it is longer than 254 octets"));
        }
        let (local, rest) = split_local(text).map_err(invalid)?;
        let domain = rest.strip_prefix('@').ok_or_else(|| invalid("it has no `@` after its local part"))?;
        let lookup = check_domain(domain).map_err(invalid)?;
        Ok(Self { local: local.to_owned(), domain: domain.to_owned(), lookup })
    }

    /// The local part, as written.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain as written, or an address literal with its brackets.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The domain as the table compares it: lower-case A-labels, no final dot; `None` for an
    /// address literal.
    pub fn lookup_domain(&self) -> Option<String> {
        self.lookup.clone()
    }

    /// Whether mail for both goes to the same: domains are compared without case, local parts with it, which only their host may
    /// read otherwise (RFC 5321 section 2.4).
    pub fn is_same(&self, other: &Self) -> bool {
        let domains = match (&self.lookup, &other.lookup) {
            (Some(one), Some(other)) => one == other,
            _ => self.domain.eq_ignore_ascii_case(&other.domain),
        };
        self.local == other.local && domains
    }

    /// Whether it needs SMTPUTF8 (RFC 6531).
    pub fn needs_utf8(&self) -> bool {
        !self.local.is_ascii() || !self.domain.is_ascii()
    }
}

impl ReversePath {
    /// The domain as the table compares it; `None` for the null sender and address literals.
    pub fn lookup_domain(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => mailbox.lookup_domain(),
        }
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Mailbox(mailbox) => mailbox.fmt(f),
        }
    }
}

/// Whether a text is a name or address literal that EHLO may give: what goes into a trace header
/// must not be able to break it. Underscores are no host names, but are seen in the field.
pub(crate) fn is_host_name(text: &str) -> bool {
    let fits = !text.is_empty() && text.len() <= DOMAIN_LIMIT;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    fits && text.chars().all(allowed)
}

/// Splits after the local part, which is a dot-string or a quoted string.
fn split_local(text: &str) -> Result<(&str, &str), &'static str> {
    let end = if text.starts_with('"') {
        quoted_end(text).ok_or("its quoted local part is not closed, or holds control characters")?
    } else {
        dot_string_end(text)?
    };
    if end > LOCAL_LIMIT {
        return Err("its local part is longer than 64 octets");
    }
    text.split_at_checked(end).ok_or("its local part is broken")
}

/// Where the quoted string at the start ends, its quotes included.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if c.is_control() => return None,
            // A quoted pair is ASCII (RFC 5321 section 4.1.2, `quoted-pairSMTP`).
            _ if escaped && !c.is_ascii() => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where the dot-string at the start ends.
fn dot_string_end(text: &str) -> Result<usize, &'static str> {
    let end = text.find(|c| !(c == '.' || is_atext(c))).unwrap_or(text.len());
    match text.get(..end) {
        None | Some("") => Err("its local part is missing, or holds characters that must be quoted"),
        Some(local) if local.split('.').any(str::is_empty) => Err("its local part has a dot too many"),
        Some(_) => Ok(end),
    }
}

/// RFC 5322 section 3.2.3, widened by RFC 6531 section 3.3.
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || (!c.is_ascii() && !c.is_control())
}

/// Checks a domain or address literal; gives the domain as it is looked up.
fn check_domain(domain: &str) -> Result<Option<String>, &'static str> {
    if domain.len() > DOMAIN_LIMIT {
        return Err("its domain is longer than 255 octets");
    }
    if let Some(literal) = domain.strip_prefix('[') {
        let address = literal.strip_suffix(']').ok_or("its address literal is not closed")?;
        return if is_address(address) { Ok(None) } else { Err("its address literal is no IP address") };
    }
    let lookup = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::EMPTY)
        .map_err(|_| "its domain is no domain name")?;
    // Checked after the mapping: it turns full-width forms into ASCII, separators among them.
    let labels = lookup.len() <= DNS_LIMIT && lookup.split('.').all(is_label);
    if labels { Ok(Some(lookup.into_owned())) } else { Err("its domain is no domain name") }
}

/// The address in a literal: RFC 5321 section 4.1.3. General literals have no use yet.
fn is_address(text: &str) -> bool {
    match text.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => {
            text.get(5..).is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
        }
        _ => text.parse::<Ipv4Addr>().is_ok(),
    }
}

/// A label of a domain; an underscore is tolerated, as mail from such hosts exists.
fn is_label(label: &str) -> bool {
    let fits = (1..=LABEL_LIMIT).contains(&label.len());
    let edges = !label.starts_with('-') && !label.ends_with('-');
    fits && edges && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mailboxes_keep_what_was_written() {
        for text in [
            "alice@example.org",
            "a.b+tag@Example.ORG",
            "\"odd local\"@example.org",
            "\"a\\\"b@c\"@example.org",
            "x@[192.0.2.1]",
            "x@[IPv6:2001:db8::1]",
            "jörg@münchen.example",
            "x@localhost",
            "a%b@example.org",
        ] {
            assert_eq!(Mailbox::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn broken_mailboxes_are_refused() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long_label = format!("a@{}.org", "b".repeat(64));
        for text in [
            "",
            "alice",
            "@example.org",
            "alice@",
            "a..b@example.org",
            ".a@example.org",
            "a b@example.org",
            "a@b@c",
            "a@-b.org",
            "a@b..org",
            "a@b.org.",
            "a@[1.2.3]",
            "a@[1.2.3.4",
            "a@[IPv6:zz]",
            "\"a@example.org",
            "\"a\nb\"@example.org",
            "a\u{0}@example.org",
            "a@exam\u{ff20}ple.org",
            "a@b>c.org",
            &long_local,
            &long_label,
        ] {
            assert!(Mailbox::parse(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn domains_are_looked_up_as_lower_case_a_labels() {
        let lookup = |text: &str| Mailbox::parse(text).unwrap().lookup_domain();
        assert_eq!(lookup("a@Example.ORG").as_deref(), Some("example.org"));
        assert_eq!(lookup("a@München.example").as_deref(), Some("xn--mnchen-3ya.example"));
        assert_eq!(lookup("a@exam\u{ff0e}org").as_deref(), Some("exam.org"));
        assert_eq!(lookup("a@[192.0.2.1]"), None);
    }

    #[test]
    fn utf8_is_noticed_in_either_part() {
        let needs = |text: &str| Mailbox::parse(text).unwrap().needs_utf8();
        assert!(
            needs("jörg@example.org") && needs("a@münchen.example") && !needs("a@xn--mnchen-3ya.example")
        );
    }

    proptest! {
        #[test]
        fn what_is_taken_round_trips(text in "\\PC{0,40}(@\\PC{0,40})?") {
            if let Ok(mailbox) = Mailbox::parse(&text) {
                prop_assert_eq!(mailbox.to_string(), text);
                prop_assert!(mailbox.lookup_domain().is_none_or(|domain| domain.split('.').all(is_label)));
            }
        }
    }
}
