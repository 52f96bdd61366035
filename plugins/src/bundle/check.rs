//! What `waxseal check` and `waxseal test` ask of a policies' directory.

use std::path::Path;

use serde::Serialize;

use super::{Bundle, Settings, Snapshot};
use crate::diagnostic::{Diagnostic, Severity};
use crate::hooks::Direction;
use crate::testing::{Report, Selection};

/// What a policies' directory came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    /// What is wrong, or deserves a look; failed tests are in the report.
    pub diagnostics: Vec<Diagnostic>,
    /// What the tests came to; empty where the policies are too broken to be tested.
    pub tests: Report,
    /// How many rows the table has.
    pub rows: usize,
    /// How many policies there are in both directions, the shipped ones among them.
    pub policies: usize,
}

impl Checked {
    /// Whether a relay would take these policies.
    pub fn is_good(&self) -> bool {
        self.tests.failed.is_empty() && !self.diagnostics.iter().any(|one| one.severity == Severity::Error)
    }
}

/// Reads a policies' directory and checks all there is to check. Blocks.
pub fn check(directory: &Path, settings: &Settings) -> Checked {
    check_selected(directory, settings, &Selection::default())
}

/// The same with those of the tests that are selected. Blocks.
pub fn check_selected(directory: &Path, settings: &Settings, selection: &Selection) -> Checked {
    let settings = settings.for_directory(directory);
    let loaded = Snapshot::stable(directory)
        .and_then(|snapshot| Bundle::compile(&snapshot, &settings, 1).map(|loaded| (snapshot, loaded)));
    match loaded {
        Ok((snapshot, (bundle, diagnostics))) => Checked {
            diagnostics,
            tests: bundle.test(&snapshot, selection),
            rows: bundle.table().entries().len(),
            policies: [Direction::Incoming, Direction::Outgoing]
                .map(|direction| bundle.policies(direction).count())
                .iter()
                .sum(),
        },
        Err(rejected) => Checked { diagnostics: rejected.diagnostics, ..Checked::default() },
    }
}
