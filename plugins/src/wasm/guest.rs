//! What belongs to an instance, on our side of the sandbox: the data of its store.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};

use super::engine::TICK;
use super::fuel;
use super::limits::Limits;
use crate::rhai::{Hearing, hearing};
use crate::state::{Lookups, Reach};

/// Facts and terms that a plugin may hold at once, the parts of a message among them, and octets that one call
/// of ours may copy out of it.
pub(super) const HANDLES: usize = 1088;
pub(super) const COPIED: usize = 1 << 20;

/// An instance's data.
pub(super) struct Guest {
    /// What the instance was given to read, and the terms that it is making.
    pub(super) table: ResourceTable,
    /// Who it is.
    pub(super) about: Arc<About>,
    /// What it reaches.
    pub(super) reach: Arc<Reach>,
    /// The call in progress.
    pub(super) call: Call,
    /// What it has taken.
    pub(super) limits: Limits,
}

/// What all instances of a plugin share.
#[derive(Debug)]
pub(super) struct About {
    /// The plugin's name: what grants go by.
    pub(super) name: Arc<str>,
    /// Its file, relative to the policies' directory.
    pub(super) path: Arc<str>,
    /// Its configuration, a JSON object.
    pub(super) config: Arc<str>,
}

/// What belongs to one call.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// Where the plugin says that it decided.
    pub(super) decided_at: Option<Spot>,
    /// Why it says that it is about to trap.
    pub(super) panicked: Option<String>,
    /// Its lookups.
    pub(super) lookups: Lookups,
    /// Octets of bodies that it has read, each counted once.
    pub(super) read: u64,
    lines: u32,
    ticks: u32,
}

/// A place in a plugin's own source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Guest {
    /// A store for an instance, with all its limits.
    pub(super) fn store(engine: &Engine, about: Arc<About>, reach: Arc<Reach>) -> Store<Self> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let guest = Self { table, about, reach, call: Call::default(), limits: Limits::new() };
        let mut store = Store::new(engine, guest);
        store.limiter(|guest| &mut guest.limits);
        store.set_hostcall_fuel(COPIED);
        store.epoch_deadline_callback(|mut store| Ok(store.data_mut().call.tick()));
        store
    }
}

impl Call {
    /// What becomes of its next line.
    pub(super) fn speaks(&mut self) -> Hearing {
        hearing(&mut self.lines)
    }

    fn tick(&mut self) -> UpdateDeadline {
        self.ticks = self.ticks.saturating_add(1);
        if TICK * self.ticks <= fuel::time(self.read) {
            UpdateDeadline::Yield(1)
        } else {
            UpdateDeadline::Interrupt
        }
    }
}

/// A call begins: it has all its fuel and time.
pub(super) fn begin(store: &mut Store<Guest>) -> wasmtime::Result<()> {
    store.data_mut().call = Call::default();
    fuel::begin(store)?;
    store.set_epoch_deadline(1);
    Ok(())
}
