//! The clauses of rows, by their words.

use std::fmt;

/// A clause: what a row says besides pattern and policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// The least TLS version.
    MinVersion,
    /// The cipher suites that may be negotiated.
    Suites,
    /// The key exchange groups that may be negotiated.
    Groups,
    /// The names of which the peer's certificate must have one.
    Names,
    /// The public keys of which the peer's chain must have one.
    Pins,
    /// The sets of roots that the peer's chain may lead to.
    Roots,
    /// The identity that we present.
    Identity,
    /// The reason.
    Because,
    /// The last day.
    Until,
    /// The policy's own parameters.
    With,
}

impl Clause {
    /// All clauses, in the order of the reference.
    pub const ALL: [Self; 10] = [
        Self::MinVersion,
        Self::Suites,
        Self::Groups,
        Self::Names,
        Self::Pins,
        Self::Roots,
        Self::Identity,
        Self::Because,
        Self::Until,
        Self::With,
    ];

    /// The word for it in the table.
    pub const fn word(self) -> &'static str {
        match self {
            Self::MinVersion => "min_version",
            Self::Suites => "suites",
            Self::Groups => "groups",
            Self::Names => "names",
            Self::Pins => "pins",
            Self::Roots => "roots",
            Self::Identity => "identity",
            Self::Because => "because",
            Self::Until => "until",
            Self::With => "with",
        }
    }

    /// The clause of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clause| clause.word() == word)
    }

    /// An example of it, for those who wrote something else.
    pub const fn example(self) -> &'static str {
        match self {
            Self::MinVersion => r#"min_version "1.3""#,
            Self::Suites => r#"suites ["TLS_AES_256_GCM_SHA384"]"#,
            Self::Groups => r#"groups ["x25519"]"#,
            Self::Names => r#"names ["mail.example.org"], or names "mx" in outgoing"#,
            Self::Pins => r#"pins ["sha256:<64 hexadecimal digits of the SHA-256 of a public key>"]"#,
            Self::Roots => r#"roots ["webpki"]"#,
            Self::Identity => r#"identity "mail.example.org""#,
            Self::Because => r#"because "ticket 4711""#,
            Self::Until => r#"until "2027-06-30""#,
            Self::With => "with #{ limit: 3 }",
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_clause_is_found_by_its_word() {
        for clause in Clause::ALL {
            assert_eq!(Clause::from_word(clause.word()), Some(clause));
            assert!(clause.example().starts_with(clause.word()));
        }
    }
}
