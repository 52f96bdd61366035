//! Connections kept for a moment, for the next envelope to the same domain and host.
//!
//! A connection is kept under everything that its decisions rested on: domain, host, how it was
//! found, row and generation of the bundle. So no envelope of another domain, and none after a
//! reload, ever meets it; and the `mail` hook is asked again for each envelope that does.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waxseal_plugins::facts::Row;

use super::hosts::Endpoint;
use super::limits::Place;
use super::session::Session;

/// How long a connection is kept. Hosts dislike idle ones.
pub(super) const KEPT: Duration = Duration::from_secs(3);

/// Under what a connection is kept: all must be equal.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The recipients' domain.
    pub domain: String,
    /// The host.
    pub endpoint: Endpoint,
    /// The domain's row, all of its content.
    pub row: Arc<Row>,
    /// The generation of the bundle that decided.
    pub generation: u64,
}

/// A connection that waits for its next envelope.
#[derive(Debug)]
pub(super) struct Idle {
    /// The connection.
    pub session: Session,
    /// Its place at the host.
    pub place: Place,
    key: Key,
    until: Instant,
}

/// The connections that are kept.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<IpAddr, Vec<Idle>>>,
}

impl Key {
    fn fits(&self, other: &Self) -> bool {
        self.generation == other.generation
            && self.endpoint == other.endpoint
            && self.domain == other.domain
            && self.row == other.row
    }
}

impl Pool {
    /// Keeps a connection.
    pub(super) fn keep(&self, key: Key, session: Session, place: Place) {
        let address = key.endpoint.address.ip();
        let idle = Idle { session, place, key, until: Instant::now() + KEPT };
        self.locked(|pool| pool.entry(address).or_default().push(idle));
    }

    /// A kept connection for this key. Whether the host still holds it open is to be seen.
    pub(super) fn take(&self, key: &Key) -> Option<Idle> {
        self.remove(key.endpoint.address.ip(), |idle| idle.key.fits(key) && idle.until > Instant::now())
    }

    /// A kept connection to this address, to be closed: its place is needed.
    pub(super) fn evict(&self, address: IpAddr) -> Option<Idle> {
        self.remove(address, |_| true)
    }

    /// Those whose time is over, to be closed.
    pub(super) fn expired(&self) -> Vec<Idle> {
        let now = Instant::now();
        self.drain(|idle| idle.until <= now)
    }

    /// All, to be closed: the relay stops.
    pub(super) fn all(&self) -> Vec<Idle> {
        self.drain(|_| true)
    }

    fn remove(&self, address: IpAddr, wanted: impl Fn(&Idle) -> bool) -> Option<Idle> {
        self.locked(|pool| {
            let idle = pool.get_mut(&address)?;
            let at = idle.iter().position(wanted)?;
            let found = idle.swap_remove(at);
            if idle.is_empty() {
                pool.remove(&address);
            }
            Some(found)
        })
    }

    fn drain(&self, wanted: impl Fn(&Idle) -> bool) -> Vec<Idle> {
        self.locked(|pool| {
            let drained =
                pool.values_mut().flat_map(|idle| idle.extract_if(.., |idle| wanted(idle))).collect();
            pool.retain(|_, idle| !idle.is_empty());
            drained
        })
    }

    fn locked<T>(&self, act: impl FnOnce(&mut HashMap<IpAddr, Vec<Idle>>) -> T) -> T {
        act(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::verdicts::Floor;

    use super::*;
    use crate::outgoing::facts;
    use crate::outgoing::limits::Limits;
    use crate::outgoing::peer::{Peer, timeouts};
    use crate::outgoing::session::greet;

    /// A pool that keeps one connection, and under which key.
    async fn kept() -> (Pool, Key) {
        let peer = Peer::playing(vec![vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n"), ("QUIT", "")]]).await;
        let endpoint = peer.endpoint.clone();
        let row = Arc::new(Row::default());
        let host = facts::host(&endpoint, "example.org", &row, 0);
        let greeted = greet(&endpoint, host, "relay.example.net", &timeouts()).await.unwrap();
        let place = Limits::new(1).try_enter(endpoint.address.ip()).unwrap();
        let key = Key { domain: "example.org".to_owned(), endpoint, row, generation: 1 };
        let pool = Pool::default();
        pool.keep(key.clone(), greeted.in_clear("test", Floor::None), place);
        (pool, key)
    }

    #[tokio::test]
    async fn a_connection_is_used_again_once() {
        let (pool, key) = kept().await;
        assert!(pool.take(&key).is_some());
        assert!(pool.take(&key).is_none());
    }

    #[tokio::test]
    async fn nothing_is_shared_under_another_key() {
        let (pool, key) = kept().await;
        let strict = Arc::new(Row { policy: "require".to_owned(), ..Row::default() });
        let others = [
            Key { domain: "example.net".to_owned(), ..key.clone() },
            Key { generation: 2, ..key.clone() },
            Key { row: strict, ..key.clone() },
            Key {
                endpoint: Endpoint { name: "mx.example.net".to_owned(), ..key.endpoint.clone() },
                ..key.clone()
            },
        ];
        for other in &others {
            assert!(pool.take(other).is_none(), "{other:?}");
        }
        assert!(pool.take(&key).is_some());
    }

    #[tokio::test]
    async fn a_connection_is_kept_for_a_moment_only() {
        let (pool, key) = kept().await;
        assert!(pool.expired().is_empty());
        tokio::time::pause();
        tokio::time::advance(KEPT).await;
        assert!(pool.take(&key).is_none());
        assert_eq!(pool.expired().len(), 1);
        assert!(pool.all().is_empty());
    }

    #[tokio::test]
    async fn a_place_that_is_needed_is_given_up() {
        let (pool, key) = kept().await;
        assert!(pool.evict(key.endpoint.address.ip()).is_some());
        assert!(pool.evict(key.endpoint.address.ip()).is_none());
    }
}
