//! What the plugins of a relay share: the engine, and with its scripts what they remember, and the relay
//! outside.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::{Semaphore, SemaphorePermit};
use wasmtime::component::Linker;
use wasmtime::{Engine, Result};

use super::grants::Grant;
use super::guest::Guest;
use super::{Files, Plugin, contents, contract, edits, engine, facts, grants, terms, way};
use crate::decider::Role;
use crate::diagnostic::Diagnostic;
use crate::outside::{Nowhere, Outside};
use crate::state::{Lists, State};

/// The host of plugins. Cheap to clone; all clones are the same host. Nothing is made before the first
/// plugin is loaded: who has none pays nothing.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    cache: Option<PathBuf>,
    grants: BTreeMap<String, BTreeSet<Grant>>,
    state: Arc<State>,
    /// The lists of who has no folder of them.
    lists: Arc<Lists>,
    machine: OnceLock<std::result::Result<Machine, String>>,
    /// The plugins that are in use, and candidates that may come to be.
    loaded: Mutex<Vec<Weak<Plugin>>>,
}

/// What runs plugins.
pub(super) struct Machine {
    pub(super) engine: Engine,
    pub(super) linker: Linker<Guest>,
    /// The turns to call, of all plugins together.
    turns: Semaphore,
}

impl Host {
    /// A host. `directory` is the relay's own, written by nobody else: what was compiled, and what plugins
    /// and scripts remember, is kept below it. Without one, nothing is.
    pub fn new(
        directory: Option<PathBuf>,
        grants: BTreeMap<String, BTreeSet<Grant>>,
        outside: Arc<dyn Outside>,
    ) -> Self {
        let state = Arc::new(State::new(directory.as_deref(), outside));
        let cache = directory.map(|directory| directory.join("compiled"));
        Self::with(cache, grants, state, Lists::none())
    }

    /// A host of nobody's mail, for a plugin that is only looked at: where there is no folder of lists, each that is asked
    /// for is imagined.
    pub(super) fn imagining(grants: BTreeMap<String, BTreeSet<Grant>>) -> Self {
        Self::with(None, grants, Arc::new(State::new(None, Arc::new(Nowhere))), Lists::imagined())
    }

    fn with(
        cache: Option<PathBuf>,
        grants: BTreeMap<String, BTreeSet<Grant>>,
        state: Arc<State>,
        lists: Arc<Lists>,
    ) -> Self {
        Self(Arc::new(Inner {
            cache,
            grants,
            state,
            lists,
            machine: OnceLock::new(),
            loaded: Mutex::default(),
        }))
    }

    /// The plugin of these files: the one in force if it is made of the same, with its instances; else a
    /// new one. Blocks.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what would be right.
    pub fn load(
        &self,
        path: &Arc<str>,
        role: Role,
        files: Files<'_>,
    ) -> std::result::Result<Arc<Plugin>, Vec<Diagnostic>> {
        let goes_on =
            |plugin: &Arc<Plugin>| plugin.path() == path && plugin.role() == role && plugin.is_made_of(files);
        if let Some(plugin) = self.loaded().iter().filter_map(Weak::upgrade).find(goes_on) {
            return Ok(plugin);
        }
        let plugin = Arc::new(Plugin::load(self, path, role, files)?);
        let mut loaded = self.loaded();
        loaded.retain(|plugin| plugin.strong_count() > 0);
        loaded.push(Arc::downgrade(&plugin));
        Ok(plugin)
    }

    /// What the site grants a plugin.
    pub(super) fn granted(&self, plugin: &str) -> BTreeSet<Grant> {
        self.0.grants.get(plugin).cloned().unwrap_or_default()
    }

    /// The plugins of which the configuration speaks.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.0.grants.keys().map(String::as_str)
    }

    /// Writes what scripts and plugins remember and have not written yet. Blocks.
    pub fn write(&self) {
        self.0.state.write();
    }

    fn loaded(&self) -> MutexGuard<'_, Vec<Weak<Plugin>>> {
        self.0.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What scripts and plugins remember, and the relay outside.
    pub(crate) fn state(&self) -> &Arc<State> {
        &self.0.state
    }

    /// The lists of who has no folder of them.
    pub(super) fn lists(&self) -> Arc<Lists> {
        Arc::clone(&self.0.lists)
    }

    pub(super) fn outside(&self) -> &Arc<dyn Outside> {
        self.0.state.outside()
    }

    /// What runs plugins; made when it is first needed.
    ///
    /// # Errors
    ///
    /// The machine cannot be had here: too little address space, a directory that cannot be made.
    pub(super) fn machine(&self) -> std::result::Result<&Machine, String> {
        let make = || Machine::new(self.0.cache.as_deref()).map_err(|error| format!("{error:#}"));
        self.0.machine.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new(None, BTreeMap::new(), Arc::new(Nowhere))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("grants", &self.0.grants).finish_non_exhaustive()
    }
}

impl Machine {
    fn new(cache: Option<&Path>) -> Result<Self> {
        let engine = engine::engine(cache)?;
        let mut linker = Linker::new(&engine);
        facts::link(&mut linker.instance(&contract::interface("facts"))?)?;
        contents::link(&mut linker.instance(&contract::interface("contents"))?)?;
        let verdicts = &mut linker.instance(&contract::interface("verdicts"))?;
        terms::link(verdicts)?;
        edits::link(verdicts)?;
        way::link(verdicts)?;
        grants::link(&mut linker)?;
        Ok(Self { engine, linker, turns: Semaphore::new(engine::CALLS) })
    }

    /// Waits for a turn to call. There is always one in the end.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so an error is no case.
        self.turns.acquire().await.ok()
    }
}
