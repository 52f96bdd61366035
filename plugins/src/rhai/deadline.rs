//! A bound on the time of one call.
//!
//! A call runs on one thread from start to end, so the bound is kept beside it, and engines stay
//! shared by all threads.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ::rhai::Dynamic;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Operations between two looks at the clock: looking costs more than an operation.
const STRIDE: u64 = 256;

/// Runs a call that the engine ends when this time is over.
pub(crate) fn within<T>(limit: Duration, call: impl FnOnce() -> T) -> T {
    let _restore = Restore(DEADLINE.replace(Instant::now().checked_add(limit)));
    call()
}

/// What the engine asks as it goes: `Some` ends the call.
pub(super) fn check(operations: u64) -> Option<Dynamic> {
    let over = operations.is_multiple_of(STRIDE)
        && DEADLINE.get().is_some_and(|deadline| Instant::now() >= deadline);
    over.then_some(Dynamic::UNIT)
}

/// Puts the outer deadline back, also when the call panics.
struct Restore(Option<Instant>);

impl Drop for Restore {
    fn drop(&mut self) {
        DEADLINE.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_a_call_that_has_no_other_limit() {
        let mut engine = super::super::engine::sandbox();
        engine.set_max_operations(0);
        let ended = within(Duration::from_millis(5), || engine.run("loop { }"));
        assert!(matches!(*ended.unwrap_err(), ::rhai::EvalAltResult::ErrorTerminated(..)));
        assert_eq!(DEADLINE.get(), None);
    }

    #[test]
    fn an_inner_call_leaves_the_outer_deadline_in_place() {
        within(Duration::from_secs(60), || {
            let outer = DEADLINE.get();
            within(Duration::ZERO, || assert!(check(STRIDE).is_some()));
            assert_eq!(DEADLINE.get(), outer);
            assert!(check(STRIDE).is_none());
        });
    }
}
