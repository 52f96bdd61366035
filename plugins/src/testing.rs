//! The policies' own tests.

use serde::Serialize;

use crate::bundle::Bundle;
use crate::diagnostic::Diagnostic;

/// What a run of the policies' tests came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The tests that passed, as in `tests/outgoing.rhai: test_require_defers_clear`.
    pub passed: Vec<String>,
    /// Those that failed, each with its place and message.
    pub failed: Vec<Diagnostic>,
}

/// Runs the functions `test_*` of `tests/*.rhai` against a bundle.
pub fn run(bundle: &Bundle, files: &[(std::sync::Arc<str>, std::sync::Arc<str>)]) -> Report {
    let _ = (bundle, files);
    todo!()
}
