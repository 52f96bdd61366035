//! Mailboxes and paths, RFC 5321 section 4.1.2, with RFC 6531's UTF-8.

use std::fmt;

/// A mailbox: what stands between the angle brackets of MAIL FROM and RCPT TO, checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mailbox {
    local: String,
    domain: String,
}

/// The reverse-path of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`: a bounce, never to be answered (RFC 5321 section 4.5.5).
    Null,
    /// A sender.
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
    /// `postmaster` alone is allowed by RFC 5321 section 4.1.1.3 and is the caller's to complete.
    pub fn parse(text: &str) -> Result<Self, InvalidMailbox> {
        let _ = text;
        todo!()
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
        todo!()
    }

    /// Whether it needs SMTPUTF8 (RFC 6531).
    pub fn needs_utf8(&self) -> bool {
        !self.local.is_ascii() || !self.domain.is_ascii()
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
