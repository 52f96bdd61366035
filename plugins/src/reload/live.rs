//! The bundle in force, and its replacement.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::watch;

use super::candidate::{self, Candidate, judge};
use super::last_good::LastGood;
use super::{Pace, Reloaded, Removals, Source, Status, watcher};
use crate::bundle::{Bundle, Rejected, Snapshot};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use crate::state::{Lists, lists};

/// How many warnings of a bundle are logged: a big table may have one a row.
const LOGGED: usize = 20;

/// The findings whose reason lies outside the policies' files: roots that are not there, and rows
/// whose end passes with the days.
const OUTSIDE: [&str; 2] = ["B010", "R009"];

/// The current bundle. Cheap to clone; all clones see the same.
#[derive(Clone, Debug)]
pub struct Live {
    shared: Arc<Shared>,
    pace: Pace,
}

struct Shared {
    source: Source,
    last_good: LastGood,
    current: ArcSwap<Bundle>,
    generations: watch::Sender<u64>,
    /// Held while a candidate is loaded, so that there is one at a time. Who waits for it keeps no
    /// thread waiting, however many ask at once.
    loading: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

/// What is known of the files.
#[derive(Debug, Default)]
struct State {
    /// The files of the bundle in force.
    snapshot: Snapshot,
    since: Timestamp,
    rejected: u64,
    /// The hash of the candidate that was rejected last, where it could be read.
    rejected_hash: Option<String>,
    diagnostics: Vec<Diagnostic>,
    from_last_good: bool,
}

/// Why the files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// An operator asked.
    Asked,
    /// Something may have changed; a candidate that was rejected already is not tried again.
    Noticed,
}

impl Live {
    /// Loads the files, or, where they are broken, the last good bundle, loudly. Blocks.
    ///
    /// # Errors
    ///
    /// What is wrong, where there is no last good bundle either.
    pub fn load(source: Source) -> Result<Self, Rejected> {
        let last_good = LastGood::new(&source.last_good);
        source.settings.plugins.state().keep_lists(&source.directory.join(lists::FOLDER), &last_good.lists());
        let kept = last_good.read().and_then(|snapshot| {
            let settings = source.settings.for_directory(&source.directory);
            let loaded = Bundle::load(&snapshot, &settings, 1).ok();
            loaded.map(|(bundle, _)| (snapshot, bundle))
        });
        let kept_ones = kept.as_ref().map(|(snapshot, bundle)| (snapshot, bundle));
        let state = State { since: Timestamp::now(), ..State::default() };
        let read = candidate::read(&source, Removals::Refuse);
        let rejected_hash = read.as_ref().ok().map(Snapshot::hash);
        let judged = read.and_then(|files| judge(&source, Removals::Refuse, files, kept_ones, 1));
        let (bundle, state) = match judged {
            Ok(Candidate { snapshot, bundle, warnings }) => {
                log_warnings(&warnings);
                keep(&last_good, &snapshot);
                (bundle, State { snapshot, ..state })
            }
            Err(rejected) => {
                let Some((snapshot, bundle)) = kept else { return Err(rejected) };
                tracing::error!(%rejected, "the policies are broken: starting with the last good ones");
                let diagnostics = rejected.diagnostics;
                let state = State { diagnostics, rejected_hash, rejected: 1, from_last_good: true, ..state };
                (bundle, State { snapshot, ..state })
            }
        };
        let shared = Shared {
            source,
            last_good,
            current: ArcSwap::from_pointee(bundle),
            generations: watch::Sender::new(1),
            loading: Arc::default(),
            state: Mutex::new(state),
        };
        Ok(Self { shared: Arc::new(shared), pace: Pace::default() })
    }

    /// With another pace of [`watch`](Self::watch).
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The bundle in force. Taken once a connection, and kept.
    pub fn current(&self) -> Arc<Bundle> {
        self.shared.current.load_full()
    }

    /// Tells of each swap: the generation in force.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.shared.generations.subscribe()
    }

    /// The directory of the files.
    pub fn directory(&self) -> &Path {
        &self.shared.source.directory
    }

    /// Whether the files of another directory would be taken in the place of these: they are judged as at
    /// a reload, and nothing is swapped. Gives their hash. Off the reactor.
    ///
    /// # Errors
    ///
    /// Why they would not be taken.
    pub async fn judge(&self, directory: &Path, removals: Removals) -> Result<String, Rejected> {
        let shared = self.shared.clone();
        let source = Source { directory: directory.to_owned(), ..shared.source.clone() };
        let place = Place::file(directory.display().to_string());
        let turn = shared.loading.clone().lock_owned().await;
        let work = move || {
            let _turn = turn;
            shared.judge(&source, removals)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
            let message = format!("loading the policies failed in the relay itself: {error}");
            Err(Rejected::because(Diagnostic::error("B000", place, message)))
        })
    }

    /// Reads the files now, and swaps if they are good. Off the reactor.
    pub async fn reload(&self, removals: Removals) -> Reloaded {
        self.reload_for(Cause::Asked, removals).await
    }

    /// Watches the files and reloads on change, until the future is dropped.
    pub async fn watch(&self) {
        let directory = self.shared.source.directory.clone();
        watcher::watch(&directory, self.pace, || self.reload_for(Cause::Noticed, Removals::Refuse)).await;
    }

    /// What `status` says.
    pub fn status(&self) -> Status {
        let bundle = self.current();
        let state = self.shared.state();
        Status {
            generation: bundle.generation(),
            since: format!("{:.0}", state.since),
            hash: bundle.hash().to_owned(),
            rejected: state.rejected,
            diagnostics: state.diagnostics.clone(),
            from_last_good: state.from_last_good,
            lists: self.shared.lists().map(|lists| lists.findings()).unwrap_or_default(),
        }
    }

    pub(super) async fn reload_for(&self, cause: Cause, removals: Removals) -> Reloaded {
        let shared = self.shared.clone();
        let turn = shared.loading.clone().lock_owned().await;
        // The turn ends with the work, also where nobody waits for its outcome any more.
        let work = move || {
            let _turn = turn;
            shared.reload(cause, removals)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(reloaded) => reloaded,
            // It panicked, which is our fault, or the runtime is going down.
            Err(error) => {
                let place = Place::file(self.shared.source.directory.display().to_string());
                let message = format!("loading the policies failed in the relay itself: {error}");
                self.shared.reject(None, vec![Diagnostic::error("B000", place, message)])
            }
        }
    }
}

