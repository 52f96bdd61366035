//! Connections kept for a moment, for the next envelope to the same host.
//!
//! A connection is kept under everything that its decisions rested on: domain, host, how it was
//! found, the way that filters chose, row, generation of the bundle and epoch of the roots. So no envelope after a reload ever
//! meets it. One of another domain meets it only if all but the domain is equal and the hooks come
//! to the same for that domain. The session of a kept connection is private here: [`Idle::serve`] is
//! the only way to it, and asks them. The `mail` hook is asked afterwards, as for any envelope.

mod key;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

pub(super) use self::key::Key;
use super::facts;
use super::grounds::{Course, Grounds};
use super::hosts::Endpoint;
use super::mail::Crossing;
use super::schedule::Place;
use super::session::Session;
use super::starttls::{self, Means};
use super::transaction::Usage;
use super::way::Way;

/// How long a connection is kept. Hosts dislike idle ones.
pub(super) const KEPT: Duration = Duration::from_secs(3);

/// How long a connection may be idle without being asked whether it is still good: what the host has
/// said or done meanwhile is seen without asking.
const TRUSTED: Duration = Duration::from_secs(1);

/// How long a host may take to say so: a new connection is had sooner.
const PROMPT: Duration = Duration::from_secs(5);

/// Within what time after mail has crossed it a connection was not idle.
const MOMENT: Duration = Duration::from_millis(100);

/// How long the hosts of a destination may be taken as they were looked up, while mail goes over a
/// connection without a pause.
const FRESH: Duration = Duration::from_secs(60);

/// A connection that waits for its next envelope.
#[derive(Debug)]
pub(super) struct Idle {
    session: Session,
    place: Place,
    key: Key,
    /// When the hosts of its destination were looked up.
    found: Instant,
    /// When mail last crossed it.
    used: Instant,
}

/// The most connections kept: they are not among the total that is configured, and mail to ever
/// other hosts would use up the files of the process with them.
const MOST: usize = 256;

/// The connections that are kept.
#[derive(Debug)]
pub(super) struct Pool {
    idle: Mutex<HashMap<SocketAddr, Vec<Idle>>>,
    most: usize,
}

impl Default for Pool {
    fn default() -> Self {
        Self { idle: Mutex::default(), most: MOST }
    }
}

impl Idle {
    /// A connection over which mail has just gone.
    pub(super) fn new(key: Key, session: Session, place: Place, found: Instant) -> Self {
        Self { session, place, key, found, used: Instant::now() }
    }

    /// Whether it was made for mail that goes this way.
    pub(super) fn goes(&self, way: &Way) -> bool {
        *self.key.way == *way
    }

    /// Where it leads to.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.key.endpoint
    }

    /// When the hosts of its destination were looked up, if that still counts.
    pub(super) fn found(&self) -> Option<Instant> {
        Some(self.found).filter(|found| found.elapsed() < FRESH)
    }

    /// The connection, for an envelope to the domain of this key. For another domain than it was
    /// kept for, offer and start must come to the same, and cipher and certificate must accept. Dropped
    /// before they have answered, the connection is closed.
    ///
    /// # Errors
    ///
    /// It is not for that domain, and is as it was.
    pub(super) async fn serve(mut self, means: Means<'_>, key: &Key) -> Result<(Session, Place), Box<Self>> {
        if !self.key.is_same(key) {
            let Some(session) = self.ask_again(means, key).await else { return Err(Box::new(self)) };
            (self.session.crossing, self.session.grounds) = session;
        }
        self.place.resume();
        Ok((self.session, self.place))
    }

    /// Whether the host still holds it open, as far as can be seen; after a while RSET finds out (RFC 5321
    /// section 4.1.1.5).
    pub(super) async fn is_good(&mut self) -> bool {
        let dialogue = &mut self.session.dialogue;
        if !dialogue.is_quiet() {
            return false;
        }
        if self.used.elapsed() < TRUSTED {
            return true;
        }
        let answer = timeout(PROMPT, dialogue.ask("RSET")).await;
        answer.is_ok_and(|answer| answer.is_ok_and(|reply| reply.is_success()))
    }

    /// How it was used before.
    pub(super) fn usage(&self) -> Usage {
        if self.used.elapsed() < MOMENT { Usage::Again } else { Usage::Rested }
    }

    /// Closes it without a word.
    pub(super) async fn close(self) {
        self.session.dialogue.close().await;
    }

    /// Says goodbye.
    pub(super) async fn quit(self) {
        self.session.dialogue.quit().await;
    }

    fn is_over(&self) -> bool {
        self.used.elapsed() >= KEPT
    }

    /// What the connection is to the domain of this key; `None` if it is not for it. Clear text after
    /// TLS was wanted has no grounds, and never gets here.
    async fn ask_again(&self, means: Means<'_>, key: &Key) -> Option<(Crossing, Option<Grounds>)> {
        if !self.key.may_share(key) {
            return None;
        }
        let grounds = self.session.grounds.as_ref()?.settle_again(means, &key.domain, &key.row).await?;
        let crossing = &self.session.crossing;
        let host = Arc::new(facts::for_domain(&crossing.host, &key.domain, &key.row));
        match (&crossing.tls, grounds.course()) {
            (Some(tls), Course::StartTls { plan, .. }) => {
                starttls::ask(means.asker, &host, tls, plan).await.ok()?;
            }
            (None, Course::Clear { .. }) => {}
            _ => return None,
        }
        let crossing = Crossing { host, floor: crossing.floor, tls: crossing.tls.clone() };
        Some((crossing, Some(grounds)))
    }
}

