//! TLS versions, in their order.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// A TLS version. Ordered: no TLS is less than every version, so that a comparison with a
/// minimum fails closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// No TLS, or no version known.
    #[default]
    None,
    /// SSL 3.0, forbidden by RFC 7568; never negotiated, but seen in hellos.
    Ssl3,
    /// TLS 1.0, forbidden by RFC 8996; never negotiated, but seen in hellos.
    Tls10,
    /// TLS 1.1, forbidden by RFC 8996; never negotiated, but seen in hellos.
    Tls11,
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

/// A text that names no TLS version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no TLS version: write \"1.2\" or \"1.3\"")]
pub struct UnknownVersion(pub String);

impl Version {
    /// The version's number on the wire, `legacy_version` in RFC 8446 section 4.1.2; `None` for
    /// no version, and for numbers that name none (GREASE among them).
    pub fn from_wire(number: u16) -> Option<Self> {
        match number {
            0x0300 => Some(Self::Ssl3),
            0x0301 => Some(Self::Tls10),
            0x0302 => Some(Self::Tls11),
            0x0303 => Some(Self::Tls12),
            0x0304 => Some(Self::Tls13),
            _ => None,
        }
    }

    /// The version's number on the wire; 0 for none.
    pub fn wire(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// `"1.2"` for TLS 1.2; the empty text for none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Ssl3 => "ssl3",
            Self::Tls10 => "1.0",
            Self::Tls11 => "1.1",
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "ssl3" => Ok(Self::Ssl3),
            "1.0" => Ok(Self::Tls10),
            "1.1" => Ok(Self::Tls11),
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            _ => Err(UnknownVersion(text.to_owned())),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() { Ok(Self::None) } else { text.parse().map_err(serde::de::Error::custom) }
    }
}
