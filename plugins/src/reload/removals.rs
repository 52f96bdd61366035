//! What a candidate may not lose by accident: an unmounted disk, a failed copy or a slip of the
//! hand must not be taken for "no policy".

use std::path::Path;
use std::sync::Arc;

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
    overrides.chain(emptied).chain(gone(current, candidate)).collect()
}

/// Filters, and the configurations of plugins, that are gone from folders which still have files. A policy
/// that is gone is missed by the rows that name it, or decides nothing.
fn gone(current: &Snapshot, candidate: &Snapshot) -> Vec<Diagnostic> {
    let decides = |path: &str| path.starts_with("filters/") || path.ends_with(".toml");
    let gone = current.paths().filter(|path| decides(path) && !stands(candidate, current, path));
    let gone = gone.map(|path| {
        let what = if path.ends_with(".toml") { "this configuration of a plugin" } else { "this filter" };
        refusal(Place::file(Arc::clone(path)), format!("{what} has vanished"))
    });
    gone.collect()
}

/// Whether what a file said is still said: it is there, perhaps as a plugin in the place of a script, or has
/// another name now; or all of its folder is gone, of which that is said.
fn stands(candidate: &Snapshot, current: &Snapshot, path: &Arc<str>) -> bool {
    let (folder, file) = path.split_once('/').unwrap_or(("", path));
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let beside = |extension: &str| format!("{folder}/{stem}.{extension}");
    let has = |extension: &str| candidate.paths().any(|path| **path == *beside(extension));
    let is_there = match extension {
        // Without its plugin it says nothing.
        "toml" => has("toml") || !has("wasm"),
        _ => has("rhai") || has("wasm"),
    };
    let mut others = candidate.paths().filter(|path| path.split('/').next() == Some(folder)).peekable();
    is_there
        || others.peek().is_none()
        || others.any(|other| candidate.content(other) == current.content(path))
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
