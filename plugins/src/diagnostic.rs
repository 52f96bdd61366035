//! What is wrong in a file, said to people.

pub mod catalogue;

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use crate::place::Place;

/// Whether a finding stops the file from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is used, but look at this.
    Warning,
    /// It is not used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One finding: what is wrong, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// Where it starts.
    pub place: Place,
    /// How many characters it spans, at least 1.
    pub length: usize,
    /// Error or warning.
    pub severity: Severity,
    /// A stable code, as in `H001`.
    pub code: &'static str,
    /// What is wrong, one sentence.
    pub message: String,
    /// What would be right, if we know.
    pub help: Option<String>,
    /// The text of the file, for the excerpt; empty where there is none.
    #[serde(skip)]
    pub source: std::sync::Arc<str>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            length: 1,
            severity: Severity::Error,
            code,
            message: message.into(),
            help: None,
            source: "".into(),
        }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// Spanning so many characters.
    #[must_use]
    pub fn spanning(self, length: usize) -> Self {
        Self { length: length.max(1), ..self }
    }

    /// Spanning the word that begins at its place; for those who know no more than where.
    #[must_use]
    pub(crate) fn spanning_word(self) -> Self {
        let line = self.place.line.checked_sub(1).and_then(|index| self.source.lines().nth(index));
        let rest = line.unwrap_or_default().chars().skip(self.place.column.saturating_sub(1));
        let length = rest.take_while(|one| one.is_alphanumeric() || *one == '_').count();
        self.spanning(length)
    }

    /// Saying what would be right.
    #[must_use]
    pub fn helped(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// With the text of the file, for the excerpt.
    #[must_use]
    pub fn within(self, source: impl Into<std::sync::Arc<str>>) -> Self {
        Self { source: source.into(), ..self }
    }
}

impl fmt::Display for Diagnostic {
    /// As rustc does: what is wrong, where, the line with carets, and what would be right.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.severity {
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let title = level.primary_title(&*self.message).id(self.code);
        let group = match self.span() {
            Some(span) => title.element(
                Snippet::source(&*self.source)
                    .path(&*self.place.path)
                    .annotation(AnnotationKind::Primary.span(span)),
            ),
            None => title.element(self.origin()),
        };
        let help = self.help.as_ref().map(|help| Level::HELP.message(&**help));
        f.write_str(&Renderer::plain().render(&[group.elements(help)]))
    }
}

/// The line of a place with carets beneath the word that begins there; `None` where the place is no line of
/// this text.
pub(crate) fn excerpt(place: &Place, source: &str) -> Option<String> {
    if place.line == 0 || place.source.is_some() {
        return None;
    }
    let there = Diagnostic::warning("", place.clone(), "").within(source).spanning_word();
    let snippet = Snippet::source(source).path(&*place.path);
    let snippet = snippet.annotation(AnnotationKind::Primary.span(there.span()?));
    Some(Renderer::plain().render(&[Group::with_level(Level::NOTE).element(snippet)]))
}

impl Diagnostic {
    /// The octets of the source that are meant; `None` where it is not at hand or ends before.
    pub fn span(&self) -> Option<Range<usize>> {
        let index = self.place.line.checked_sub(1)?;
        let line = self.source.split_inclusive('\n').nth(index)?;
        let start = self.source.split_inclusive('\n').take(index).map(str::len).sum::<usize>();
        let text = line.trim_end_matches(['\n', '\r']);
        let offset = |column: usize| text.char_indices().nth(column).map_or(text.len(), |(offset, _)| offset);
        let column = self.place.column.saturating_sub(1);
        let length = if self.place.column == 0 { text.chars().count() } else { self.length };
        Some(start + offset(column)..start + offset(column + length))
    }

    fn origin(&self) -> Origin<'_> {
        let origin = Origin::path(self.place.source.as_deref().unwrap_or(&self.place.path));
        match (self.place.line, self.place.column) {
            (0, _) => origin,
            (line, 0) => origin.line(line),
            (line, column) => origin.line(line).char_column(column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "fn offer(host) {\n    start_tsl()\n}\n";

    #[test]
    fn shows_the_line_and_what_would_be_right() {
        let place = Place::new("outgoing/mine.rhai", 2, 5);
        let finding = Diagnostic::error("F003", place, "there is no function `start_tsl`")
            .spanning(9)
            .helped("did you mean `start_tls`?")
            .within(SOURCE);
        let expected = "\
error[F003]: there is no function `start_tsl`
 --> outgoing/mine.rhai:2:5
  |
2 |     start_tsl()
  |     ^^^^^^^^^
  |
  = help: did you mean `start_tls`?";
        assert_eq!(finding.to_string(), expected);
    }

    #[test]
    fn points_to_a_whole_file() {
        let finding = Diagnostic::warning("F001", Place::file("a.rhai"), "nothing in it");
        assert_eq!(finding.to_string(), "warning[F001]: nothing in it\n--> a.rhai");
    }

    #[test]
    fn a_place_beyond_the_text_is_shown_at_its_end() {
        let at = |line, column| {
            Diagnostic::error("P001", Place::new("a.rhai", line, column), "wrong").within(SOURCE)
        };
        assert!(at(3, 40).to_string().contains("a.rhai:3"));
        assert!(at(99, 1).to_string().contains("a.rhai:99"));
    }

    #[test]
    fn columns_count_characters() {
        let place = Place::new("a.rhai", 1, 3);
        let finding = Diagnostic::error("T001", place, "wrong").spanning(2).within("\u{e4}\u{f6}xy\n");
        assert!(finding.to_string().contains("\u{e4}\u{f6}xy\n  |   ^^"), "{finding}");
    }
}
