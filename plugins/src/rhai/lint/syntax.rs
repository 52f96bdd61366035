//! P: what the parser says, and the top level.

use std::sync::Arc;

use ::rhai::{ParseError, ParseErrorType};

use crate::diagnostic::Diagnostic;
use crate::rhai::{Fault, place};

/// P001: the parser's error.
pub(crate) fn syntax(path: &Arc<str>, source: &str, error: &ParseError) -> Diagnostic {
    let at = place(path, error.position());
    let finding = Diagnostic::error("P001", at, error.err_type().to_string()).within(source).spanning_word();
    match error.err_type() {
        // Rhai's functions see no variables but their own, the top level's neither.
        ParseErrorType::VariableUndefined(_) => {
            finding.helped("a function sees only its parameters and the variables made in it")
        }
        ParseErrorType::FnDuplicatedDefinition(..) => {
            finding.helped("a file has each hook once; a filter's is asked in both directions with `peer`")
        }
        ParseErrorType::ModuleUndefined(_) | ParseErrorType::Reserved(_) => {
            finding.helped("a script is one file: it imports nothing, and makes no code as it runs")
        }
        _ => finding,
    }
}

/// P002: an error while the statements outside functions run.
pub(in crate::rhai) fn top_level(path: &Arc<str>, source: &str, fault: &Fault) -> Diagnostic {
    let at = place(path, fault.position);
    Diagnostic::error("P002", at, fault.message.clone()).within(source).spanning_word()
}
