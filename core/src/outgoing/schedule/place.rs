//! A counted connection.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;
use waxseal_plugins::hooks::Direction;

use super::Scheduler;
use crate::observe::OpenSession;

/// A place at a host, counted among the connections in progress. Free again when dropped.
#[derive(Debug)]
pub(in crate::outgoing) struct Place {
    scheduler: Arc<Scheduler>,
    host: SocketAddr,
    began: Instant,
    rest: Rest,
    _counted: OpenSession,
}

/// Whether a connection waits for its next envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    No,
    Yes,
}

impl Place {
    /// A place that the state has counted.
    pub(super) fn taken(scheduler: &Arc<Scheduler>, host: SocketAddr) -> Self {
        let counted = scheduler.observer.metrics().session(Direction::Outgoing);
        let began = Instant::now();
        Self { scheduler: Arc::clone(scheduler), host, began, rest: Rest::No, _counted: counted }
    }

    /// Where it is.
    pub(in crate::outgoing) fn host(&self) -> SocketAddr {
        self.host
    }

    /// When the connection was begun.
    pub(in crate::outgoing) fn began(&self) -> Instant {
        self.began
    }

    /// The connection waits for its next envelope, and gives way to whoever needs the place.
    pub(in crate::outgoing) fn rest(&mut self) {
        if self.rest == Rest::No {
            self.rest = Rest::Yes;
            self.scheduler.decide(|state, _| state.rests(self.host, 1));
            self.scheduler.changed.notify_one();
        }
    }

    /// The connection is in use again.
    pub(in crate::outgoing) fn resume(&mut self) {
        if self.rest == Rest::Yes {
            self.rest = Rest::No;
            self.scheduler.decide(|state, _| state.rests(self.host, -1));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.resume();
        self.scheduler.decide(|state, _| state.leave(self.host));
        self.scheduler.changed.notify_one();
    }
}

/// An attempt that waits for a place.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    scheduler: &'a Scheduler,
    host: SocketAddr,
}

impl<'a> Waiting<'a> {
    pub(super) fn begin(scheduler: &'a Scheduler, host: SocketAddr) -> Self {
        scheduler.decide(|state, _| state.waits(host, 1));
        Self { scheduler, host }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.scheduler.decide(|state, _| state.waits(self.host, -1));
    }
}
