//! Hot reload: the current bundle, and how it is replaced while mail flows.
//!
//! A change of the files is noticed by [watching](Live::watch) their directories, and by looking
//! at them now and then. Only a candidate that is read the same twice, compiles, and passes every
//! check takes the place of the bundle in force; else that one stays, and the
//! [status](Live::status) says why.

mod candidate;
mod last_good;
mod live;
mod removals;
mod watcher;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use crate::bundle::{Settings, Snapshot};
use crate::diagnostic::Diagnostic;

pub use live::Live;

/// Calls `changed` now, and whenever a directory of policies may have changed, until dropped.
pub async fn watch<F: Future>(directory: &Path, changed: impl Fn() -> F) {
    watcher::watch(directory, Pace::default(), changed).await;
}

/// The files of the bundle that was kept last in this directory; `None` where there is none, or it cannot
/// be read. Blocks.
pub fn last_good(directory: &Path) -> Option<Snapshot> {
    last_good::LastGood::new(directory).read()
}

/// Where a live bundle comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The site's policies' directory. A file in it takes the place of the shipped file of the
    /// same path.
    pub directory: PathBuf,
    /// Where the last good bundle is kept.
    pub last_good: PathBuf,
    /// What the configuration says.
    pub settings: Settings,
}

/// Whether a candidate may lose what the current bundle has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removals {
    /// An emptied directory, a vanished filter or override, a direction that lost over half of its rows:
    /// refused, not taken for "no policy".
    Refuse,
    /// The operator said so: `waxseal reload --accept-removals`.
    Accept,
}

/// What a reload came to.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum Reloaded {
    /// A new bundle is in force.
    Swapped {
        /// Its generation.
        generation: u64,
        /// Its warnings.
        warnings: Vec<Diagnostic>,
    },
    /// Nothing has changed.
    Unchanged {
        /// The generation in force.
        generation: u64,
    },
    /// The candidate is broken: the last good bundle stays.
    Rejected {
        /// The generation in force.
        generation: u64,
        /// What is wrong.
        diagnostics: Vec<Diagnostic>,
    },
}

/// What `status` says of the bundle.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The generation in force.
    pub generation: u64,
    /// Since when, RFC 3339.
    pub since: String,
    /// The hash of its files, in hexadecimal.
    pub hash: String,
    /// How many candidates were rejected since the start.
    pub rejected: u64,
    /// What is wrong with the files as they are now; empty when they are the bundle in force.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the bundle in force is a kept one, since the files were broken at the start.
    pub from_last_good: bool,
    /// What is wrong with the files of lists as they are now; each list stays as it was.
    pub lists: Vec<Diagnostic>,
}

/// How fast a change is taken up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long the files must have been quiet.
    pub quiet: Duration,
    /// After what time they are read, quiet or not.
    pub at_most: Duration,
    /// How often they are looked at without a hint: network file systems give none.
    pub poll: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(150),
            at_most: Duration::from_secs(2),
            poll: Duration::from_secs(10),
        }
    }
}
