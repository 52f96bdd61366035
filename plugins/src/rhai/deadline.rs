//! A bound on the time of one call.
//!
//! A call runs on one thread from start to end, so the bound is kept beside it, and engines stay
//! shared by all threads. The engine forgets the operations of functions that a native one calls
//! back, as `map` and `sort` do: here they are counted, wherever they run.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ::rhai::Dynamic;

thread_local! {
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Operations between two looks at the clock: looking costs more than an operation.
const STRIDE: u64 = 32;

/// What is left to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Budget {
    deadline: Instant,
    operations: u64,
}

/// Runs a call that the engine ends when this time is over, or after so many operations.
pub(crate) fn within<T>(time: Duration, operations: u64, call: impl FnOnce() -> T) -> T {
    let budget = Instant::now().checked_add(time).map(|deadline| Budget { deadline, operations });
    let _restore = Restore(BUDGET.replace(budget));
    call()
}

/// What the engine asks at each operation: `Some` ends the call.
pub(super) fn check() -> Option<Dynamic> {
    let budget = BUDGET.get()?;
    let left = budget.operations.saturating_sub(1);
    BUDGET.set(Some(Budget { operations: left, ..budget }));
    let over = left == 0 || left.is_multiple_of(STRIDE) && Instant::now() >= budget.deadline;
    over.then_some(Dynamic::UNIT)
}

/// Puts the outer budget back, also when the call panics.
struct Restore(Option<Budget>);

impl Drop for Restore {
    fn drop(&mut self) {
        BUDGET.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: u64 = u64::MAX;

    #[track_caller]
    fn ends(script: &str, time: Duration, operations: u64) {
        let mut engine = super::super::engine::sandbox();
        engine.set_max_operations(0);
        let ended = within(time, operations, || engine.run(script));
        let error = ended.unwrap_err();
        assert!(matches!(error.unwrap_inner(), ::rhai::EvalAltResult::ErrorTerminated(..)), "{error:?}");
        assert_eq!(BUDGET.get(), None);
    }

    #[test]
    fn ends_a_call_that_has_no_other_limit() {
        ends("loop { }", Duration::from_millis(5), PLENTY);
        ends("loop { }", Duration::from_secs(60), 1000);
    }

    #[test]
    fn what_natives_call_back_counts_too() {
        let script =
            "let a = [1]; a.pad(500, 1); let b = a; let c = a; a.all(|x| b.all(|y| c.all(|z| true)))";
        ends(script, Duration::from_millis(5), PLENTY);
        ends(script, Duration::from_secs(60), 10_000);
    }

    #[test]
    fn an_inner_call_leaves_the_outer_budget_in_place() {
        within(Duration::from_secs(60), PLENTY, || {
            let outer = BUDGET.get();
            within(Duration::from_secs(60), 1, || assert!(check().is_some()));
            assert_eq!(BUDGET.get(), outer);
            assert!(check().is_none());
        });
    }
}
