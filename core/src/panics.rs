//! Surviving a panic: a defect in what is done for one message must not end what goes on around it.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// A panic was caught; what it said is on the standard error already.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Awaits the future, and survives its panic.
pub(crate) async fn unpanicking<F: Future>(future: F) -> Result<F::Output, Panicked> {
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
