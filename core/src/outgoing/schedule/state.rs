//! The scheduler's decisions: pure, and told the time.

use std::collections::HashMap;
use std::mem::replace;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::time::Instant;

use super::answer::{Arrival, Entry, Next};
use super::backoff::Chance;
use super::destination::{Destination, Supply};
use super::forget::{MOST, forget};
use super::host::{Complaint, Demand, Host};
use crate::config::Delivery;
use crate::spool::{Lease, Status};

/// The state of all destinations and hosts.
#[derive(Debug)]
pub(super) struct State {
    delivery: Delivery,
    destinations: HashMap<String, Destination>,
    hosts: HashMap<SocketAddr, Host>,
    /// When one that has no room now may have some: the spool is to be asked again then.
    wake: Option<Instant>,
}

impl State {
    pub(super) fn new(delivery: Delivery) -> Self {
        Self { delivery, destinations: HashMap::new(), hosts: HashMap::new(), wake: None }
    }

    /// How many leases a destination may have. The spool does not ask for one that is put off: if it does
    /// all the same, the operator has taken that back, and wants it tried.
    pub(super) fn room(&mut self, name: &str, now: Instant) -> usize {
        self.try_anew(name, now);
        let by_host = self.workers_by_host(name, now);
        let unknown;
        let destination = match self.destinations.get(name) {
            Some(known) => known,
            None => {
                unknown = Destination::new(&self.delivery, name, now);
                &unknown
            }
        };
        let room = destination.room(now);
        if let Some(at) = destination.changes_at(now) {
            self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
        }
        by_host.map_or(room, |workers| room.min(destination.leases_of(workers)))
    }

    /// Whether a destination has workers.
    pub(super) fn is_busy(&self, name: &str) -> bool {
        self.destinations.get(name).is_some_and(|destination| destination.workers > 0)
    }

    /// When one that had no room may have some; forgotten with the question.
    pub(super) fn wake(&mut self) -> Option<Instant> {
        self.wake.take()
    }

    /// The spool has given a lease.
    pub(super) fn arrive(&mut self, lease: Lease, now: Instant) -> Arrival {
        let room = self.room(&lease.domain, now);
        let workers = self.workers_by_host(&lease.domain, now);
        let destination = self.destination(&lease.domain, now);
        if destination.leases() >= room {
            return Arrival::GiveBack(lease);
        }
        if let Some(pace) = &mut destination.messages {
            pace.take(now);
        }
        let most = workers.unwrap_or(usize::MAX).min(destination.capacity(now));
        let arrival = if destination.workers < most {
            destination.workers += 1;
            Arrival::Start(lease)
        } else {
            destination.ready.push_back(lease);
            Arrival::Waits
        };
        destination.supply = if destination.leases() >= room { Supply::More } else { Supply::Exhausted };
        let starts_to = destination.host.filter(|_| matches!(arrival, Arrival::Start(_)));
        destination.coming.extend(starts_to);
        if let Some(host) = starts_to.and_then(|address| self.hosts.get_mut(&address)) {
            host.coming += 1;
        }
        arrival
    }

    /// A worker asks what to do next. Whether the spool should be asked for more.
    pub(super) fn next(&mut self, name: &str, now: Instant) -> (Next, Supply) {
        let Some(destination) = self.destinations.get_mut(name) else {
            return (Next::End(vec![]), Supply::More);
        };
        destination.used = now;
        if destination.backoff.until(now).is_some() {
            let rest = destination.give_back();
            self.ended(name);
            return (Next::End(rest), Supply::More);
        }
        let has_too_many = destination.workers > destination.capacity(now).max(1);
        let lease = if has_too_many { None } else { destination.ready.pop_front() };
        let Some(lease) = lease else {
            self.ended(name);
            return (Next::End(vec![]), Supply::More);
        };
        let is_low = destination.ready.len() <= destination.workers;
        let supply =
            if is_low { replace(&mut destination.supply, Supply::Exhausted) } else { Supply::Exhausted };
        (Next::Deliver(lease), supply)
    }

    /// A worker has had its turn. Where others wait for its place, among all or at its host, it ends, and
    /// gives these back unless it has fellows.
    pub(super) fn turn_ends(&mut self, name: &str, places: Demand) -> Option<Vec<Lease>> {
        let destination = self.destinations.get_mut(name)?;
        let host = destination.host.and_then(|host| self.hosts.get_mut(&host));
        let at_host = host.map_or(Demand::Met, Host::take_demand);
        if (places, at_host) == (Demand::Met, Demand::Met) {
            return None;
        }
        Some(self.ends(name))
    }

    /// A worker ends, and gives back what waits unless it has fellows.
    pub(super) fn ends(&mut self, name: &str) -> Vec<Lease> {
        self.ended(name);
        match self.destinations.get_mut(name) {
            Some(destination) if destination.workers == 0 => destination.give_back(),
            _ => vec![],
        }
    }

    /// A message was not brought to any host.
    pub(super) fn unsent(&mut self, name: &str) {
        if let Some(pace) = self.destinations.get_mut(name).and_then(|it| it.messages.as_mut()) {
            pace.put_back(1);
        }
    }

    /// Of a destination's hosts this one has answered first.
    pub(super) fn won(&mut self, name: &str, address: SocketAddr, now: Instant) {
        self.destination(name, now).host = Some(address);
    }

