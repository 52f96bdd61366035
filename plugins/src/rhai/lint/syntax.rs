//! P: what the parser says, and the top level.

use std::sync::Arc;

use ::rhai::{ParseError, ParseErrorType};

use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::rhai::{Fault, place};

/// P001: the parser's error.
pub(crate) fn syntax(path: &Arc<str>, source: &str, error: &ParseError) -> Diagnostic {
    let at = place(path, error.position());
    let length = word_length(source, &at);
    let finding = Diagnostic::error("P001", at, error.err_type().to_string()).spanning(length).within(source);
    match error.err_type() {
        // Rhai's functions see no variables but their own, the top level's neither.
        ParseErrorType::VariableUndefined(_) => {
            finding.helped("a function sees only its parameters and the variables made in it")
        }
        ParseErrorType::FnDuplicatedDefinition(..) => {
            finding.helped("a filter has each hook once: with `peer` it is asked in both directions")
        }
        ParseErrorType::ModuleUndefined(_) => finding.helped("a script is one file: there are no modules"),
        _ => finding,
    }
}

/// P002: an error while the statements outside functions run.
pub(in crate::rhai) fn top_level(path: &Arc<str>, source: &str, fault: &Fault) -> Diagnostic {
    let at = place(path, fault.position);
    let length = word_length(source, &at);
    Diagnostic::error("P002", at, fault.message.clone()).spanning(length).within(source)
}

/// The length of the word that begins at a place; the parser tells no ends.
fn word_length(source: &str, at: &Place) -> usize {
    let line = at.line.checked_sub(1).and_then(|index| source.lines().nth(index)).unwrap_or_default();
    line.chars()
        .skip(at.column.saturating_sub(1))
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .count()
        .max(1)
}
