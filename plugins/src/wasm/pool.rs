//! The instances of a plugin: lent for a call, and used again.
//!
//! A trap, a call that was given up half-way, or an instance that has served long enough: it is not
//! given back, and another is made when it is needed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::instance::{Fitness, Instance};

/// Instances of a plugin that are kept for the next call: more than calls that run at the same moment
/// on a large machine. Those that wait for a lookup are made beyond it.
const IDLE: usize = 16;
/// Calls of a plugin at once; further ones wait for their turn. Fewer than of all plugins together: one
/// that waits for slow name servers leaves room to the others.
const CALLS: usize = 64;

/// The instances that are idle.
pub(super) struct Pool {
    idle: Mutex<Vec<Instance>>,
    turns: Semaphore,
    retired: AtomicBool,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { idle: Mutex::default(), turns: Semaphore::new(CALLS), retired: AtomicBool::new(false) }
    }

    /// Waits for a turn to call. There is always one in the end.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so an error is no case.
        self.turns.acquire().await.ok()
    }

    /// An instance that has served already.
    pub(super) fn take(&self) -> Option<Instance> {
        self.idle().pop()
    }

    /// Gives an instance back after a call that went well.
    pub(super) fn give_back(&self, instance: Instance) {
        let mut idle = self.idle();
        if instance.fitness() == Fitness::Fit && idle.len() < IDLE && !self.is_retired() {
            idle.push(instance);
        }
    }

    /// Lets all idle instances go.
    pub(super) fn empty(&self) {
        self.idle().clear();
    }

    /// Another version has taken the plugin's place: who still asks this one gets new instances, and none
    /// are kept.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.empty();
    }

    /// Whether another version has taken the plugin's place.
    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
