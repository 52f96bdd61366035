//! What is wrong in a configuration file, gathered while it is read.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use waxseal_plugins::diagnostic::{Diagnostic, Severity};
use waxseal_plugins::place::Place;

/// The findings in one file. Readers share it; a finding never stops the reading.
pub(super) struct Findings {
    path: Arc<str>,
    text: Arc<str>,
    list: RefCell<Vec<Diagnostic>>,
}

/// What is wrong with a value: what it is, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// The stable code; `C005`, a bad value, unless something else is said.
    pub(super) code: &'static str,
    /// What is wrong, after the key's name.
    pub(super) message: String,
    /// What would be right.
    pub(super) help: String,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code: "C005", message: message.into(), help: help.into() }
    }

    pub(super) fn coded(self, code: &'static str) -> Self {
        Self { code, ..self }
    }
}

impl Findings {
    pub(super) fn new(path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), list: RefCell::default() }
    }

    /// An error at a range of octets.
    pub(super) fn error(&self, at: Range<usize>, code: &'static str, message: String, help: &str) {
        self.add(at, |place| Diagnostic::error(code, place, message), help);
    }

    /// A warning at a range of octets.
    pub(super) fn warning(&self, at: Range<usize>, code: &'static str, message: String, help: &str) {
        self.add(at, |place| Diagnostic::warning(code, place, message), help);
    }

    /// The warnings where there is no error, else everything, in the order of the file.
    pub(super) fn close(self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let mut list = self.list.into_inner();
        list.sort();
        if list.iter().any(|finding| finding.severity == Severity::Error) { Err(list) } else { Ok(list) }
    }

    fn add(&self, at: Range<usize>, make: impl FnOnce(Place) -> Diagnostic, help: &str) {
        let (line, column) = position(&self.text, at.start);
        let place = Place::new(Arc::clone(&self.path), line, column);
        let length = first_line(self.text.get(at).unwrap_or_default());
        let finding = make(place).spanning(length).within(Arc::clone(&self.text));
        let finding = if help.is_empty() { finding } else { finding.helped(help) };
        self.list.borrow_mut().push(finding);
    }
}

/// The name among `known` that was probably meant.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |name: &str| strsim::damerau_levenshtein(word, name);
    let nearest = known.iter().copied().min_by_key(|name| distance(name))?;
    // A third of the letters may be wrong: beyond that a proposal confuses more than it helps.
    (distance(nearest) <= word.len().max(nearest.len()).div_ceil(3)).then_some(nearest)
}

/// Line and column in characters, both from 1, of an octet.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// How many characters of a span stand on its first line.
fn first_line(span: &str) -> usize {
    span.lines().next().unwrap_or_default().trim_end().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(position("a = 1\nä = 2", 10), (2, 4));
        assert_eq!(position("", 0), (1, 1));
    }

    #[test]
    fn a_far_word_is_not_proposed() {
        assert_eq!(nearest("hostnam", &["hostname", "data_dir"]), Some("hostname"));
        assert_eq!(nearest("colour", &["hostname", "data_dir"]), None);
    }
}
