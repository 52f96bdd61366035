//! What is known of one destination, the domain of recipients. No I/O, no clock of its own.

use std::collections::VecDeque;
use std::mem::take;
use std::net::SocketAddr;

use tokio::time::Instant;

use super::backoff::Backoff;
use super::line::Ticket;
use super::pace::Pace;
use super::window::Window;
use crate::config::Delivery;
use crate::spool::Lease;

/// How many leases wait for each worker of a destination: so many that a worker need not wait for
/// the spool, so few that they are no loss where the destination fails.
pub(in crate::outgoing) const AHEAD: usize = 4;

/// A destination, its workers, and the leases that wait for them.
#[derive(Debug)]
pub(super) struct Destination {
    /// How many workers it may have.
    pub window: Window,
    /// How many it has; each has one connection at a time.
    pub workers: usize,
    /// The hosts to which workers are on their way, that have no connection yet.
    pub coming: Vec<SocketAddr>,
    /// Leases that wait for a worker.
    pub ready: VecDeque<Lease>,
    /// Whether the spool may have more than it has given.
    pub supply: Supply,
    /// Whether it is left alone.
    pub backoff: Backoff,
    /// Its host, as the last attempt found it.
    pub host: Option<SocketAddr>,
    /// Its place in the line at that host, while it has no worker.
    pub ticket: Option<Ticket>,
    /// The rate of messages.
    pub messages: Option<Pace>,
    /// The rate of new connections.
    pub new_connections: Option<Pace>,
    /// When it was last of interest.
    pub used: Instant,
}

/// Whether the spool may have more for a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Supply {
    /// It gave less than it might.
    Exhausted,
    /// It gave as much as it might, or could not be asked for more.
    More,
}

impl Destination {
    /// Nothing is known yet.
    pub(super) fn new(delivery: &Delivery, name: &str, now: Instant) -> Self {
        let allowance = delivery.allowance(name);
        // Never all: a destination that is slow must leave some to the others.
        let most = (delivery.connections_total / 2).max(1);
        Self {
            window: Window::new(allowance.connections.min(most)),
            workers: 0,
            coming: vec![],
            ready: VecDeque::new(),
            supply: Supply::Exhausted,
            backoff: Backoff::default(),
            host: None,
            ticket: None,
            messages: allowance.messages.map(Pace::new),
            new_connections: allowance.new_connections.map(Pace::new),
            used: now,
        }
    }

    /// How many workers there may be now: none while it is left alone, then one that finds out.
    pub(super) fn capacity(&self, now: Instant) -> usize {
        match (self.backoff.until(now), self.backoff.is_probing()) {
            (Some(_), _) => 0,
            (None, true) => 1,
            (None, false) if self.is_paced(now) => self.window.size().min(self.workers),
            (None, false) => self.window.size(),
        }
    }

    /// How many leases it has.
    pub(super) fn leases(&self) -> usize {
        self.workers + self.ready.len()
    }

    /// How many leases so many workers may have: a probe is for one message.
    pub(super) fn leases_of(&self, workers: usize) -> usize {
        if self.backoff.is_probing() { workers } else { workers * AHEAD }
    }

    /// How many leases it may have now, its host aside.
    pub(super) fn room(&self, now: Instant) -> usize {
        let room = self.leases_of(self.capacity(now));
        let paced = self.messages.as_ref().map(|pace| self.leases() + pace.available(now));
        paced.map_or(room, |paced| room.min(paced))
    }

    /// When it may have more than now, where that is a matter of time.
    pub(super) fn changes_at(&self, now: Instant) -> Option<Instant> {
        let paces = [&self.messages, &self.new_connections].into_iter().flatten();
        let ready = paces.filter(|pace| pace.available(now) == 0).map(|pace| pace.ready_at(now));
        ready.chain(self.backoff.changes_at(now)).min()
    }

    /// Whether nobody works for it.
    pub(super) fn is_idle(&self) -> bool {
        self.workers == 0 && self.ready.is_empty()
    }

    /// What waits for a worker that will not come; it uses nothing of the rate up.
    pub(super) fn give_back(&mut self) -> Vec<Lease> {
        if let Some(pace) = &mut self.messages {
            pace.put_back(self.ready.len());
        }
        take(&mut self.ready).into()
    }

    fn is_paced(&self, now: Instant) -> bool {
        self.new_connections.as_ref().is_some_and(|pace| pace.available(now) == 0)
    }
}
