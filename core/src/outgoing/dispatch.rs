//! Takes what is due from the spool, and gives each lease to a worker of its destination.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Outbound;
use super::pool::{Idle, KEPT};
use super::schedule::{AHEAD, Arrival, Scheduler};
use super::worker::{self, give_back};
use crate::names::Names;
use crate::relay::Services;
use crate::spool::{Lease, Purpose, Room};

/// How long a spool that failed is left alone.
pub(super) const RESPITE: Duration = Duration::from_secs(5);

/// The most leases that are taken at once: fairness between domains is the spool's, and it is
/// better when asked often.
const LEASES: usize = 64;

/// Delivers until the relay is stopping.
pub(super) async fn run(services: Arc<Services>, names: Arc<dyn Names>) {
    let outbound = Arc::new(Outbound::new(services, names));
    let stopping = outbound.services.stopping.clone();
    tokio::select! {
        () = stopping.cancelled() => {}
        () = deliver(&outbound) => {}
        () = close_idle(&outbound) => {}
    }
    // Side by side: a host that does not answer must not use up the time of the stop.
    let goodbyes: JoinSet<()> = outbound.pool.all().into_iter().map(Idle::quit).collect();
    goodbyes.join_all().await;
}

/// Whose leases are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Of whoever has room.
    Anybody,
    /// Of destinations that have workers: for no more there is a place.
    Busy,
}

/// The scheduler's word, for the spool.
struct Word(Arc<Scheduler>, Whose);

impl Room for Word {
    fn leases(&self, destination: &str) -> usize {
        match self.1 {
            Whose::Busy if !self.0.is_busy(destination) => 0,
            Whose::Busy | Whose::Anybody => self.0.room(destination),
        }
    }
}

/// A worker has one connection at a time: the total of connections bounds the workers.
async fn deliver(outbound: &Arc<Outbound>) {
    let places = &outbound.places;
    loop {
        let permit = tokio::select! {
            biased;
            permit = Arc::clone(places).acquire_owned() => permit.ok(),
            () = outbound.scheduler.changed() => None,
        };
        let (whose, most) = match permit {
            Some(_) => (Whose::Anybody, ((places.available_permits() + 1) * AHEAD).min(LEASES)),
            None => (Whose::Busy, LEASES),
        };
        if whose == Whose::Anybody {
            outbound.scheduler.begins_round();
        }
        let room = Arc::new(Word(Arc::clone(&outbound.scheduler), whose));
        match outbound.services.spool.lease(most, room).await {
            Ok(leases) => {
                let is_all = leases.is_empty() || (whose == Whose::Anybody && leases.len() < most);
                hand_out(outbound, permit, leases).await;
                if is_all {
                    tokio::select! {
                        () = outbound.services.spool.wait_due() => {}
                        () = outbound.scheduler.changed() => {}
                    }
                }
            }
            Err(error) => {
                tracing::error!(%error, "the spool gives no mail to deliver; asking again in {RESPITE:?}");
                sleep(RESPITE).await;
            }
        }
    }
}

/// Gives leases to workers, and starts workers for them. Where there is no place for one the dispatcher
/// waits: those that have workers are served from what they were given before.
async fn hand_out(outbound: &Arc<Outbound>, mut first: Option<OwnedSemaphorePermit>, leases: Vec<Lease>) {
    for lease in leases {
        if lease.purpose != Purpose::Deliver {
            outbound.services.tasks.spawn(worker::end(Arc::clone(outbound), lease));
            continue;
        }
        match outbound.scheduler.arrive(lease) {
            Arrival::Waits => {}
            Arrival::GiveBack(lease) => {
                let outbound = Arc::clone(outbound);
                outbound.services.tasks.clone().spawn(async move { give_back(&outbound, &lease).await });
            }
            Arrival::Start(lease) => {
                let permit = match first.take() {
                    Some(permit) => Some(permit),
                    None => Arc::clone(&outbound.places).acquire_owned().await.ok(),
                };
                start(outbound, lease, permit);
            }
        }
    }
}

fn start(outbound: &Arc<Outbound>, lease: Lease, permit: Option<OwnedSemaphorePermit>) {
    let outbound = Arc::clone(outbound);
    outbound.services.tasks.clone().spawn(async move {
        worker::run(outbound, lease).await;
        drop(permit);
    });
}

async fn close_idle(outbound: &Outbound) {
    loop {
        sleep(KEPT / 2).await;
        for idle in outbound.pool.expired() {
            // A host that does not say goodbye must not hold up the others.
            outbound.services.tasks.spawn(idle.quit());
        }
    }
}
