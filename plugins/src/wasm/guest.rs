//! What belongs to an instance, on our side of the sandbox: the data of its store.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};

use super::limits::Limits;
use crate::state::{Lookups, Reach};

/// Fuel of a call, about an instruction a unit: some thousand times what a hook takes. The same
/// call ends at the same place on every machine, however busy it is.
pub(super) const FUEL: u64 = 50_000_000;
/// After so much fuel others have their turn: some ten microseconds. The runtime looks at its sockets
/// once in some sixty turns, so it must be that short.
const PORTION: u64 = 25_000;
/// Ticks of the epoch that a call may see while it runs.
const TICKS: u32 = 30;

/// Facts and terms that a plugin may hold at once, and octets that one call of ours may copy out of it.
const HANDLES: usize = 64;
const COPIED: usize = 128 << 10;

/// Lines that a call may say.
const LINES: u32 = 16;

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
    /// Whether it may say another line.
    pub(super) fn may_speak(&mut self) -> bool {
        count(&mut self.lines, LINES)
    }

    fn tick(&mut self) -> UpdateDeadline {
        if count(&mut self.ticks, TICKS) { UpdateDeadline::Yield(1) } else { UpdateDeadline::Interrupt }
    }
}

fn count(number: &mut u32, most: u32) -> bool {
    *number = number.saturating_add(1);
    *number <= most
}

/// A call begins: it has all its fuel and time.
pub(super) fn begin(store: &mut Store<Guest>) -> wasmtime::Result<()> {
    store.data_mut().call = Call::default();
    store.set_fuel(FUEL)?;
    store.fuel_async_yield_interval(Some(PORTION))?;
    store.set_epoch_deadline(1);
    Ok(())
}
