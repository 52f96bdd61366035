//! Places at hosts, and how hosts do.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;

use super::State;
use crate::outgoing::schedule::answer::Entry;
use crate::outgoing::schedule::backoff::Chance;
use crate::outgoing::schedule::forget::{MOST, forget};
use crate::outgoing::schedule::host::{Demand, Host};
use crate::outgoing::schedule::line::{Asked, GONE, Ticket};
use crate::spool::Status;

impl State {
    /// Of a destination's hosts this one has answered first.
    pub(in crate::outgoing::schedule) fn won(&mut self, name: &str, address: SocketAddr, now: Instant) {
        let destination = self.destination(name, now);
        let before = destination.host.replace(address).filter(|before| *before != address);
        let Some(before) = before else { return };
        let ticket = destination.ticket.take();
        if let Some(host) = self.hosts.get_mut(&before) {
            ticket.into_iter().for_each(|ticket| host.line.leave(ticket));
        }
    }

    /// Asks for a place at a host.
    pub(in crate::outgoing::schedule) fn enter(
        &mut self,
        name: &str,
        address: SocketAddr,
        now: Instant,
    ) -> Entry {
        let destination = self.destination(name, now);
        destination.host.get_or_insert(address);
        let paced = destination.new_connections.as_ref().is_some_and(|pace| pace.available(now) == 0);
        let host = self.host(address, now);
        match (host.backoff.until(now), &host.why) {
            (Some(until), Some(why)) => return Entry::LeftAlone(until, why.clone()),
            _ if paced => return Entry::Paced,
            _ => {}
        }
        let capacity = host.capacity(now);
        if host.connections < capacity {
            host.connections += 1;
            if let Some(pace) = &mut self.destination(name, now).new_connections {
                pace.take(now);
            }
            return Entry::Free;
        }
        let busy =
            if host.waiting >= capacity { Entry::Crowded } else { Entry::Busy(Arc::clone(&host.freed)) };
        // Who frees a place here is awaited by the destination, not only by this attempt.
        self.won(name, address, now);
        busy
    }

    /// Somebody begins, or ceases, to wait for a place.
    pub(in crate::outgoing::schedule) fn waits(&mut self, address: SocketAddr, by: isize) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.waiting = host.waiting.saturating_add_signed(by);
        }
    }

    /// A connection waits for its next envelope, or for no longer: it gives way to whoever needs a place.
    pub(in crate::outgoing::schedule) fn rests(&mut self, address: SocketAddr, by: isize) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.resting = host.resting.saturating_add_signed(by);
            host.freed.notify_one();
        }
    }

    /// A connection has ended: somebody else may have its place.
    pub(in crate::outgoing::schedule) fn leave(&mut self, address: SocketAddr) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.connections = host.connections.saturating_sub(1);
            host.freed.notify_one();
        }
    }

    /// A host has greeted us: it is there.
    pub(in crate::outgoing::schedule) fn greeted(&mut self, address: SocketAddr, now: Instant) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.backoff.succeeded(now);
            host.why = None;
            host.freed.notify_one();
        }
    }

    /// A connection that began then did not come about, or not up to the EHLO reply. With others open
    /// the host has too many; alone, it is left alone.
    pub(in crate::outgoing::schedule) fn unreached(
        &mut self,
        address: SocketAddr,
        why: Status,
        (began, now): (Instant, Instant),
        chance: Chance,
    ) {
        let retry = &self.delivery.retry;
        let Some(host) = self.hosts.get_mut(&address) else { return };
        if host.connections > 1 && host.window.size() > 1 {
            host.window.shrink(began, now);
        } else if host.backoff.failed(began, now, (retry, chance)).is_some() {
            host.window.begin_anew(now);
            host.why = Some(why);
        }
    }

    /// A host has said that it has too much.
    pub(in crate::outgoing::schedule) fn slows_down(
        &mut self,
        address: SocketAddr,
        (began, now): (Instant, Instant),
    ) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.window.shrink(began, now);
        }
    }

    /// A worker that was on its way to a host has come there, or to another.
    pub(in crate::outgoing::schedule) fn came(&mut self, name: &str) {
        let Some(expected) = self.destinations.get_mut(name).and_then(|it| it.coming.pop()) else { return };
        if let Some(host) = self.hosts.get_mut(&expected) {
            host.coming = host.coming.saturating_sub(1);
        }
    }

    /// How many workers of a destination find a place at its host, if that is known. One finds out
    /// whether another host takes the mail of one that is left alone.
    pub(super) fn workers_by_host(&self, name: &str, now: Instant) -> Option<usize> {
        let destination = self.destinations.get(name)?;
        let host = self.hosts.get(&destination.host?)?;
        let free = if host.backoff.until(now).is_some() { 1 } else { host.free_for(destination.ticket, now) };
        Some(destination.workers + free)
    }

    /// A destination that might have a worker wants a place at its host. If there is none for it, it stands
    /// in line.
    pub(super) fn wants_place(&mut self, name: &str, now: Instant) {
        let workers = self.workers_by_host(name, now);
        let asked = Asked { round: self.round, at: now };
        let Some(destination) = self.destinations.get_mut(name) else { return };
        let Some(host) = destination.host.and_then(|host| self.hosts.get_mut(&host)) else { return };
        host.line.let_go(asked);
        let standing = destination.ticket.filter(|ticket| host.line.holds(*ticket));
        destination.ticket = standing;
        if workers == Some(0) {
            host.demand = Demand::Unmet;
            destination.ticket = standing.or_else(|| {
                self.tickets += 1;
                Some(Ticket::number(self.tickets))
            });
        }
        destination.ticket.into_iter().for_each(|ticket| host.line.stands(ticket, asked));
        if host.line.before(destination.ticket, 1) > 0 {
            // Who is before it may not come.
            self.wakes_at(now + GONE);
        }
    }

    /// A worker of a destination starts, to its host if that is known.
    pub(super) fn sets_out(&mut self, name: &str) {
        let Some(destination) = self.destinations.get_mut(name) else { return };
        let Some(address) = destination.host else { return };
        destination.coming.push(address);
        let ticket = destination.ticket.take();
        if let Some(host) = self.hosts.get_mut(&address) {
            host.coming += 1;
            ticket.into_iter().for_each(|ticket| host.line.leave(ticket));
        }
    }

    pub(super) fn host(&mut self, address: SocketAddr, now: Instant) -> &mut Host {
        if self.hosts.len() >= MOST && !self.hosts.contains_key(&address) {
            forget(&mut self.hosts, |it| (it.is_idle(), it.used), now);
        }
        let limit = self.delivery.connections_per_host;
        let host = self.hosts.entry(address).or_insert_with(|| Host::new(limit, now));
        host.used = now;
        host
    }
}
