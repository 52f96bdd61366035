//! What is known of one address of a host. No I/O, no clock of its own.

use std::mem::replace;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::line::{Line, Ticket};
use super::window::Window;
use crate::spool::Status;

/// Connections to an address, and how it does.
#[derive(Debug)]
pub(super) struct Host {
    /// How many connections it may have.
    pub window: Window,
    /// How many it has.
    pub connections: usize,
    /// How many of them wait for their next envelope.
    pub resting: usize,
    /// How many attempts wait for a place.
    pub waiting: usize,
    /// How many workers are on their way to it.
    pub coming: usize,
    /// Destinations that have no worker, and want a place.
    pub line: Line,
    /// Whether a destination without a connection to it wants one.
    pub demand: Demand,
    /// Whether it is left alone.
    pub backoff: Backoff,
    /// Why, if it is.
    pub why: Option<Status>,
    /// Tells who waits that a place is free.
    pub freed: Arc<Notify>,
    /// When it was last of interest.
    pub used: Instant,
}

/// How a host says that it has too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::outgoing) enum Complaint {
    /// By a 4xx to a sender, which may be the matter of that one: it gets fewer connections at once.
    Slower,
    /// By a 421: where one connection is too much it is left alone.
    Closes,
}

/// Whether all who want a connection to a host have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::outgoing) enum Demand {
    /// They have, as far as is known.
    Met,
    /// Somebody has none.
    Unmet,
}

impl Host {
    /// Nothing is known yet.
    pub(super) fn new(limit: usize, now: Instant) -> Self {
        Self {
            window: Window::new(limit),
            connections: 0,
            resting: 0,
            waiting: 0,
            coming: 0,
            line: Line::default(),
            demand: Demand::Met,
            backoff: Backoff::default(),
            why: None,
            freed: Arc::default(),
            used: now,
        }
    }

    /// How many connections there may be now: none while it is left alone, then one that finds out.
    pub(super) fn capacity(&self, now: Instant) -> usize {
        match (self.backoff.until(now), self.backoff.is_probing()) {
            (Some(_), _) => 0,
            (None, true) => 1,
            (None, false) => self.window.size(),
        }
    }

    /// How many more there may be, those aside that wait for a place already or are on their way.
    pub(super) fn free(&self, now: Instant) -> usize {
        let taken = self.connections.saturating_sub(self.resting) + self.waiting + self.coming;
        self.capacity(now).saturating_sub(taken)
    }

    /// How many more there may be of one that stands in line there, or does not stand in line.
    pub(super) fn free_for(&self, ticket: Option<Ticket>, now: Instant) -> usize {
        let free = self.free(now);
        free - self.line.before(ticket, free)
    }

    /// Whether somebody wants a connection; who makes room for him answers for one.
    pub(super) fn take_demand(&mut self) -> Demand {
        let demand = replace(&mut self.demand, Demand::Met);
        if self.waiting > 0 { Demand::Unmet } else { demand }
    }

    /// Whether nobody needs what is known of it.
    pub(super) fn is_idle(&self) -> bool {
        self.connections == 0 && self.waiting == 0 && self.coming == 0
    }
}
