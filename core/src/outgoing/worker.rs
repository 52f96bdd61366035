//! A worker of one destination: it delivers lease after lease, over one connection where it can.
//!
//! Outcomes are recorded while the next message goes out already: a worker does not wait for the disk.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Outbound;
use super::attempt::{self, Ended};
use super::outcome::later;
use super::pool::Idle;
use super::schedule::{Demand, Next};
use super::settle::{record_until_kept, settle, settle_unattempted};
use super::trip::{Conclusion, Shown, Trip};
use crate::panics::unpanicking;
use crate::spool::{Lease, Outcome, Settlement, Status};

/// How many messages a worker delivers in its turn, where others wait for its place.
const TURN: usize = 32;

/// Delivers this lease, and what the scheduler has for its destination after it.
pub(super) async fn run(outbound: Arc<Outbound>, lease: Lease) {
    let destination = lease.domain.clone();
    let mut working = Working { outbound: &outbound, destination: &destination, has_ended: false };
    let (mut carried, mut served) = (None, 0);
    let mut next = Next::Deliver(lease);
    let rest = loop {
        match next {
            Next::Deliver(lease) => {
                let went;
                (carried, went) = deliver(&outbound, lease, carried).await;
                if went == Went::Nowhere {
                    break outbound.scheduler.ends(&destination);
                }
            }
            Next::End(rest) => break rest,
        }
        served += 1;
        if served % TURN == 0
            && let Some(rest) = outbound.scheduler.turn_ends(&destination, demand(&outbound))
        {
            break rest;
        }
        next = outbound.scheduler.next(&destination);
    };
    working.has_ended = true;
    keep(&outbound, carried).await;
    for lease in rest {
        give_back(&outbound, &lease).await;
    }
}

/// A worker that the scheduler counts.
struct Working<'a> {
    outbound: &'a Arc<Outbound>,
    destination: &'a str,
    /// Whether the scheduler knows that it has ended.
    has_ended: bool,
}

impl Drop for Working<'_> {
    /// A defect must not use up a worker of the destination for ever, nor what waits for it.
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        for lease in self.outbound.scheduler.ends(self.destination) {
            let outbound = Arc::clone(self.outbound);
            outbound.services.tasks.clone().spawn(async move { give_back(&outbound, &lease).await });
        }
    }
}

/// How it went with a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Went {
    /// On to the next.
    On,
    /// Nowhere, since all hosts are busy: it would go no better with the next.
    Nowhere,
}

/// Whether others may wait for a place among all.
fn demand(outbound: &Outbound) -> Demand {
    if outbound.places.available_permits() == 0 { Demand::Unmet } else { Demand::Met }
}

/// Ends a lease that is for no attempt.
pub(super) async fn end(outbound: Arc<Outbound>, lease: Lease) {
    survive(&outbound, &lease, settle_unattempted(&outbound, &lease)).await;
}

/// Gives a lease back; no attempt is counted.
pub(super) async fn give_back(outbound: &Outbound, lease: &Lease) {
    let outcomes = lease.recipients.iter().map(|recipient| (recipient.number, Outcome::Abandoned)).collect();
    let settlement = Settlement { message: lease.envelope.id, epoch: lease.epoch, outcomes, notices: vec![] };
    record_until_kept(outbound, settlement).await;
}

/// One attempt; the connection for the next.
async fn deliver(outbound: &Arc<Outbound>, lease: Lease, carried: Option<Idle>) -> (Option<Idle>, Went) {
    let mut ended = attempt::run(outbound, lease, carried).await;
    let kept = ended.trip.kept.take();
    let is_held_up = ended.trip.conclusion() == Conclusion::Busy;
    conclude(outbound, &ended.lease.domain, &mut ended.trip).await;
    if ended.trip.tally.reached().host.is_none() {
        outbound.scheduler.unsent(&ended.lease.domain);
    }
    let permit = Arc::clone(&outbound.unrecorded).acquire_owned().await;
    let outbound = Arc::clone(outbound);
    outbound.services.tasks.clone().spawn(async move {
        record(&outbound, ended).await;
        drop(permit);
    });
    (kept, if is_held_up { Went::Nowhere } else { Went::On })
}

async fn record(outbound: &Outbound, ended: Ended) {
    let Ended { lease, asker, row, trip } = ended;
    survive(outbound, &lease, settle(outbound, &lease, &asker, &row, trip.tally)).await;
}

/// A defect in the recording must not hold the lease for ever.
async fn survive(outbound: &Outbound, lease: &Lease, recording: impl Future<Output = ()>) {
    if unpanicking(recording).await.is_err() {
        tracing::error!(id = %lease.envelope.id, domain = %lease.domain, "recording an attempt panicked: a defect of Waxseal; its mail is tried again");
        give_back(outbound, lease).await;
    }
}

/// What follows for all other mail of the destination.
async fn conclude(outbound: &Outbound, destination: &str, trip: &mut Trip) {
    let scheduler = &outbound.scheduler;
    match trip.conclusion() {
        Conclusion::Busy => trip.tally.abandon(),
        Conclusion::Unreachable(why) => {
            if let Some(wait) = scheduler.unreachable(destination, trip.began) {
                put_off(outbound, destination, wait, why).await;
            }
        }
        Conclusion::LeftAlone(until, why) => {
            let wait = scheduler.left_alone(destination, until);
            put_off(outbound, destination, wait, why).await;
            trip.tally.abandon();
        }
        Conclusion::Nothing => match (trip.shown, trip.tally.why()) {
            (Shown::Throttled(wait), Some(why)) => put_off(outbound, destination, wait, why.clone()).await,
            (Shown::Revived, _) => {
                tracing::info!(destination, "a destination takes mail again");
                record_put_off(outbound, destination, None).await;
            }
            _ => {}
        },
    }
}

async fn put_off(outbound: &Outbound, destination: &str, wait: Duration, why: Status) {
    tracing::info!(destination, ?wait, reason = %why.reason, "a destination is left alone for a while");
    outbound.services.observer.metrics().put_off();
    record_put_off(outbound, destination, Some((later(Timestamp::now(), wait), why))).await;
}

/// The spool leaves the destination out until then. The scheduler does so all the same.
async fn record_put_off(outbound: &Outbound, destination: &str, until: Option<(Timestamp, Status)>) {
    if let Err(error) = outbound.services.spool.put_off(destination, until).await {
        tracing::warn!(destination, %error, "how long a destination is left alone could not be recorded");
    }
}

/// Keeps the connection for a moment.
async fn keep(outbound: &Outbound, carried: Option<Idle>) {
    let Some(idle) = carried else { return };
    if let Some(idle) = outbound.pool.keep(idle) {
        idle.quit().await;
    }
}
