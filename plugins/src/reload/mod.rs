//! Hot reload: the current bundle, and how it is replaced while mail flows.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use crate::bundle::{Bundle, Rejected, Settings};
use crate::diagnostic::Diagnostic;

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
    /// An emptied directory, a vanished override, a direction that lost over half of its rows:
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
}

/// The current bundle. Cheap to clone; all clones see the same.
#[derive(Clone, Debug)]
pub struct Live {}

impl Live {
    /// Loads the files, or, where they are broken, the last good bundle, loudly.
    ///
    /// # Errors
    ///
    /// What is wrong, where there is no last good bundle either.
    pub fn load(source: Source) -> Result<Self, Rejected> {
        let _ = source;
        todo!()
    }

    /// The bundle in force. Taken once a connection, and kept.
    pub fn current(&self) -> Arc<Bundle> {
        todo!()
    }

    /// Tells of each swap: the generation in force.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        todo!()
    }

    /// Reads the files now, and swaps if they are good. Off the reactor.
    pub async fn reload(&self, removals: Removals) -> Reloaded {
        let _ = removals;
        todo!()
    }

    /// Watches the files and reloads on change, until the future is dropped.
    pub async fn watch(&self) {
        todo!()
    }

    /// What `status` says.
    pub fn status(&self) -> Status {
        todo!()
    }
}