    /// Asks for a place at a host.
    pub(super) fn enter(&mut self, name: &str, address: SocketAddr, now: Instant) -> Entry {
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
    pub(super) fn waits(&mut self, address: SocketAddr, by: isize) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.waiting = host.waiting.saturating_add_signed(by);
        }
    }

    /// A connection waits for its next envelope, or for no longer: it gives way to whoever needs a place.
    pub(super) fn rests(&mut self, address: SocketAddr, by: isize) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.resting = host.resting.saturating_add_signed(by);
            host.freed.notify_one();
        }
    }

    /// A connection has ended: somebody else may have its place.
    pub(super) fn leave(&mut self, address: SocketAddr) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.connections = host.connections.saturating_sub(1);
            host.freed.notify_one();
        }
    }

    /// A host has greeted us: it is there.
    pub(super) fn greeted(&mut self, address: SocketAddr, now: Instant) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.backoff.succeeded(now);
            host.why = None;
            host.freed.notify_one();
        }
    }

    /// A connection that began then did not come about, or not up to the EHLO reply. With others open
    /// the host has too many; alone, it is left alone.
    pub(super) fn unreached(
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

    /// A host has said that it has too much. Where it closes even a single connection, the destination is
    /// left alone until the time that this gives. A mere 4xx never goes so far: it may be for one sender.
    pub(super) fn throttled(
        &mut self,
        name: &str,
        (address, complaint): (SocketAddr, Complaint),
        (began, now): (Instant, Instant),
        chance: Chance,
    ) -> Option<Instant> {
        self.slows_down(address, (began, now));
        let destination = self.destinations.get_mut(name)?;
        if destination.window.size() > 1 {
            destination.window.shrink(began, now);
            return None;
        }
        match complaint {
            Complaint::Slower => None,
            Complaint::Closes => destination.backoff.failed(began, now, (&self.delivery.retry, chance)),
        }
    }

    /// A host has said that it has too much.
    pub(super) fn slows_down(&mut self, address: SocketAddr, (began, now): (Instant, Instant)) {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.window.shrink(began, now);
        }
    }

    /// A host took a message. Whether the destination was left alone before.
    pub(super) fn delivered(&mut self, name: &str, address: SocketAddr, now: Instant) -> bool {
        if let Some(host) = self.hosts.get_mut(&address) {
            host.window.succeeded();
        }
        self.came(name);
        let Some(destination) = self.destinations.get_mut(name) else { return false };
        destination.window.succeeded();
        destination.backoff.succeeded(now)
    }

    /// No host of a destination was reached by an attempt that began then: it is left alone until the
    /// time that this gives, unless it was known.
    pub(super) fn unreachable(
        &mut self,
        name: &str,
        (began, now): (Instant, Instant),
        chance: Chance,
    ) -> Option<Instant> {
        let destination = self.destinations.get_mut(name)?;
        let until = destination.backoff.failed(began, now, (&self.delivery.retry, chance))?;
        destination.window.begin_anew(now);
        Some(until)
    }

    /// All hosts of a destination are left alone until then at least: so is it.
    pub(super) fn left_alone(&mut self, name: &str, until: Instant, now: Instant) {
        let destination = self.destination(name, now);
        destination.backoff.until_then(until, now);
    }

    /// A worker has ended.
    fn ended(&mut self, name: &str) {
        let Some(destination) = self.destinations.get_mut(name) else { return };
        destination.workers = destination.workers.saturating_sub(1);
        if destination.coming.len() > destination.workers {
            self.came(name);
        }
    }

    /// A worker that was on its way to a host has come there, or to another.
    pub(super) fn came(&mut self, name: &str) {
        let Some(expected) = self.destinations.get_mut(name).and_then(|it| it.coming.pop()) else { return };
        if let Some(host) = self.hosts.get_mut(&expected) {
            host.coming = host.coming.saturating_sub(1);
        }
    }

    fn try_anew(&mut self, name: &str, now: Instant) {
        let Some(destination) = self.destinations.get_mut(name) else { return };
        if destination.backoff.until(now).is_none() || !destination.backoff.is_to_be_tried(now) {
            return;
        }
        if let Some(host) = destination.host.and_then(|host| self.hosts.get_mut(&host)) {
            host.backoff.is_to_be_tried(now);
        }
    }

    /// How many workers of a destination find a place at its host, if that is known. One finds out
    /// whether another host takes the mail of one that is left alone.
    fn workers_by_host(&mut self, name: &str, now: Instant) -> Option<usize> {
        let destination = self.destinations.get(name)?;
        let host = self.hosts.get_mut(&destination.host?)?;
        let free = if host.backoff.until(now).is_some() { 1 } else { host.free(now) };
        let workers = destination.workers + free;
        if workers == 0 {
            host.demand = Demand::Unmet;
        }
        Some(workers)
    }

    fn destination(&mut self, name: &str, now: Instant) -> &mut Destination {
        if self.destinations.len() >= MOST && !self.destinations.contains_key(name) {
            forget(&mut self.destinations, |it| (it.is_idle(), it.used), now);
        }
        let delivery = &self.delivery;
        let destination = self.destinations.entry(name.to_owned());
        let destination = destination.or_insert_with(|| Destination::new(delivery, name, now));
        destination.used = now;
        destination
    }

    fn host(&mut self, address: SocketAddr, now: Instant) -> &mut Host {
        if self.hosts.len() >= MOST && !self.hosts.contains_key(&address) {
            forget(&mut self.hosts, |it| (it.is_idle(), it.used), now);
        }
        let limit = self.delivery.connections_per_host;
        let host = self.hosts.entry(address).or_insert_with(|| Host::new(limit, now));
        host.used = now;
        host
    }
}

#[cfg(test)]
mod tests;