impl Pool {
    /// Keeps a connection. Gives it back, to be closed, where too many are kept already.
    #[must_use]
    pub(super) fn keep(&self, idle: Idle) -> Option<Idle> {
        if self.locked(|pool| pool.values().map(Vec::len).sum::<usize>()) >= self.most {
            return Some(idle);
        }
        self.put_back(idle);
        None
    }

    /// A kept connection for this key, else one that it may share. Whether the hooks agree, and the
    /// host still holds it open, is to be seen.
    pub(super) fn take(&self, key: &Key) -> Option<Idle> {
        let address = key.endpoint.address;
        self.remove(address, |idle| idle.key.is_same(key) && !idle.is_over())
            .or_else(|| self.remove(address, |idle| idle.key.may_share(key) && !idle.is_over()))
    }

    /// Keeps a connection that was not served, for as long as it was to be kept.
    pub(super) fn put_back(&self, mut idle: Idle) {
        idle.place.rest();
        self.locked(|pool| pool.entry(idle.key.endpoint.address).or_default().push(idle));
    }

    /// A kept connection to this address, to be closed: its place is needed.
    pub(super) fn evict(&self, address: SocketAddr) -> Option<Idle> {
        self.remove(address, |_| true)
    }

    /// Those whose time is over, to be closed.
    pub(super) fn expired(&self) -> Vec<Idle> {
        self.drain(Idle::is_over)
    }

    /// All, to be closed: the relay stops.
    pub(super) fn all(&self) -> Vec<Idle> {
        self.drain(|_| true)
    }

    fn remove(&self, address: SocketAddr, wanted: impl Fn(&Idle) -> bool) -> Option<Idle> {
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

    fn locked<T>(&self, act: impl FnOnce(&mut HashMap<SocketAddr, Vec<Idle>>) -> T) -> T {
        act(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use waxseal_plugins::facts::Row;

    use super::*;
    use crate::config::NextHop;
    use crate::observe::Observer;
    use crate::outgoing::hosts::FoundBy;
    use crate::outgoing::peer::{Peer, delivery, session_with};
    use crate::outgoing::schedule::Scheduler;
    use crate::outgoing::way::{Departure, Way};

    /// A pool that keeps one connection, and under which key.
    async fn kept() -> (Pool, Key) {
        let peer = Peer::playing(vec![vec![("", "220 mx\r\n"), ("EHLO", "250 mx\r\n"), ("QUIT", "")]]).await;
        let endpoint = peer.endpoint.clone();
        let session = session_with(&endpoint).await;
        let place = Scheduler::new(&delivery(1), Observer::off())
            .enter("example.org", endpoint.address, || {})
            .await
            .unwrap();
        let row = Arc::new(Row::default());
        let (domain, way) = ("example.org".to_owned(), Arc::default());
        let key = Key { domain, endpoint, way, row, generation: 1, epoch: 1 };
        let pool = Pool::default();
        assert!(pool.keep(Idle::new(key.clone(), session, place, Instant::now())).is_none());
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
        let renamed = Endpoint { name: "mx.example.net".to_owned(), ..key.endpoint.clone() };
        let by_mx = Endpoint { found_by: FoundBy::Mx, ..key.endpoint.clone() };
        let from = Departure { source: Some("127.0.0.2".parse().unwrap()), helo_name: None };
        let named = Departure { source: None, helo_name: Some("news.example.org".to_owned()) };
        let leaving = |departure| Arc::new(Way { hops: None, departure });
        let hop = NextHop { host: key.endpoint.name.clone(), port: key.endpoint.address.port() };
        let others = [
            Key { way: leaving(from), ..key.clone() },
            Key { way: leaving(named), ..key.clone() },
            Key { way: Arc::new(Way { hops: Some(vec![hop]), ..Way::default() }), ..key.clone() },
            Key { generation: 2, ..key.clone() },
            Key { epoch: 2, ..key.clone() },
            Key { row: strict, ..key.clone() },
            Key { endpoint: renamed, ..key.clone() },
            Key { endpoint: by_mx, ..key.clone() },
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
    async fn only_so_many_are_kept() {
        let (pool, key) = kept().await;
        let idle = pool.take(&key).unwrap();
        let pool = Pool { idle: Mutex::default(), most: 0 };
        assert!(pool.keep(idle).is_some());
        assert!(pool.take(&key).is_none());
    }

    #[tokio::test]
    async fn a_place_that_is_needed_is_given_up() {
        let (pool, key) = kept().await;
        assert!(pool.evict(key.endpoint.address).is_some());
        assert!(pool.evict(key.endpoint.address).is_none());
    }
}
