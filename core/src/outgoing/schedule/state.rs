//! The scheduler's decisions: pure, and told the time.

use std::collections::HashMap;
use std::mem::replace;
use std::net::SocketAddr;

use tokio::time::Instant;

use super::answer::{Arrival, Next};
use super::backoff::Chance;
use super::destination::{Destination, Supply};
use super::forget::{MOST, forget};
use super::host::{Complaint, Demand, Host};
use crate::config::Delivery;
use crate::spool::Lease;

/// The state of all destinations and hosts.
#[derive(Debug)]
pub(super) struct State {
    delivery: Delivery,
    destinations: HashMap<String, Destination>,
    hosts: HashMap<SocketAddr, Host>,
    /// When one that has no room now may have some: the spool is to be asked again then.
    wake: Option<Instant>,
    /// How many rounds of questions for the room of all destinations there were.
    round: u64,
    /// How many have stood in line at hosts.
    tickets: u64,
}

impl State {
    pub(super) fn new(delivery: Delivery) -> Self {
        Self {
            delivery,
            destinations: HashMap::new(),
            hosts: HashMap::new(),
            wake: None,
            round: 0,
            tickets: 0,
        }
    }

    /// The spool begins to ask for the room of all destinations.
    pub(super) fn begins_round(&mut self) {
        self.round += 1;
    }

    /// How many leases a destination may have. The spool does not ask for one that is put off: if it does
    /// all the same, the operator has taken that back, and wants it tried.
    pub(super) fn room(&mut self, name: &str, now: Instant) -> usize {
        self.try_anew(name, now);
        let known = self.destinations.get(name).map(|it| (it.changes_at(now), it.room(now)));
        if let Some((changes_at, room)) = known {
            changes_at.into_iter().for_each(|at| self.wakes_at(at));
            if room > 0 {
                self.wants_place(name, now);
            }
        }
        self.room_now(name, now)
    }

    fn room_now(&self, name: &str, now: Instant) -> usize {
        let unknown;
        let destination = match self.destinations.get(name) {
            Some(known) => known,
            None => {
                unknown = Destination::new(&self.delivery, name, now);
                &unknown
            }
        };
        let room = destination.room(now);
        let by_host = self.workers_by_host(name, now);
        by_host.map_or(room, |workers| room.min(destination.leases_of(workers)))
    }

    /// The spool is to be asked again then at the latest.
    fn wakes_at(&mut self, at: Instant) {
        self.wake = Some(self.wake.map_or(at, |wake| wake.min(at)));
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
        let name = lease.domain.clone();
        let room = self.room_now(&name, now);
        let workers = self.workers_by_host(&name, now);
        let destination = self.destination(&name, now);
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
        if matches!(arrival, Arrival::Start(_)) {
            self.sets_out(&name);
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

    fn try_anew(&mut self, name: &str, now: Instant) {
        let Some(destination) = self.destinations.get_mut(name) else { return };
        if destination.backoff.until(now).is_none() || !destination.backoff.is_to_be_tried(now) {
            return;
        }
        if let Some(host) = destination.host.and_then(|host| self.hosts.get_mut(&host)) {
            host.backoff.is_to_be_tried(now);
        }
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
}

mod hosts;
#[cfg(test)]
mod tests;
