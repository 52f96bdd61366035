//! What is wrong with the table, as it is found.

use std::sync::Arc;

use rhai::Position;

use crate::diagnostic::Diagnostic;
use crate::place::Place;

/// The diagnostics of one file.
#[derive(Debug)]
pub(super) struct Findings {
    path: Arc<str>,
    source: Arc<str>,
    /// Where each line begins, in octets: a big table may have a finding on each.
    lines: Vec<usize>,
    found: Vec<Diagnostic>,
}

impl Findings {
    pub(super) fn new(path: Arc<str>, source: Arc<str>) -> Self {
        let ends = source.match_indices('\n').map(|(end, _)| end + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { path, source, lines, found: Vec::new() }
    }

    /// The file.
    pub(super) fn path(&self) -> Arc<str> {
        self.path.clone()
    }

    /// The place of a token.
    pub(super) fn place(&self, position: Position) -> Place {
        Place::new(self.path.clone(), position.line().unwrap_or(0), position.position().unwrap_or(0))
    }

    /// Adds one, with the excerpt's text and the length of the token at its place.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        let length = self.token_length(&diagnostic.place);
        self.found.push(diagnostic.spanning(length).within(self.source.clone()));
    }

    /// Adds an error without further help.
    pub(super) fn error(&mut self, code: &'static str, position: Position, message: impl Into<String>) {
        self.add(Diagnostic::error(code, self.place(position), message));
    }

    /// All of them, in the order of the file.
    pub(super) fn sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort();
        self.found
    }

    /// How long the token is that stands there: a quoted text, or a word.
    fn token_length(&self, place: &Place) -> usize {
        let start = self.lines.get(place.line.saturating_sub(1));
        let text = start.and_then(|start| self.source.get(*start..)).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        let rest: Vec<char> = line.chars().skip(place.column.saturating_sub(1)).collect();
        match rest.split_first() {
            Some((quote @ ('"' | '`'), text)) => {
                text.iter().position(|character| character == quote).map_or(1, |end| end + 2)
            }
            _ => rest.iter().take_while(|one| one.is_alphanumeric() || **one == '_').count().max(1),
        }
    }
}
