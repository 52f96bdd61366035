//! What authentication came to, as filters are told and the log keeps.
//!
//! Texts of peers in it are printable ASCII and bounded: `clean` makes them so.

use serde::Serialize;

use super::{Wanted, Word};

/// The longest text of a peer that is kept, octets: quoted, with each of them escaped, it still fits on a line (RFC 5322 section
/// 2.1.1).
const LONGEST: usize = 400;

/// The longest name, octets (RFC 1035 section 2.3.4, without the last dot).
const NAME: usize = 253;

/// What authentication came to. What nobody wanted is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Results {
    /// Whether the client may send for the sender's domain.
    pub spf: Option<Spf>,
    /// Who signed the message.
    pub dkim: Option<Dkim>,
    /// What the owner of the author's domain asks for.
    pub dmarc: Option<Dmarc>,
    /// What those found who handled the message before us.
    pub arc: Option<Chain>,
}

impl Results {
    /// What is known.
    pub fn known(&self) -> Wanted {
        let bit = |is_known: bool, one| if is_known { one } else { Wanted::NOTHING };
        bit(self.spf.is_some(), Wanted::SPF)
            | bit(self.dkim.is_some(), Wanted::DKIM)
            | bit(self.dmarc.is_some(), Wanted::DMARC)
            | bit(self.arc.is_some(), Wanted::ARC)
    }

    /// What is wanted and not known.
    pub(super) fn missing(&self, wanted: Wanted) -> Wanted {
        let missing = wanted.without(self.known());
        missing.with_grounds().without(self.known())
    }
}

/// SPF, RFC 7208.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spf {
    /// What it came to.
    pub result: Word,
    /// Whose domain was looked at.
    pub identity: Identity,
    /// The domain, lower-case A-labels; empty where there is none.
    pub domain: String,
    /// What the domain's owner says of a `fail`; empty where nothing.
    pub explanation: String,
    /// Why, where the word alone does not say it.
    pub reason: String,
}

impl Spf {
    /// Where nobody was asked.
    pub(super) fn nobody() -> Self {
        let (domain, explanation, reason) = Default::default();
        Self { result: Word::None, identity: Identity::MailFrom, domain, explanation, reason }
    }
}

/// Whose domain SPF looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// The reverse-path's.
    MailFrom,
    /// The client's own, of EHLO: the reverse-path is empty (RFC 7208 section 2.4).
    Helo,
}

/// DKIM, RFC 6376.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dkim {
    /// The best of the signatures: `pass` where at least one holds.
    pub result: Word,
    /// Each, from the top of the message.
    pub signatures: Vec<Signature>,
    /// Why, where no signature says it.
    pub reason: String,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// What it came to.
    pub result: Word,
    /// Who signed, `d=`; empty where the signature could not be read.
    pub domain: String,
    /// Which of its keys, `s=`.
    pub selector: String,
    /// By which algorithm, `a=`, as in `rsa-sha256`.
    pub algorithm: String,
    /// The first eight letters of `b=`: they tell signatures of one key apart (RFC 6008).
    pub beginning: String,
    /// Why it does not hold; empty for `pass`.
    pub reason: String,
}

/// DMARC, RFC 9989.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dmarc {
    /// What it came to.
    pub result: Word,
    /// What the owner asks to do with mail that fails.
    pub policy: Policy,
    /// The author's domain, of the From field; empty where there is none.
    pub domain: String,
    /// Which methods speak for that domain.
    pub alignment: Alignment,
    /// Why, where the word alone does not say it.
    pub reason: String,
}

/// What the owner of a domain asks to do with mail that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Nothing.
    #[default]
    None,
    /// Keep it from the recipient's eyes.
    Quarantine,
    /// Refuse it.
    Reject,
}

impl Policy {
    /// As the record writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// Which methods passed for a domain that is the author's, or belongs to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Alignment {
    /// SPF did.
    pub spf: bool,
    /// A DKIM signature did.
    pub dkim: bool,
}

/// An ARC chain, RFC 8617.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// `pass`, `fail`, `none`, or `temperror`.
    pub result: Word,
    /// Who sealed, the first one first.
    pub seals: Vec<Seal>,
    /// Why it is broken; empty for `pass` and `none`.
    pub reason: String,
}

/// A seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seal {
    /// Its number, from 1.
    pub instance: u32,
    /// Who sealed, `d=`.
    pub domain: String,
    /// With which key, `s=`.
    pub selector: String,
}

/// A text of a peer as printable ASCII of bounded length: everything else becomes a question mark.
pub(super) fn clean(text: &str) -> String {
    let printable = |char: char| if char == ' ' || char.is_ascii_graphic() { char } else { '?' };
    text.chars().take(LONGEST).map(printable).collect()
}

/// The same of a domain or a selector.
pub(super) fn name(text: &str) -> String {
    let mut name = clean(text);
    name.truncate(NAME);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_peers_are_printable_and_bounded() {
        assert_eq!(clean("a\r\nX: b\tc\u{e4}"), "a??X: b?c?");
        assert_eq!(clean(&"x".repeat(5000)).len(), LONGEST);
    }
}
