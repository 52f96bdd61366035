//! What somebody wants to know of a message.

use std::ops::{BitOr, BitOrAssign};

/// A set of the four methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted(u8);

impl Wanted {
    /// Nothing: costs nothing.
    pub const NOTHING: Self = Self(0);
    /// Whether the client may send for the sender's domain (RFC 7208). Needs no message.
    pub const SPF: Self = Self(1);
    /// Who signed the message (RFC 6376).
    pub const DKIM: Self = Self(1 << 1);
    /// Whether either speaks for the author's domain, and what its owner asks for (RFC 9989). Brings SPF and DKIM.
    pub const DMARC: Self = Self(1 << 2);
    /// What those found who handled it before us (RFC 8617).
    pub const ARC: Self = Self(1 << 3);
    /// All four.
    pub const ALL: Self = Self(0b1111);

    /// Whether all of these are wanted.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of these is wanted.
    pub const fn touches(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is wanted.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and those.
    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// With what DMARC rests on.
    pub(super) fn with_grounds(self) -> Self {
        if self.contains(Self::DMARC) { self | Self::SPF | Self::DKIM } else { self }
    }

    /// These without those.
    pub(super) const fn without(self, known: Self) -> Self {
        Self(self.0 & !known.0)
    }
}

impl BitOr for Wanted {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

impl BitOrAssign for Wanted {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dmarc_brings_what_it_rests_on() {
        assert_eq!(Wanted::DMARC.with_grounds(), Wanted::SPF | Wanted::DKIM | Wanted::DMARC);
        assert_eq!(Wanted::ARC.with_grounds(), Wanted::ARC);
        assert_eq!(Wanted::ALL.without(Wanted::ARC), Wanted::DMARC.with_grounds());
        assert!(Wanted::ALL.touches(Wanted::ARC | Wanted::SPF) && !Wanted::SPF.touches(Wanted::ARC));
        assert!(Wanted::NOTHING.is_empty() && !Wanted::ARC.is_empty());
    }
}
