//! The answers that a test gives.

use super::with;

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
    with(|relay| relay.answers.insert((question, name.to_owned()), answer));
}

fn ask(question: Question, name: &str) -> Result<Vec<String>, Failure> {
    let known = with(|relay| relay.answers.get(&(question, name.to_owned())).cloned());
    known.unwrap_or(Err(Failure::NoRecord))
}
