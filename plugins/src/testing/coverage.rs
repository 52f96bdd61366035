//! Coverage: which statements of the scripts, and which rows of the table, the tests have met.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::bundle::Bundle;
use crate::place::Place;
use crate::rhai::Counter;
use crate::table::{self, Entry};

/// What the tests have met.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// By file, in the order of their paths.
    pub files: Vec<FileCoverage>,
}

/// What the tests have met of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileCoverage {
    /// Its path in the policies' directory.
    pub path: Arc<str>,
    /// Whether it is the site's own; else it is shipped, and stands in no directory.
    pub own: bool,
    /// Its lines that have statements or a row, each with the number of times that the part of it which
    /// was met least often was met: the `else` of a line counts as much as its `if`.
    pub lines: BTreeMap<usize, u64>,
    /// What was never met: statements, and rows.
    pub unmet: Vec<Unmet>,
}

/// A statement or a row that was never met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unmet {
    /// Where it stands.
    pub place: Place,
    /// The rest of its line.
    pub text: String,
}

impl Coverage {
    /// What was counted in scripts, and the rows that conversations met, by their places. The shipped
    /// files say nothing of a site that has its own: they count where the site has nothing, or names
    /// them.
    pub(super) fn of(bundle: &Bundle, scripts: &[Arc<Counter>], rows: &BTreeSet<String>) -> Self {
        let counts = |counter: &&Arc<Counter>| bundle.is_in_use(counter.path());
        let mut files: Vec<_> =
            scripts.iter().filter(counts).map(|counter| FileCoverage::of_script(bundle, counter)).collect();
        files.extend(FileCoverage::of_table(bundle, rows));
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Self { files }
    }

    /// The lines that were met, and all that count.
    pub fn lines(&self) -> (usize, usize) {
        let sum = |count: fn(&FileCoverage) -> usize| self.files.iter().map(count).sum();
        (sum(FileCoverage::met), sum(|file| file.lines.len()))
    }

    /// The percentage of lines that were met, rounded down: 100 is all of them.
    pub fn percent(&self) -> usize {
        let (met, all) = self.lines();
        (met * 100).checked_div(all).unwrap_or(100)
    }

    /// The site's own files as a tracefile of lcov, which editors and build servers read. Files are named
    /// within a directory.
    pub fn lcov(&self, directory: &Path) -> String {
        let mut text = String::new();
        for file in self.files.iter().filter(|file| file.own) {
            text += &format!("TN:\nSF:{}\n", directory.join(&*file.path).display());
            for (line, count) in &file.lines {
                text += &format!("DA:{line},{count}\n");
            }
            text += &format!("LF:{}\nLH:{}\nend_of_record\n", file.lines.len(), file.met());
        }
        text
    }
}

impl FileCoverage {
    fn of_script(bundle: &Bundle, counter: &Counter) -> Self {
        let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
        let mut unmet = Vec::new();
        for (line, column, count) in counter.counts() {
            lines.entry(line).and_modify(|least| *least = (*least).min(count)).or_insert(count);
            if count == 0 {
                unmet.push(Unmet::at(bundle, Place::new(counter.path().clone(), line, column)));
            }
        }
        Self { path: counter.path().clone(), own: bundle.is_of_site(counter.path()), lines, unmet }
    }

    /// Of the site's own table, the rows that hold today.
    fn of_table(bundle: &Bundle, rows: &BTreeSet<String>) -> Option<Self> {
        let today = table::today();
        let holding: Vec<&Entry> =
            bundle.table().entries().iter().filter(|entry| entry.holds(today)).collect();
        if holding.is_empty() || !bundle.is_of_site(table::PATH) {
            return None;
        }
        let is_met = |entry: &&&Entry| rows.contains(&entry.row.place);
        let mut lines: BTreeMap<usize, u64> = BTreeMap::new();
        for entry in &holding {
            let count = u64::from(is_met(&entry));
            lines.entry(entry.place.line).and_modify(|least| *least = (*least).min(count)).or_insert(count);
        }
        let unmet = holding.iter().filter(|entry| !is_met(entry));
        let unmet = unmet.map(|entry| Unmet::at(bundle, entry.place.clone())).collect();
        Some(Self { path: table::PATH.into(), own: true, lines, unmet })
    }

    /// How many of its lines were met, in all their parts.
    pub fn met(&self) -> usize {
        self.lines.values().filter(|count| **count > 0).count()
    }
}

impl Unmet {
    fn at(bundle: &Bundle, place: Place) -> Self {
        let source = bundle.files().get(&place.path).cloned().unwrap_or_default();
        let line = place.line.checked_sub(1).and_then(|index| source.lines().nth(index)).unwrap_or_default();
        let text =
            line.chars().skip(place.column.saturating_sub(1)).collect::<String>().trim_end().to_owned();
        Self { place, text }
    }
}

impl fmt::Display for Coverage {
    /// A line for each file, the places that were not met beneath it, and the sum.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.files.iter().map(|file| file.path.len()).max().unwrap_or(0);
        for file in &self.files {
            let what = if &*file.path == table::PATH { "rows" } else { "lines" };
            writeln!(f, "  {:width$}  {:>3} of {:>3} {what}", file.path, file.met(), file.lines.len())?;
            for Unmet { place, text } in &file.unmet {
                writeln!(f, "      not met: {place}  {text}")?;
            }
        }
        let (met, all) = self.lines();
        write!(f, "coverage: {} % ({met} of {all})", self.percent())
    }
}
