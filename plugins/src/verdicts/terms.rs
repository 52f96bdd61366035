//! The terms of a handshake, and their join.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::facts::{Row, Version};

/// A name that is not in the list of those that can be negotiated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no {what} that can be negotiated here; known are {known}")]
pub struct UnknownName {
    /// The name as written.
    pub name: String,
    /// What it should have named.
    pub what: &'static str,
    /// The known names.
    pub known: String,
}

macro_rules! iana {
    ($(#[$meta:meta])* $type:ident, $what:literal { $($variant:ident = $name:literal, $number:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $( #[doc = concat!("`", $name, "`")] $variant, )*
        }

        impl $type {
            /// All that can be negotiated, in our order of preference.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The IANA name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The IANA number.
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number),* }
            }

            /// The one with this IANA number, if it can be negotiated.
            pub fn from_number(number: u16) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.number() == number)
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(name: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|one| one.name().eq_ignore_ascii_case(name)).ok_or_else(|| UnknownName {
                    name: name.to_owned(),
                    what: $what,
                    known: [$($name),*].join(", "),
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}

iana! {
    /// A cipher suite that can be negotiated: TLS 1.3, and of TLS 1.2 those with forward secrecy
    /// and authenticated encryption (RFC 9325 section 4.2).
    Suite, "cipher suite" {
        Aes256GcmSha384 = "TLS_AES_256_GCM_SHA384", 0x1302;
        Aes128GcmSha256 = "TLS_AES_128_GCM_SHA256", 0x1301;
        Chacha20Poly1305Sha256 = "TLS_CHACHA20_POLY1305_SHA256", 0x1303;
        EcdheEcdsaAes256GcmSha384 = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c;
        EcdheEcdsaAes128GcmSha256 = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b;
        EcdheEcdsaChacha20Poly1305 = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9;
        EcdheRsaAes256GcmSha384 = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030;
        EcdheRsaAes128GcmSha256 = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f;
        EcdheRsaChacha20Poly1305 = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8;
    }
}

iana! {
    /// A key exchange group that can be negotiated.
    Group, "key exchange group" {
        X25519MlKem768 = "X25519MLKEM768", 0x11ec;
        X25519 = "x25519", 0x001d;
        Secp256r1 = "secp256r1", 0x0017;
        Secp384r1 = "secp384r1", 0x0018;
    }
}

impl Suite {
    /// The TLS version that has it: TLS 1.3 has suites of its own (RFC 8446 section 4.1.2).
    pub fn version(self) -> Version {
        if self.number() >> 8 == 0x13 { Version::Tls13 } else { Version::Tls12 }
    }
}

/// What may be negotiated. Joined part by part: the version by maximum, the sets by intersection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Terms {
    /// The least TLS version; [`Version::None`] for what the library has.
    pub min_version: Version,
    /// The cipher suites; `None` for all.
    pub suites: Option<BTreeSet<Suite>>,
    /// The key exchange groups; `None` for all.
    pub groups: Option<BTreeSet<Group>>,
    /// The sets of roots, as configured: `webpki`, `system`, or a PEM file; `None` for the
    /// configured ones.
    pub roots: Option<BTreeSet<String>>,
}

impl Terms {
    /// The terms that a row asks for. The table's loader has checked the names.
    pub fn of(row: &Row) -> Self {
        fn set<T: FromStr + Ord>(names: &[String]) -> Option<BTreeSet<T>> {
            (!names.is_empty()).then(|| names.iter().filter_map(|name| name.parse().ok()).collect())
        }
        Self {
            min_version: row.min_version,
            suites: set(&row.suites),
            groups: set(&row.groups),
            roots: set(&row.roots),
        }
    }

    /// Both terms at once.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            min_version: self.min_version.max(other.min_version),
            suites: intersect(self.suites, other.suites),
            groups: intersect(self.groups, other.groups),
            roots: intersect(self.roots, other.roots),
        }
    }

    /// Why nothing can satisfy them, if so.
    pub fn clash(&self) -> Option<&'static str> {
        fn empty<T>(set: Option<&BTreeSet<T>>) -> bool {
            set.is_some_and(BTreeSet::is_empty)
        }
        if empty(self.suites.as_ref()) {
            Some("the terms leave no cipher suite")
        } else if empty(self.groups.as_ref()) {
            Some("the terms leave no key exchange group")
        } else if empty(self.roots.as_ref()) {
            Some("the terms leave no roots")
        } else {
            None
        }
    }
}

fn intersect<T: Ord + Clone>(one: Option<BTreeSet<T>>, other: Option<BTreeSet<T>>) -> Option<BTreeSet<T>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.intersection(&other).cloned().collect()),
        (one, other) => one.or(other),
    }
}

/// Whether a client is asked for a certificate. Joined by maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificate {
    /// Not asked.
    #[default]
    None,
    /// Asked; the client may have none.
    Request,
    /// Asked; without one the client's mail is refused, said in SMTP.
    Require,
}

/// A floor under an outgoing connection: what a filter demands, and the relay itself holds from
/// then on. Joined by maximum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Floor {
    /// Nothing is demanded.
    #[default]
    None,
    /// The connection must be encrypted.
    Encrypted,
    /// The host's certificate must be verified besides.
    Verified,
}
