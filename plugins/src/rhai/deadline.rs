//! A bound on the time of one call: processor time of its own thread, so that a busy machine, on
//! which a call waits for its turn, fails nobody's mail.
//!
//! A call runs on one thread from start to end, so the bound is kept beside it, and engines stay
//! shared by all threads. The engine forgets the operations of functions that a native one calls
//! back, as `map` and `sort` do: here they are counted, wherever they run.

use std::cell::Cell;
use std::time::Duration;

use ::rhai::Dynamic;
use rustix::time::{ClockId, clock_gettime};

thread_local! {
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Operations between two looks at the clock: looking is a system call, and costs as much as the
/// whole of a short hook. The time begins with the first look, so a short hook never looks; what it
/// may do before, the limits on sizes keep short.
const STRIDE: u64 = 64;

/// What a call may take, and has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Budget {
    time: Duration,
    operations: u64,
    spent: u64,
    /// `None` before the first look at the clock.
    deadline: Option<Duration>,
}

/// Runs a call that the engine ends when this time is over, or after so many operations.
pub(crate) fn within<T>(time: Duration, operations: u64, call: impl FnOnce() -> T) -> T {
    let budget = Budget { time, operations, spent: 0, deadline: None };
    let _restore = Restore(BUDGET.replace(Some(budget)));
    call()
}

/// What the engine asks at each operation: `Some` ends the call.
pub(super) fn check() -> Option<Dynamic> {
    let mut budget = BUDGET.get()?;
    budget.spent = budget.spent.saturating_add(1);
    let over = budget.spent >= budget.operations || budget.spent.is_multiple_of(STRIDE) && budget.is_late();
    BUDGET.set(Some(budget));
    over.then_some(Dynamic::UNIT)
}

impl Budget {
    fn is_late(&mut self) -> bool {
        let now = used();
        now >= *self.deadline.get_or_insert(now.saturating_add(self.time))
    }
}

/// The processor time that this thread has used.
fn used() -> Duration {
    // The clock of a thread that runs cannot be out of range.
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
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
    fn a_short_call_never_looks_at_the_clock() {
        let looked = || BUDGET.get().unwrap().deadline.is_some();
        within(Duration::from_secs(60), PLENTY, || {
            assert!((1..STRIDE).all(|_| check().is_none()) && !looked());
            assert!(check().is_none() && looked());
        });
        within(Duration::ZERO, PLENTY, || {
            assert_eq!((0..STRIDE).filter(|_| check().is_some()).count(), 1);
        });
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
