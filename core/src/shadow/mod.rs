//! Shadow: a candidate is asked on real traffic, without effect.
//!
//! The running relay is told to by command, and forgets it at its end: a start is never otherwise for
//! what was once tried. The candidate hears of each decision as the log does, after it was taken, and is
//! asked by `replay` on a thread of its own. What comes too fast for it is skipped, and counted: mail never
//! waits for it. Its plugins are not those in force, even where they are made of the same files: they
//! remember for themselves, and reach nothing.

mod listener;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio_util::sync::{CancellationToken, DropGuard};
use waxseal_plugins::bundle::Rejected;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::place::Place;

use self::listener::Listener;
use crate::observe::Metrics;
use crate::outgoing::Ways;
use crate::relay::Services;
use crate::replay::candidate;
use crate::replay::replayer::{Bundles, Event, Replayer};
use crate::replay::report::Report;

/// The candidate that is asked, if one is.
#[derive(Debug, Default)]
pub struct Shadow {
    running: Mutex<Option<Running>>,
}

/// A candidate in the shadow. Dropped, it is asked no more.
#[derive(Debug)]
struct Running {
    directory: PathBuf,
    hash: String,
    since: Timestamp,
    notes: Vec<String>,
    heard: Arc<Heard>,
    _asked: DropGuard,
}

/// What the thread that asks and those who look at it share.
#[derive(Debug)]
struct Heard {
    replayer: Mutex<Replayer>,
    skipped: AtomicU64,
}

/// How the candidate does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its directory.
    pub directory: PathBuf,
    /// The hash of its files.
    pub hash: String,
    /// Since when it is asked.
    pub since: Timestamp,
    /// Decisions that came too fast to be compared.
    pub skipped: u64,
    /// Plugins whose answers may rest on more than facts.
    pub with_grants: Vec<String>,
    /// What it would change.
    pub report: Report,
}

impl Shadow {
    /// Asks the candidate of a directory from now on, in the place of another one. Blocks.
    ///
    /// # Errors
    ///
    /// What is wrong with it; then the one of before goes on.
    pub fn start(&self, directory: &Path, services: &Services) -> Result<State, Rejected> {
        let bundle = candidate::load(directory, &services.config)?;
        let (hash, notes) = (bundle.hash().to_owned(), candidate::with_grants(&bundle));
        let bundles =
            Bundles { candidate: Arc::new(bundle), against: None, ways: Ways::of(&services.config) };
        let observer = services.observer.clone();
        let mut replayer = Replayer::new(bundles).telling(move |event| count(observer.metrics(), event));
        // Sessions are in progress whose beginning nobody has told.
        replayer.gap();
        let heard = Arc::new(Heard { replayer: Mutex::new(replayer), skipped: AtomicU64::new(0) });
        let ended: CancellationToken = services.stopping.child_token();
        let listener = Listener::new(&services.observer, Arc::clone(&heard), ended.clone());
        listener.spawn().map_err(|error| {
            let message = format!("no thread can be had for it: {error}");
            let place = Place::file(directory.display().to_string());
            Rejected::because(Diagnostic::error("B000", place, message))
        })?;
        let running = Running {
            directory: directory.to_owned(),
            hash,
            since: Timestamp::now(),
            notes,
            heard,
            _asked: ended.drop_guard(),
        };
        let state = running.state();
        *self.running() = Some(running);
        Ok(state)
    }

    /// Asks it no more; what has come of it.
    pub fn stop(&self) -> Option<State> {
        self.running().take().map(|running| running.state())
    }

    /// What has come of it so far.
    pub fn state(&self) -> Option<State> {
        self.running().as_ref().map(Running::state)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn state(&self) -> State {
        State {
            directory: self.directory.clone(),
            hash: self.hash.clone(),
            since: self.since,
            skipped: self.heard.skipped.load(Ordering::Relaxed),
            with_grants: self.notes.clone(),
            report: self.heard.replayer().report(),
        }
    }
}

impl Heard {
    fn replayer(&self) -> MutexGuard<'_, Replayer> {
        self.replayer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(metrics: &Metrics, event: Event) {
    match event {
        Event::Compared(direction, hook, change) => metrics.shadow().compared(direction, hook, change),
        Event::Unjudged(why) => metrics.shadow().unjudged(why.word(), 1),
    }
}
