//! What a run of tests came to.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::coverage::Coverage;
use crate::diagnostic::Diagnostic;

/// What a run of the policies' tests came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The tests that passed.
    pub passed: Vec<Passed>,
    /// Those that failed; of a test with cases each case that did.
    pub failed: Vec<Failed>,
    /// What the tests met, if it was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
}

/// A test that passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// Its file.
    pub file: Arc<str>,
    /// Its name.
    pub test: String,
    /// What filters read and the test did not give, and what they were told instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
}

/// A test that failed, or one of its cases.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// Its file.
    pub file: Arc<str>,
    /// Its name; empty where the file cannot be compiled.
    pub test: String,
    /// The case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// What is wrong, and at which line of the test.
    pub finding: Diagnostic,
    /// What was asked last: who, what they said, which row matched, the line that decided.
    pub trace: Vec<String>,
}

impl Report {
    /// The failures as findings.
    pub fn findings(&self) -> impl Iterator<Item = Diagnostic> {
        self.failed.iter().map(|failed| failed.finding.clone())
    }

    /// How many tests failed; one with several failing cases once.
    pub fn failed_tests(&self) -> usize {
        let mut tests: Vec<_> = self.failed.iter().map(|one| (&one.file, &one.test)).collect();
        tests.sort();
        tests.dedup();
        tests.len()
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.test)?;
        self.assumed.iter().try_for_each(|what| write!(f, "\n          {what}"))
    }
}

impl Failed {
    pub(super) fn to_compile(file: &Arc<str>, finding: Diagnostic) -> Self {
        Self { file: file.clone(), test: String::new(), case: None, finding, trace: Vec::new() }
    }
}

impl fmt::Display for Failed {
    /// The finding with its excerpt, and the trace beneath it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.finding)?;
        self.trace.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}
