//! The bundle as the admin side shows it: its files, and a place in one of them.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::table::today;

/// A file of the bundle in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct File {
    /// Its path, relative to the policies' directory.
    pub path: String,
    /// Whether it is the site's own, or shipped with the program.
    pub origin: Origin,
    /// How many lines it has.
    pub lines: usize,
}

/// Where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The policies' directory.
    Site,
    /// The program.
    Shipped,
}

/// The row of the table that chooses the policy of a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Row {
    /// Its pattern.
    pub pattern: String,
    /// Its policy.
    pub policy: String,
    /// Where it stands, as in `domains.rhai:12:5`.
    pub place: String,
    /// Why it is there, from its `because`; may be empty.
    pub because: String,
}

/// Some lines of a file around the one that is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Excerpt {
    /// The file.
    pub path: String,
    /// The number of the line that is meant, from 1.
    pub line: usize,
    /// The number of the first line.
    pub first: usize,
    /// The lines.
    pub lines: Vec<String>,
}

/// How many lines stand around the one that is meant.
const AROUND: usize = 3;

/// The files, by path.
pub fn files(bundle: &Bundle) -> Vec<File> {
    let file = |(path, text): (&std::sync::Arc<str>, &std::sync::Arc<str>)| File {
        path: path.to_string(),
        origin: if bundle.is_of_site(path) { Origin::Site } else { Origin::Shipped },
        lines: text.lines().count(),
    };
    bundle.files().iter().map(file).collect()
}

/// The row for mail to a domain.
pub fn row(bundle: &Bundle, domain: &str) -> Row {
    let today: Date = today();
    let row = bundle.table().outgoing(domain, today);
    Row {
        pattern: row.pattern.clone(),
        policy: row.policy.clone(),
        place: row.place.clone(),
        because: row.because.clone(),
    }
}

/// What stands at a place as `outgoing/require.rhai:12:5`; `None` where there is no such text.
pub fn excerpt(bundle: &Bundle, place: &str) -> Option<Excerpt> {
    let mut parts = place.splitn(3, ':');
    let (path, line) = (parts.next()?, parts.next()?.parse::<usize>().ok()?);
    let text = bundle.files().get(path)?;
    let first = line.saturating_sub(AROUND).max(1);
    let lines: Vec<String> =
        text.lines().skip(first - 1).take(line + AROUND + 1 - first).map(str::to_owned).collect();
    (line >= first && line - first < lines.len()).then(|| Excerpt {
        path: path.to_owned(),
        line,
        first,
        lines,
    })
}
