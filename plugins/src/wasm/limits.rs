//! How much an instance may take, and how much it has taken.

use wasmtime::{ResourceLimiter, Result, StoreLimits, StoreLimitsBuilder, bail};

use super::engine::{MEMORY, PARTS, TABLE_ELEMENTS};

/// An instance whose memory has grown by so much since it began is not used again: linear memory
/// never shrinks.
const GROWTH: usize = 2 << 20;

/// The limits of an instance. A plugin that wants more is stopped there and then: what it would do with
/// the refusal is nobody's concern.
pub(super) struct Limits {
    limits: StoreLimits,
    grown: usize,
}

impl Limits {
    pub(super) fn new() -> Self {
        let limits = StoreLimitsBuilder::new()
            .memory_size(MEMORY)
            .memories(PARTS as usize)
            .tables(PARTS as usize)
            .table_elements(TABLE_ELEMENTS)
            .instances(PARTS as usize)
            .trap_on_grow_failure(true)
            .build();
        Self { limits, grown: 0 }
    }

    /// It has begun: what it takes from now on counts as growth.
    pub(super) fn begun(&mut self) {
        self.grown = 0;
    }

    /// Whether it has grown so much that another should take its place.
    pub(super) fn has_grown(&self) -> bool {
        self.grown > GROWTH
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        if desired > MEMORY {
            bail!(
                "it wants {} KiB of memory, and has {} KiB at most: it must keep less at once, and read a body piece by piece",
                desired >> 10,
                MEMORY >> 10
            );
        }
        let allowed = self.limits.memory_growing(current, desired, maximum)?;
        self.grown += desired.saturating_sub(current);
        Ok(allowed)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}
