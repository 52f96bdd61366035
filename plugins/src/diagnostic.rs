//! What is wrong in a file, said to people.

use std::fmt;

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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // TODO(helper A): rustc-like, with annotate-snippets
        write!(f, "{}: {}", self.place, self.message)
    }
}
