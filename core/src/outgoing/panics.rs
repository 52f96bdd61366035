//! Surviving a panic: a defect in one attempt must not keep its mail from being tried again.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// A panic was caught; what it said is on the standard error already.
#[derive(Debug)]
pub(super) struct Panicked;

/// Awaits the future, and survives its panic: a lease must be settled, come what may.
pub(super) async fn unpanicking<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| {
        // Of what the future changed only the tally is looked at again, and it changes in one step.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(polled) => polled.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}
