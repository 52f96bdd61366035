//! The peers that are met every day, by a word each.

use serde::{Serialize, Serializer};

use super::Overrides;
use crate::facts::Version;
use crate::failure::{FailureKind, HandshakeFailure};
use crate::hooks::Direction;
use crate::suggest;

/// A peer as it is met: a situation, and what differs from it.
#[derive(Clone, Debug)]
pub struct Met {
    /// What is usual in it.
    pub situation: Situation,
    /// What its certificate is, if it is not that of the situation.
    pub presented: Option<Presented>,
    /// The facts that differ.
    pub facts: Overrides,
}

impl Met {
    /// A peer in a situation, with nothing unusual.
    pub fn in_situation(situation: Situation) -> Self {
        Self { situation, presented: None, facts: Overrides::default() }
    }

    pub(super) fn presented(&self) -> Presented {
        self.presented.unwrap_or_else(|| self.situation.presented())
    }
}

/// What a peer's certificate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presented {
    /// It presents none.
    None,
    /// Everything holds; where the row has pins, one matches.
    Valid,
    /// Its end date is past.
    Expired,
    /// Its start date is still to come.
    NotYetValid,
    /// It names another host.
    WrongName,
    /// Its chain leads to no root that we trust.
    UnknownRoot,
    /// It is signed with its own key.
    SelfSigned,
    /// Everything holds, but no pin matches.
    OtherKey,
}

macro_rules! situations {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $words:literal;)*) => {
        /// A situation: what a peer offers, can do and presents.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Situation {
            $($(#[$doc])* $name,)*
        }

        impl Situation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for it in tests.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What it is, for people.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words),* }
            }
        }
    };
}

situations! {
    /// The host offers no STARTTLS; the client does not use it.
    NoTls = "no_tls", "no TLS";
    /// TLS, and a certificate of which everything holds.
    Valid = "valid", "valid certificate";
    /// TLS, and no certificate: the ordinary client.
    NoCertificate = "no_certificate", "TLS without a certificate";
    /// TLS, and a certificate that has expired.
    Expired = "expired", "expired certificate";
    /// TLS, and a certificate that is not valid yet.
    NotYetValid = "not_yet_valid", "certificate not valid yet";
    /// TLS, and a certificate that names another.
    WrongName = "wrong_name", "certificate with a wrong name";
    /// TLS, and a certificate of an unknown authority.
    UnknownRoot = "unknown_root", "certificate of an unknown authority";
    /// TLS, and a self-signed certificate.
    SelfSigned = "self_signed", "self-signed certificate";
    /// TLS, and a valid certificate with a key that no pin of the row matches.
    OtherKey = "other_key", "valid certificate, another key";
    /// TLS 1.2 at most, with a valid certificate.
    Tls12 = "tls_1_2", "TLS 1.2 at most";
    /// TLS 1.1 at most.
    Tls11 = "tls_1_1", "TLS 1.1 at most";
    /// STARTTLS is offered, and refused.
    StartTlsRefused = "starttls_refused", "STARTTLS refused";
    /// The handshake fails.
    HandshakeFailure = "handshake_failure", "failing handshake";
    /// The host cannot be reached.
    Unreachable = "unreachable", "not reachable";
}

/// Whether a situation can be one of a direction.
const OF_HOSTS_ALONE: [Situation; 2] = [Situation::StartTlsRefused, Situation::Unreachable];

impl Situation {
    /// Those of a direction, the usual ones first.
    pub fn of(direction: Direction) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |one| match direction {
            Direction::Incoming => !OF_HOSTS_ALONE.contains(one),
            // A host has a certificate: without one there is no handshake.
            Direction::Outgoing => *one != Self::NoCertificate,
        })
    }

    /// The one of this word in a direction.
    ///
    /// # Errors
    ///
    /// There is none: what was meant, or all there are.
    pub fn from_word(word: &str, direction: Direction) -> Result<Self, String> {
        Self::of(direction).find(|one| one.word() == word).ok_or_else(|| {
            let known: Vec<_> = Self::of(direction).map(Self::word).collect();
            let peer = direction.peer();
            format!("there is no {peer} \"{word}\"; {}", suggest::help(word, &known))
        })
    }

    /// What the certificate is.
    pub const fn presented(self) -> Presented {
        match self {
            Self::NoTls | Self::NoCertificate => Presented::None,
            Self::Expired => Presented::Expired,
            Self::NotYetValid => Presented::NotYetValid,
            Self::WrongName => Presented::WrongName,
            Self::UnknownRoot => Presented::UnknownRoot,
            Self::SelfSigned => Presented::SelfSigned,
            Self::OtherKey => Presented::OtherKey,
            Self::Valid
            | Self::Tls12
            | Self::Tls11
            | Self::StartTlsRefused
            | Self::HandshakeFailure
            | Self::Unreachable => Presented::Valid,
        }
    }

    /// The highest TLS version that the peer has.
    pub(super) const fn highest(self) -> Version {
        match self {
            Self::Tls12 => Version::Tls12,
            Self::Tls11 => Version::Tls11,
            _ => Version::Tls13,
        }
    }

    /// How the handshake fails, whatever is negotiated.
    pub(super) fn failure(self) -> Option<HandshakeFailure> {
        let alert = || HandshakeFailure::new(FailureKind::NothingShared, "alert HandshakeFailure");
        (self == Self::HandshakeFailure).then(alert)
    }
}

impl Serialize for Situation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl Presented {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Valid,
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::UnknownRoot,
        Self::SelfSigned,
        Self::OtherKey,
    ];

    /// The word for it in tests.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongName => "wrong_name",
            Self::UnknownRoot => "unknown_root",
            Self::SelfSigned => "self_signed",
            Self::OtherKey => "other_key",
        }
    }

    /// The one of this word.
    ///
    /// # Errors
    ///
    /// There is none: what was meant, or all there are.
    pub fn from_word(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or_else(|| {
            let known = Self::ALL.map(Self::word);
            format!("there is no certificate \"{word}\"; {}", suggest::help(word, &known))
        })
    }
}
