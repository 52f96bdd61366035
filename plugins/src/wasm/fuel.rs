//! Fuel and time: what bounds a call of a plugin. Fuel ends it at the same place on every machine; time ends what takes long
//! all the same.
//!
//! A call has the same fuel at every hook, and some more for each octet of a body that it reads: who looks through a
//! message of 40 MB has as much for each octet as who looks through one of 4 KB. The size of the message bounds it, and the
//! time of a call.

use std::time::Duration;

use wasmtime::{Result, Store, StoreContextMut, Trap};

use super::guest::Guest;
use crate::facts::PIECE;

/// Fuel of a call, about an instruction a unit: some thousand times what a hook takes.
pub(super) const FUEL: u64 = 50_000_000;
/// Fuel for an octet of a body: for a few passes over it, of a handful of instructions each.
const FUEL_OF_AN_OCTET: u64 = 32;
/// Octets of a body that the relay looks through for a unit of fuel, when a plugin has it search.
const OCTETS_SEARCHED: u64 = 8;
/// After so much fuel others have their turn: some ten microseconds. The runtime looks at its sockets
/// once in some sixty turns, so it must be that short.
const PORTION: u64 = 25_000;

/// How long a call may run, while others have no turn: so long, and not to the tick.
pub(super) const TIME: Duration = Duration::from_millis(300);
/// And so much longer for so many pieces of a body that it reads.
const TIME_OF_PIECES: Duration = Duration::from_millis(10);
const PIECES: u64 = 4;

/// How long a call may run that has read so many octets of a body, each counted once.
pub(super) fn time(read: u64) -> Duration {
    let times = u32::try_from(pieces(read) / PIECES).unwrap_or(u32::MAX);
    TIME.saturating_add(TIME_OF_PIECES.saturating_mul(times))
}

/// A call begins: it has all its fuel.
pub(super) fn begin(store: &mut Store<Guest>) -> Result<()> {
    store.set_fuel(FUEL)?;
    store.fuel_async_yield_interval(Some(PORTION))
}

/// The call has read so many octets of a body of this size: it has fuel to look at each of them, once for each that the
/// body has.
pub(super) fn has_read(store: &mut StoreContextMut<'_, Guest>, octets: u64, size: u64) -> Result<()> {
    let read = &mut store.data_mut().call.read;
    let before = pieces(*read);
    *read = read.saturating_add(octets).min(size.max(*read));
    // By whole pieces, since a portion of fuel begins anew where fuel is added.
    let further = pieces(*read) - before;
    if further == 0 {
        return Ok(());
    }
    let fuel = store.get_fuel()?;
    store.set_fuel(fuel.saturating_add(further * PIECE as u64 * FUEL_OF_AN_OCTET))
}

/// The call has the relay look through a body of this size: it reads it all, and pays for the work.
pub(super) fn searches(store: &mut StoreContextMut<'_, Guest>, size: u64) -> Result<()> {
    has_read(store, size, size)?;
    let rest = store.get_fuel()?.checked_sub(size / OCTETS_SEARCHED).ok_or(Trap::OutOfFuel)?;
    store.set_fuel(rest)
}

fn pieces(octets: u64) -> u64 {
    octets / PIECE as u64
}
