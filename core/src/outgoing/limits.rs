//! How many connections there may be at once to one host address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use waxseal_plugins::hooks::Direction;

use crate::observe::{Observer, OpenSession};

/// The places at each host address.
pub(super) struct Limits {
    per_host: usize,
    observer: Observer,
    hosts: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
}

/// A place at a host, counted among the connections in progress. Free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    _counted: OpenSession,
}

impl Limits {
    /// So many places at each host address, at least one.
    pub(super) fn new(per_host: usize, observer: Observer) -> Self {
        Self { per_host: per_host.max(1), observer, hosts: Mutex::default() }
    }

    /// A place at a host, at once if there is one.
    pub(super) fn try_enter(&self, host: IpAddr) -> Option<Place> {
        self.places(host).try_acquire_owned().ok().map(|permit| self.place(permit))
    }

    /// Waits for a place at a host.
    pub(super) async fn enter(&self, host: IpAddr) -> Option<Place> {
        let permit = self.places(host).acquire_owned().await;
        // The semaphore is never closed.
        permit.ok().map(|permit| self.place(permit))
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        Place { _permit: permit, _counted: self.observer.metrics().session(Direction::Outgoing) }
    }

    fn places(&self, host: IpAddr) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        // Hosts that nobody is at or waits for are forgotten, so that the map stays as small as the
        // number of connections.
        hosts.retain(|_, places| Arc::strong_count(places) > 1 || places.available_permits() < self.per_host);
        Arc::clone(hosts.entry(host).or_insert_with(|| Arc::new(Semaphore::new(self.per_host))))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    fn sessions(limits: &Limits) -> String {
        limits.observer.metrics().encode()
    }

    #[test]
    fn places_are_counted_by_host_and_given_back() {
        let limits = Limits::new(1, Observer::off());
        let place = limits.try_enter(ONE).unwrap();
        assert!(sessions(&limits).contains("sessions{direction=\"outgoing\"} 1"));
        assert!(limits.try_enter(ONE).is_none());
        assert!(limits.try_enter(OTHER).is_some());
        drop(place);
        assert!(sessions(&limits).contains("sessions{direction=\"outgoing\"} 0"));
        assert!(limits.try_enter(ONE).is_some());
    }

    #[tokio::test]
    async fn who_waits_gets_the_place_that_is_left() {
        let limits = Limits::new(1, Observer::off());
        let place = limits.try_enter(ONE).unwrap();
        let (waiting, ()) = tokio::join!(limits.enter(ONE), async { drop(place) });
        assert!(waiting.is_some());
    }

    #[test]
    fn hosts_without_connections_are_forgotten() {
        let limits = Limits::new(1, Observer::off());
        for last in 0..200 {
            drop(limits.try_enter(IpAddr::V4(Ipv4Addr::new(198, 51, 100, last))));
        }
        assert!(limits.hosts.lock().unwrap().len() <= 2);
    }
}
