//! Noticing that files have changed.
//!
//! Directories are watched, never files: an editor that renames a new file over the old one ends
//! the old one's watch. The parent is watched too, for a directory that is replaced as a whole.
//! What is seen is only a hint to read everything.

use std::fs;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::Pace;

/// Calls `reload` now, and whenever the directory may have changed, until dropped.
pub(super) async fn watch<F: Future>(directory: &Path, pace: Pace, reload: impl Fn() -> F) {
    let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    loop {
        // The watches are set anew each time, since a directory may have been replaced, and before
        // the files are read, so that what changes later gives a hint.
        let mut watches = Watches::set(&directory);
        reload().await;
        watches.hint(pace).await;
    }
}

/// The watches of a policies' directory, its folders and its parent.
struct Watches {
    hints: mpsc::Receiver<()>,
    /// Kept so that `hints` stays open where nothing can be watched.
    _hinting: mpsc::Sender<()>,
    /// Ends the watches when dropped.
    _watcher: Option<RecommendedWatcher>,
}

impl Watches {
    fn set(directory: &Path) -> Self {
        // One hint waiting is enough: everything is read anyway.
        let (hinting, hints) = mpsc::channel(1);
        let watcher = watcher(directory, hinting.clone()).inspect_err(|error| {
            tracing::warn!(%error, "changes of the policies are not noticed at once, only by looking now and then");
        });
        Self { hints, _hinting: hinting, _watcher: watcher.ok() }
    }

    /// Waits for a hint and then for quiet, or for the time to look anyway.
    async fn hint(&mut self, pace: Pace) {
        if timeout(pace.poll, self.hints.recv()).await.is_err() {
            return;
        }
        let at_most = Instant::now() + pace.at_most;
        while Instant::now() < at_most {
            let quiet = at_most.min(Instant::now() + pace.quiet);
            if timeout_at(quiet, self.hints.recv()).await.is_err() {
                return;
            }
        }
    }
}

fn watcher(directory: &Path, hinting: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let whole = directory.to_owned();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.map_or(true, |event| is_hint(&event, &whole)) {
            // Full: a hint is waiting already.
            let _ = hinting.try_send(());
        }
    })?;
    for path in watched(directory) {
        // One that is not there, or vanishes now, is noticed by its parent.
        let _ = watcher.watch(&path, RecursiveMode::NonRecursive);
    }
    Ok(watcher)
}

/// The parent, the directory, its folders.
fn watched(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = directory.parent().into_iter().chain([directory]).map(Path::to_owned).collect();
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    paths.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
    paths
}

/// Whether an event may mean a change: our own reading does not, nor does what happens elsewhere in
/// the parent.
fn is_hint(event: &Event, directory: &Path) -> bool {
    let change = match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    };
    let ours = event.paths.is_empty() || event.paths.iter().any(|path| path.starts_with(directory));
    event.need_rescan() || change && ours
}
