//! What a candidate may not lose by accident: an unmounted disk, a failed copy or a slip of the
//! hand must not be taken for "no policy".

use std::path::Path;

use super::Removals;
use crate::bundle::{Bundle, Snapshot};
use crate::diagnostic::Diagnostic;
use crate::hooks::Direction;
use crate::place::Place;
use crate::table;

/// From how many rows on a loss of more than half of them is refused.
const ROWS: usize = 10;

/// What vanished is refused in these folders; tests decide nothing.
const FOLDERS: [&str; 3] = ["incoming/", "outgoing/", "filters/"];

/// What the files have lost; known before they are compiled.
pub(super) fn of_files(
    removals: Removals,
    directory: &Path,
    current: &Snapshot,
    candidate: &Snapshot,
) -> Vec<Diagnostic> {
    if removals == Removals::Accept {
        return Vec::new();
    }
    if candidate.paths().next().is_none() && current.paths().next().is_some() {
        let place = Place::file(directory.display().to_string());
        return vec![refusal(place, "the policies' directory is empty".to_owned())];
    }
    let kept = candidate.overrides();
    let overrides = current.overrides().into_iter().filter(|path| !kept.contains(path));
    let overrides = overrides.map(|path| {
        refusal(Place::file(path), "this file has vanished: the shipped one would take its place".to_owned())
    });
    let holds = |snapshot: &Snapshot, folder| snapshot.paths().any(|path| path.starts_with(folder));
    let emptied = FOLDERS.iter().filter(|folder| holds(current, **folder) && !holds(candidate, **folder));
    let emptied = emptied
        .map(|folder| refusal(Place::file(*folder), "all files of this folder have vanished".to_owned()));
    overrides.chain(emptied).collect()
}

/// What the table has lost.
pub(super) fn of_rows(removals: Removals, current: &Bundle, candidate: &Bundle) -> Vec<Diagnostic> {
    if removals == Removals::Accept {
        return Vec::new();
    }
    let directions = [Direction::Incoming, Direction::Outgoing].into_iter();
    directions.filter_map(|direction| lost_rows(direction, current, candidate)).collect()
}

fn lost_rows(direction: Direction, current: &Bundle, candidate: &Bundle) -> Option<Diagnostic> {
    let rows = |bundle: &Bundle| bundle.table().policies(direction).count();
    let (before, after) = (rows(current), rows(candidate));
    let message = format!("{direction} has {after} rows, where it had {before}: more than half are gone");
    (before >= ROWS && after * 2 < before).then(|| refusal(Place::file(table::PATH), message))
}

fn refusal(place: Place, message: String) -> Diagnostic {
    let help = "if that is meant, run `waxseal reload --accept-removals`";
    Diagnostic::error("B011", place, message).helped(help)
}
