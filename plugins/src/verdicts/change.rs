//! What becomes of mail by another answer: is it protected less, more, or otherwise?
//!
//! This is not the order of the join. At an incoming offer `withhold` wins over `advertise`, since a
//! filter must be able to say so; but a client to which TLS is no longer offered sends in clear.

use serde::{Deserialize, Serialize};

/// What a change of an answer means for mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// What was held back is let on, TLS that was started is not, or something is no longer demanded.
    Weaker,
    /// The other way round.
    Stricter,
    /// Neither: another identity, or a deferral in the place of a refusal.
    Other,
    /// Nothing changes.
    Same,
}

impl Change {
    /// The word for it in reports and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Weaker => "weaker",
            Self::Stricter => "stricter",
            Self::Other => "other",
            Self::Same => "same",
        }
    }

    /// Where one of these must be met, and none named means that nothing must: the fewer may be chosen, the
    /// stricter; what may be chosen only now is weaker, whatever else may not be any more.
    pub fn of_alternatives(before: &[String], now: &[String]) -> Self {
        let among = |some: &[String], all: &[String]| some.iter().all(|one| all.contains(one));
        match (before, now) {
            (before, now) if among(before, now) && among(now, before) => Self::Same,
            (_, []) => Self::Weaker,
            ([], _) => Self::Stricter,
            (before, now) if among(now, before) => Self::Stricter,
            _ => Self::Weaker,
        }
    }

    /// Both changes at once: what is weaker in one respect is not made good by another.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }
}

/// Where an answer leaves mail, whatever the hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stand {
    /// It goes on, and TLS is not to be started.
    Clear,
    /// It goes on, by TLS where the hook is about that.
    On,
    /// It goes to somebody else.
    Redirect,
    /// It is kept aside.
    Quarantine,
    /// It is forgotten.
    Discard,
    /// It is held back for now.
    Defer,
    /// It is held back for good.
    Refuse,
}

impl Stand {
    /// The word of a verdict, or `failure`, as logs have it, and where it leaves mail.
    pub fn of_word(word: &str) -> Option<(&'static str, Self)> {
        const WORDS: [(&str, Stand); 11] = [
            ("accept", Stand::On),
            ("advertise", Stand::On),
            ("start_tls", Stand::On),
            ("withhold", Stand::Clear),
            ("stay_clear", Stand::Clear),
            ("redirect", Stand::Redirect),
            ("quarantine", Stand::Quarantine),
            ("discard", Stand::Discard),
            ("defer", Stand::Defer),
            ("failure", Stand::Defer),
            ("refuse", Stand::Refuse),
        ];
        WORDS.into_iter().find(|(known, _)| *known == word)
    }

    /// Whether mail goes on to whom it is meant for.
    pub const fn lets_on(self) -> bool {
        matches!(self, Self::Clear | Self::On)
    }

    /// What it means to come from one to the other.
    pub fn change(before: Self, now: Self) -> Change {
        match (before, now) {
            _ if before == now => Change::Same,
            (Self::Clear, Self::On) => Change::Stricter,
            (Self::On, Self::Clear) => Change::Weaker,
            _ if before.lets_on() => Change::Stricter,
            _ if now.lets_on() => Change::Weaker,
            _ => Change::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_alternatives_are_stricter_and_none_named_is_all() {
        let change = |before: &[&str], now: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
            Change::of_alternatives(&owned(before), &owned(now))
        };
        assert_eq!(change(&["a", "b"], &["b", "a"]), Change::Same);
        assert_eq!(change(&[], &[]), Change::Same);
        assert_eq!(change(&["a", "b"], &["a"]), Change::Stricter);
        assert_eq!(change(&[], &["a"]), Change::Stricter);
        assert_eq!(change(&["a"], &[]), Change::Weaker);
        assert_eq!(change(&["a"], &["a", "b"]), Change::Weaker);
        assert_eq!(change(&["a"], &["b"]), Change::Weaker);
    }

    #[test]
    fn whatever_lets_on_what_was_held_back_is_weaker() {
        for held in [Stand::Defer, Stand::Refuse] {
            for on in [Stand::Clear, Stand::On] {
                assert_eq!(Stand::change(held, on), Change::Weaker);
                assert_eq!(Stand::change(on, held), Change::Stricter);
            }
        }
        assert_eq!(Stand::change(Stand::Refuse, Stand::Defer), Change::Other);
        assert_eq!(Stand::change(Stand::Defer, Stand::Defer), Change::Same);
    }

    /// The join has it the other way round.
    #[test]
    fn an_offer_that_is_withheld_is_weaker() {
        let stand = |word| Stand::of_word(word).expect("a word").1;
        assert_eq!(Stand::change(stand("advertise"), stand("withhold")), Change::Weaker);
        assert_eq!(Stand::change(stand("stay_clear"), stand("start_tls")), Change::Stricter);
    }

    #[test]
    fn what_does_not_go_to_its_recipients_is_held_back() {
        for held in [Stand::Redirect, Stand::Quarantine, Stand::Discard] {
            assert_eq!(Stand::change(Stand::On, held), Change::Stricter);
            assert_eq!(Stand::change(held, Stand::On), Change::Weaker);
            assert_eq!(Stand::change(Stand::Refuse, held), Change::Other);
        }
    }

    #[test]
    fn weaker_outweighs_all_else() {
        assert_eq!(Change::Stricter.and(Change::Weaker), Change::Weaker);
        assert_eq!(Change::Same.and(Change::Other), Change::Other);
        assert_eq!(Change::Other.and(Change::Stricter), Change::Stricter);
    }
}
