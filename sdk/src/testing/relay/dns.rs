//! The answers that a test gives.

use super::with;

/// Lookups of a call.
const LOOKUPS: u32 = 10;

/// Why there is no answer, as a plugin imports it.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    NoRecord,
    Unavailable(String),
}

/// What is asked about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::testing) enum Question {
    Addresses,
    Mx,
    Txt,
    Names,
}

impl Question {
    pub(in crate::testing) const ALL: [Self; 4] = [Self::Addresses, Self::Mx, Self::Txt, Self::Names];
}

pub(crate) fn addresses(name: &str) -> Result<Vec<String>, Failure> {
    ask(Question::Addresses, name)
}

pub(crate) fn mx(domain: &str) -> Result<Vec<String>, Failure> {
    ask(Question::Mx, domain)
}

pub(crate) fn txt(name: &str) -> Result<Vec<String>, Failure> {
    ask(Question::Txt, name)
}

pub(crate) fn names(address: &str) -> Result<Vec<String>, Failure> {
    ask(Question::Names, address)
}

pub(in crate::testing) fn answer(question: Question, name: &str, answer: Result<Vec<String>, Failure>) {
    with(|relay| relay.answers.insert((question, plain(name)), answer));
}

fn ask(question: Question, name: &str) -> Result<Vec<String>, Failure> {
    let made = with(|relay| {
        relay.call.lookups = relay.call.lookups.saturating_add(1);
        relay.call.lookups
    });
    if made > LOOKUPS {
        return Err(Failure::Unavailable("this call has made all the lookups that it may make".to_owned()));
    }
    let known = with(|relay| relay.answers.get(&(question, plain(name))).cloned());
    known.unwrap_or(Err(Failure::NoRecord))
}

/// Names are compared without regard to case, and to the dot of the root.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Passage, Verdict, accept};

    #[test]
    fn a_call_may_make_so_many_lookups() {
        answer(Question::Txt, "Example.org.", Ok(vec!["text".to_owned()]));
        assert!((0..10).all(|_| txt("example.org").is_ok()));
        assert!(
            matches!(txt("example.org"), Err(Failure::Unavailable(why)) if why.contains("all the lookups"))
        );
        let _: Verdict<Passage> = accept();
        assert!(txt("example.org").is_ok(), "the next call");
    }
}
