//! What becomes of a message that nobody denies.

use crate::smtp::address::Mailbox;

/// What becomes of it, and who said so. What denies it is no disposition: the reply says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Disposition {
    /// It goes on.
    #[default]
    Accept,
    /// It goes to this mailbox instead of its recipients.
    Redirect { to: Mailbox, by: String },
    /// It is kept aside.
    Quarantine { reason: String, by: String },
    /// It is accepted, and forgotten.
    Discard { reason: String, by: String },
}

impl Disposition {
    /// The stricter of both; the first, where they are alike.
    pub(super) fn join(self, other: Self) -> Self {
        if other.strictness() > self.strictness() { other } else { self }
    }

    /// The word for it, in metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Redirect { .. } => "redirected",
            Self::Quarantine { .. } => "quarantined",
            Self::Discard { .. } => "discarded",
        }
    }

    const fn strictness(&self) -> u8 {
        match self {
            Self::Accept => 0,
            Self::Redirect { .. } => 1,
            Self::Quarantine { .. } => 2,
            Self::Discard { .. } => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discard(by: &str) -> Disposition {
        Disposition::Discard { reason: String::new(), by: by.to_owned() }
    }

    #[test]
    fn the_strictest_holds_and_of_equals_the_first() {
        let quarantine = || Disposition::Quarantine { reason: "why".to_owned(), by: "a".to_owned() };
        assert_eq!(Disposition::Accept.join(quarantine()), quarantine());
        assert_eq!(quarantine().join(Disposition::Accept), quarantine());
        assert_eq!(quarantine().join(discard("b")), discard("b"));
        assert_eq!(discard("a").join(discard("b")), discard("a"));
    }
}
