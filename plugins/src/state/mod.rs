//! What scripts and plugins have besides facts: memory, rates, counters, lists, the time, names.
//!
//! It is the same for both, and shared by all who are asked: instances, threads, generations of the
//! bundle. Who is only tried has a [`Trial`] in its place, and reaches nothing.
//!
//! - [`Reach`]: all that one of them has; [`Reaches`]: as it is asked, and as it is tried
//! - `kv`, `counters`, `rates`, [`lists`], [`Clock`]: the parts
//! - `span`, `rate`: times and rates as they are written
//! - `trial`: what is imagined

#[cfg(test)]
mod as_the_kit;
mod clock;
mod counters;
mod kv;
pub(crate) mod lists;
mod lookups;
mod rate;
mod rates;
mod reach;
mod span;
mod trial;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use clock::Clock;
pub(crate) use counters::wrong as wrong_counter;
pub(crate) use lists::Lists;
pub(crate) use lookups::Lookups;
pub(crate) use rate::{BadRate, Rate};
pub(crate) use reach::{Reach, Reaches};
pub(crate) use span::{BadSpan, Span};
pub(crate) use trial::{Imagined, Trial};

use crate::outside::Outside;
use kv::Memory;
use rates::Rates;

/// Scripts that may wait for names at once: each has a thread meanwhile.
const WAITING: usize = 128;
/// How long one more waits for its turn: a peer waits behind it.
const TURN: Duration = Duration::from_secs(10);

/// Whether the answers of who is asked count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It decides about mail.
    Asked,
    /// It is tried, at load or by tests: nothing has happened, so it is not heard, and what it
    /// remembers is forgotten.
    Tried,
}

/// What all scripts and plugins of a relay share.
#[derive(Debug)]
pub(crate) struct State {
    memory: Arc<Memory>,
    rates: Arc<Rates>,
    clock: Arc<Clock>,
    outside: Arc<dyn Outside>,
    /// The lists of the folder that was opened last, and of those that somebody has.
    lists: Mutex<Vec<(PathBuf, Arc<Lists>)>>,
    /// A folder of lists, and where those are kept for the next start.
    kept_lists: Mutex<Option<(PathBuf, PathBuf)>>,
    keeping: Keeping,
    waiting: Arc<Semaphore>,
}

/// Whether the state is a running relay's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    /// It is: changes of lists are noticed.
    Lasting,
    /// It serves a check, and is dropped after it.
    Passing,
}

impl State {
    /// The state of a relay: where there is a directory, what is remembered is kept there.
    pub(crate) fn new(directory: Option<&Path>, outside: Arc<dyn Outside>) -> Self {
        let clock = Arc::<Clock>::default();
        let memory = Memory::new(directory.map(|directory| directory.join("memory")), Arc::clone(&clock));
        Self {
            memory: Arc::new(memory),
            rates: Arc::new(Rates::new()),
            clock,
            outside,
            lists: Mutex::default(),
            kept_lists: Mutex::default(),
            keeping: if directory.is_some() { Keeping::Lasting } else { Keeping::Passing },
            waiting: Arc::new(Semaphore::new(WAITING)),
        }
    }

    /// The relay.
    pub(crate) fn outside(&self) -> &Arc<dyn Outside> {
        &self.outside
    }

    /// The lists of a folder; read when they are first asked for. Blocks.
    pub(crate) fn lists_in(&self, folder: &Path) -> Arc<Lists> {
        let mut all = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lists)) = all.iter().find(|(known, _)| known == folder) {
            return Arc::clone(lists);
        }
        all.retain(|(_, lists)| Arc::strong_count(lists) > 1);
        let lists = self.open(folder);
        if self.keeping == Keeping::Lasting {
            lists.watch(Arc::clone(&self.outside));
        }
        all.push((folder.to_owned(), Arc::clone(&lists)));
        lists
    }

    /// From now on the lists of a folder are kept in another for the next start.
    pub(crate) fn keep_lists(&self, folder: &Path, kept: &Path) {
        let pair = Some((folder.to_owned(), kept.to_owned()));
        *self.kept_lists.lock().unwrap_or_else(PoisonError::into_inner) = pair;
    }

    /// The lists of a folder, if somebody has them.
    pub(crate) fn lists_in_use(&self, folder: &Path) -> Option<Arc<Lists>> {
        let all = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|(known, lists)| known == folder && Arc::strong_count(lists) > 1);
        found.map(|(_, lists)| Arc::clone(lists))
    }

    fn open(&self, folder: &Path) -> Arc<Lists> {
        let kept = self.kept_lists.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, kept)) if of == folder => Lists::open_keeping(folder, kept),
            _ => Lists::open(folder),
        }
    }

    /// Writes what is remembered and not written yet. Blocks.
    pub(crate) fn write(&self) {
        self.memory.write();
    }

    /// A turn to wait for names; `None` where so many wait that there is none.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.waiting).acquire_owned()).await;
        turn.ok()?.ok()
    }
}
