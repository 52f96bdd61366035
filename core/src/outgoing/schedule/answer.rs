//! What the scheduler answers.

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::spool::{Lease, Status};

/// What becomes of a lease that the spool has given.
#[derive(Debug)]
pub(in crate::outgoing) enum Arrival {
    /// A worker is to start with it.
    Start(Lease),
    /// It waits for a worker of its destination.
    Waits,
    /// There is no room for it now.
    GiveBack(Lease),
}

/// What a worker does next.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is looked at at once, and each mail would pay for a box")]
pub(in crate::outgoing) enum Next {
    /// This lease.
    Deliver(Lease),
    /// Nothing: it ends, and gives these back.
    End(Vec<Lease>),
}

/// Whether there may be a further connection to a host.
#[derive(Debug)]
pub(in crate::outgoing) enum Entry {
    /// Yes; it is counted.
    Free,
    /// It has as many as it may have. This tells when a place is free.
    Busy(Arc<Notify>),
    /// It has as many as it may have, and enough wait for a place.
    Crowded,
    /// It did not answer lately, and is left alone until then.
    LeftAlone(Instant, Status),
    /// The destination's rate of new connections is used up.
    Paced,
}