impl Shared {
    fn reload(&self, cause: Cause, removals: Removals) -> Reloaded {
        let reloaded = self.reload_files(cause, removals);
        let is_taken = !matches!(reloaded, Reloaded::Rejected { .. });
        if let Some(lists) = self.lists().filter(|_| is_taken && removals == Removals::Accept) {
            let outside = self.source.settings.plugins.state().outside();
            lists.forget_lost(&self.current.load().lists_named(), &**outside);
        }
        reloaded
    }

    /// The lists in force, if any are asked for.
    fn lists(&self) -> Option<Arc<Lists>> {
        self.source.settings.plugins.state().lists_in_use(&self.source.directory.join(lists::FOLDER))
    }

    fn reload_files(&self, cause: Cause, removals: Removals) -> Reloaded {
        let snapshot = match candidate::read(&self.source, removals) {
            Ok(snapshot) => snapshot,
            Err(rejected) => return self.reject(None, rejected.diagnostics),
        };
        let (hash, current) = (snapshot.hash(), self.current.load_full());
        if hash == current.hash() {
            return self.unchanged();
        }
        if cause == Cause::Noticed && self.state().rejected_hash.as_ref() == Some(&hash) {
            let diagnostics = self.state().diagnostics.clone();
            return Reloaded::Rejected { generation: current.generation(), diagnostics };
        }
        let before = self.state().snapshot.clone();
        let generation = current.generation() + 1;
        match judge(&self.source, removals, snapshot, Some((&before, &current)), generation) {
            Ok(candidate) => self.swap(candidate),
            Err(rejected) => {
                // What stands outside the files may be mended without a change of theirs.
                let settled = !rejected.diagnostics.iter().any(|one| OUTSIDE.contains(&one.code));
                self.reject(settled.then_some(hash), rejected.diagnostics)
            }
        }
    }

    fn judge(&self, source: &Source, removals: Removals) -> Result<String, Rejected> {
        let snapshot = candidate::read(source, removals)?;
        let (before, current) = (self.state().snapshot.clone(), self.current.load_full());
        let generation = current.generation() + 1;
        let candidate = judge(source, removals, snapshot, Some((&before, &current)), generation)?;
        Ok(candidate.bundle.hash().to_owned())
    }

    fn swap(&self, candidate: Candidate) -> Reloaded {
        let Candidate { snapshot, bundle, warnings } = candidate;
        let generation = bundle.generation();
        tracing::info!(generation, hash = bundle.hash(), "new policies are in force");
        log_warnings(&warnings);
        keep(&self.last_good, &snapshot);
        let before = {
            let mut state = self.state();
            let rejected = state.rejected;
            *state = State { snapshot, since: Timestamp::now(), rejected, ..State::default() };
            self.current.swap(Arc::new(bundle))
        };
        before.superseded_by(&self.current.load());
        self.generations.send_replace(generation);
        Reloaded::Swapped { generation, warnings }
    }

    /// The files are those of the bundle in force, perhaps again.
    fn unchanged(&self) -> Reloaded {
        let mut state = self.state();
        state.diagnostics.clear();
        state.rejected_hash = None;
        state.from_last_good = false;
        Reloaded::Unchanged { generation: self.current.load().generation() }
    }

    /// The bundle in force stays. A candidate is counted and logged once, however often it is met.
    fn reject(&self, hash: Option<String>, diagnostics: Vec<Diagnostic>) -> Reloaded {
        let generation = self.current.load().generation();
        let mut state = self.state();
        if state.diagnostics != diagnostics || state.rejected_hash != hash {
            let rejected = Rejected { diagnostics: diagnostics.clone() };
            tracing::error!(generation, %rejected, "the last good policies stay in force");
            state.rejected += 1;
        }
        state.rejected_hash = hash;
        state.diagnostics.clone_from(&diagnostics);
        Reloaded::Rejected { generation, diagnostics }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("source", &self.source).finish_non_exhaustive()
    }
}

/// That the last good policies cannot be kept stops no mail; the next start may miss them.
fn keep(last_good: &LastGood, snapshot: &Snapshot) {
    if let Err(error) = last_good.keep(snapshot) {
        tracing::error!(%error, "the last good policies cannot be kept on disk");
    }
}

fn log_warnings(warnings: &[Diagnostic]) {
    for warning in warnings.iter().take(LOGGED) {
        tracing::warn!("{warning}");
    }
    if warnings.len() > LOGGED {
        tracing::warn!("and {} more: `waxseal check` shows them", warnings.len() - LOGGED);
    }
}
