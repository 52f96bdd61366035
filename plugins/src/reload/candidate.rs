//! Candidates: from files to a bundle that may come into force.

use std::io;

use super::{Removals, Source, removals};
use crate::bundle::{Bundle, Rejected, Snapshot};
use crate::diagnostic::Diagnostic;

/// What may come into force.
pub(super) struct Candidate {
    pub(super) snapshot: Snapshot,
    pub(super) bundle: Bundle,
    pub(super) warnings: Vec<Diagnostic>,
}

/// What is in force, or was before the start: what a candidate is compared with.
pub(super) type Current<'a> = Option<(&'a Snapshot, &'a Bundle)>;

/// Reads the directory. One that is not there is an empty one if the operator says so.
pub(super) fn read(source: &Source, removals: Removals) -> Result<Snapshot, Rejected> {
    let missing = source.directory.metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if missing && removals == Removals::Accept {
        Ok(Snapshot::default())
    } else {
        Snapshot::stable(&source.directory)
    }
}

/// Loads a snapshot, and looks at what it has lost.
///
/// # Errors
///
/// It is broken, or has lost what must not be lost by accident.
pub(super) fn judge(
    source: &Source,
    removals: Removals,
    snapshot: Snapshot,
    current: Current<'_>,
    generation: u64,
) -> Result<Candidate, Rejected> {
    let lost = current.map(|(before, _)| removals::of_files(removals, &source.directory, before, &snapshot));
    refuse(lost)?;
    let (bundle, warnings) =
        Bundle::load(&snapshot, &source.settings.for_directory(&source.directory), generation)?;
    refuse(current.map(|(_, before)| removals::of_rows(removals, before, &bundle)))?;
    Ok(Candidate { snapshot, bundle, warnings })
}

fn refuse(lost: Option<Vec<Diagnostic>>) -> Result<(), Rejected> {
    match lost {
        Some(diagnostics) if !diagnostics.is_empty() => Err(Rejected { diagnostics }),
        _ => Ok(()),
    }
}
