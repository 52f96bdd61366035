//! Which facts somebody reads: so that what is costly is found out only where it is read.

use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr};

use super::{Fact, Facts};

/// A set of facts of a type.
#[derive(Debug)]
pub struct Reads<F> {
    /// A bit for each, in the order of [`Facts::FACTS`].
    facts: u64,
    of: PhantomData<fn() -> F>,
}

impl<F: Facts> Reads<F> {
    /// No fact.
    pub const NOTHING: Self = Self { facts: 0, of: PhantomData };

    /// The facts with these names. As a constant, it does not compile with a name that is no fact.
    ///
    /// # Panics
    ///
    /// A name is no fact.
    pub const fn of(names: &[&str]) -> Self {
        let (mut facts, mut names) = (0, names);
        while let [name, others @ ..] = names {
            facts |= bit(F::FACTS, name);
            names = others;
        }
        Self { facts, of: PhantomData }
    }

    /// Those of which this is true, by their names.
    pub fn which(mut is_read: impl FnMut(&str) -> bool) -> Self {
        let read = F::FACTS.iter().filter(|fact| is_read(fact.name));
        Self { facts: read.map(|fact| bit(F::FACTS, fact.name)).fold(0, u64::bitor), of: PhantomData }
    }

    /// Whether the fact of this name is among them.
    pub fn has(self, name: &str) -> bool {
        self.touches(Self::which(|fact| fact == name))
    }

    /// Whether both have a fact in common.
    pub fn touches(self, other: Self) -> bool {
        self.facts & other.facts != 0
    }
}

/// The bit of a fact.
#[expect(clippy::panic, reason = "it is met where a constant is made, or never")]
const fn bit<F>(facts: &[Fact<F>], name: &str) -> u64 {
    let (mut bit, mut facts) = (1_u64, facts);
    while let [fact, others @ ..] = facts {
        if is_same(fact.name.as_bytes(), name.as_bytes()) {
            return bit;
        }
        bit <<= 1;
        facts = others;
    }
    panic!("there is no such fact, or it is beyond the 64th");
}

const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([first, rest @ ..], [other_first, other_rest @ ..]) = (one, other) {
        if *first != *other_first {
            return false;
        }
        (one, other) = (rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

impl<F> Clone for Reads<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Reads<F> {}

impl<F> PartialEq for Reads<F> {
    fn eq(&self, other: &Self) -> bool {
        self.facts == other.facts
    }
}

impl<F> Default for Reads<F> {
    fn default() -> Self {
        Self { facts: 0, of: PhantomData }
    }
}

impl<F> BitOr for Reads<F> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self { facts: self.facts | other.facts, of: PhantomData }
    }
}

impl<F> BitAnd for Reads<F> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self { facts: self.facts & other.facts, of: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Message;

    const SOME: Reads<Message> = Reads::of(&["text", "urls"]);

    #[test]
    fn a_set_has_the_facts_that_it_was_made_of() {
        let made = |names: &[&str]| Reads::<Message>::which(|name| names.contains(&name));
        assert_eq!(made(&["urls", "text"]), SOME);
        assert_eq!(made(&["text"]) | made(&["urls"]), SOME);
        assert_eq!(SOME & made(&["urls", "parts"]), made(&["urls"]));
        assert!(SOME.touches(made(&["parts", "text"])) && !SOME.touches(made(&["texts", "parts"])));
        assert_eq!(made(&[]), Reads::NOTHING);
        for fact in Message::FACTS {
            assert!(Reads::<Message>::which(|_| true).touches(Reads::of(&[fact.name])));
        }
    }

    #[test]
    #[should_panic(expected = "no such fact")]
    fn there_is_no_other_fact() {
        let _ = Reads::<Message>::of(&["tex"]);
    }
}
