//! What a method came to, in the words of RFC 8601 section 2.7.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a method came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// There was nothing to look at: no record, no signature, no chain.
    None,
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// SPF: probably not, says the domain's owner.
    SoftFail,
    /// Nothing was claimed, or it could not be read.
    Neutral,
    /// It holds, and is not accepted here.
    Policy,
    /// It could not be found out now; later it may be.
    TempError,
    /// It can never be found out: something is broken.
    PermError,
}

impl Word {
    /// All words.
    pub const ALL: [Self; 8] = [
        Self::None,
        Self::Pass,
        Self::Fail,
        Self::SoftFail,
        Self::Neutral,
        Self::Policy,
        Self::TempError,
        Self::PermError,
    ];

    /// As RFC 8601 writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::Policy => "policy",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
