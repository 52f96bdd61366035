//! What becomes of a message that nobody denies.

use super::letter::Letter;
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

    /// Does what it says of the recipients. A message that has none left is forgotten.
    pub(super) fn settle(self, letter: &mut Letter) -> Self {
        match &self {
            Self::Accept => {}
            Self::Redirect { to, .. } => letter.redirect(to),
            // What is kept aside is kept for whom it was, whatever became of them.
            Self::Quarantine { .. } | Self::Discard { .. } => return self,
        }
        if letter.recipients().is_empty() {
            let reason = "filters have removed all of its recipients".to_owned();
            return Self::Discard { reason, by: String::new() };
        }
        self
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
