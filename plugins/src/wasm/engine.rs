//! The engine: how plugins are compiled, and what bounds all of them together.

use std::path::Path;
use std::thread;
use std::time::Duration;

use wasmtime::{
    Cache, CacheConfig, Config, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig,
    Result, WasmBacktraceDetails,
};

/// Octets of linear memory that an instance may have.
pub(super) const MEMORY: usize = 16 << 20;
/// Elements of a table: functions that are called by pointer.
pub(super) const TABLE_ELEMENTS: usize = 20_000;
/// Memories, tables and core instances of one component: wit-component makes three or four.
pub(super) const PARTS: u32 = 8;
/// Calls of all plugins at once; further ones wait for their turn. Each has a stack, and the system has
/// few mappings of memory to give a process.
pub(super) const CALLS: usize = 256;
/// Stacks: some more, for plugins that are tried meanwhile.
const STACKS: u32 = 288;
/// Instances of all plugins together, those that wait for their next call among them.
const INSTANCES: u32 = 1_024;

/// The stack of a call, octets. The fiber's is larger: the rest is for the relay's own functions that
/// a plugin calls.
pub(super) const WASM_STACK: usize = 256 << 10;
const FIBER_STACK: usize = 1 << 20;

/// Octets of memory that stay with a freed slot, so that the next instance need not fault them in.
const KEPT_RESIDENT: usize = 64 << 10;
/// Slots kept ready for the plugin that had them last.
const WARM_SLOTS: u32 = 64;

/// The time between two ticks of the epoch. Fuel is what bounds a call, and after each portion of it
/// others have their turn; the epoch ends what takes long without burning fuel.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Octets of compiled plugins that are kept for the next start.
const CACHE_SIZE: u64 = 512 << 20;

/// An engine. Where a directory is given, what was compiled is kept there, by content and by
/// engine: it must be written by nobody else, since it is trusted.
pub(super) fn engine(cache: Option<&Path>) -> Result<Engine> {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .consume_fuel(true)
        .epoch_interruption(true)
        // Slots of a few MiB side by side, with checks of bounds, and not of 4 GiB each without: address space
        // is short in containers, and where several relays share a process.
        .memory_reservation(MEMORY as u64)
        .memory_reservation_for_growth(0)
        .memory_guard_size(64 << 10)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(FIBER_STACK)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    if let Some(directory) = cache {
        config.cache(Some(kept_in(directory)?));
    }
    let engine = Engine::new(&config)?;
    let ticked = engine.weak();
    thread::Builder::new().name("plugin-epoch".to_owned()).spawn(move || tick(&ticked))?;
    Ok(engine)
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * 4)
        .total_memories(INSTANCES)
        .total_tables(INSTANCES * 2)
        .total_stacks(STACKS)
        .max_core_instances_per_component(PARTS)
        .max_memories_per_component(PARTS)
        .max_tables_per_component(PARTS)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(MEMORY)
        .max_unused_warm_slots(WARM_SLOTS)
        .linear_memory_keep_resident(KEPT_RESIDENT)
        .table_keep_resident(4 << 10);
    pool
}

fn kept_in(directory: &Path) -> Result<Cache> {
    let mut config = CacheConfig::new();
    config.with_directory(directory).with_files_total_size_soft_limit(CACHE_SIZE);
    Cache::new(config)
}

/// Ticks as long as the engine lives.
fn tick(engine: &EngineWeak) {
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        thread::sleep(TICK);
    }
}
