//! Takes what is due from the spool, and spawns an attempt for each lease.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::limits::Limits;
use super::pool::{Idle, KEPT, Pool};
use super::{Outbound, attempt};
use crate::config::Delivery;
use crate::names::Names;
use crate::relay::Services;
use crate::spool::{Lease, Room};

/// How long a spool that failed is left alone.
const RESPITE: Duration = Duration::from_secs(5);

/// The most leases that are taken at once: fairness between domains is the spool's, and it is
/// better when asked often.
const LEASES: usize = 64;

/// As many as a host may have connections, but never all: a host that does not answer must leave
/// some to the others.
struct Fixed(usize);

impl Room for Fixed {
    fn leases(&self, _: &str) -> usize {
        self.0
    }
}

impl Fixed {
    fn of(delivery: &Delivery) -> Self {
        Self(delivery.connections_per_host.min(delivery.connections_total / 2).max(1))
    }
}

/// Delivers until the relay is stopping.
pub(super) async fn run(services: Arc<Services>, names: Arc<dyn Names>) {
    let limits = Limits::new(services.config.delivery.connections_per_host, services.observer.clone());
    let total = Arc::new(Semaphore::new(services.config.delivery.connections_total.max(1)));
    let outbound = Arc::new(Outbound { services, names, limits, pool: Pool::default() });
    let stopping = outbound.services.stopping.clone();
    tokio::select! {
        () = stopping.cancelled() => {}
        () = deliver(&outbound, &total) => {}
        () = close_idle(&outbound) => {}
    }
    // Side by side: a host that does not answer must not use up the time of the stop.
    let goodbyes: JoinSet<()> = outbound.pool.all().into_iter().map(Idle::quit).collect();
    goodbyes.join_all().await;
}

/// An attempt has one connection at a time: the total of connections bounds the attempts.
async fn deliver(outbound: &Arc<Outbound>, total: &Arc<Semaphore>) {
    let room: Arc<dyn Room> = Arc::new(Fixed::of(&outbound.services.config.delivery));
    loop {
        let Ok(permit) = Arc::clone(total).acquire_owned().await else { return };
        let most = (total.available_permits() + 1).min(LEASES);
        match outbound.services.spool.lease(most, Arc::clone(&room)).await {
            Ok(leases) if leases.is_empty() => {
                drop(permit);
                outbound.services.spool.wait_due().await;
            }
            Ok(leases) => spawn(outbound, total, permit, leases).await,
            Err(error) => {
                tracing::error!(%error, "the spool gives no mail to deliver; asking again in {RESPITE:?}");
                sleep(RESPITE).await;
            }
        }
    }
}

async fn spawn(
    outbound: &Arc<Outbound>,
    total: &Arc<Semaphore>,
    first: OwnedSemaphorePermit,
    leases: Vec<Lease>,
) {
    let mut first = Some(first);
    for lease in leases {
        let permit = match first.take() {
            Some(permit) => Some(permit),
            None => Arc::clone(total).acquire_owned().await.ok(),
        };
        let outbound = Arc::clone(outbound);
        outbound.services.tasks.clone().spawn(async move {
            attempt::run(outbound, lease).await;
            drop(permit);
        });
    }
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
