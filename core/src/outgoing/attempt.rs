//! One attempt: one message, the recipients of one domain, over the hosts of its way in their order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Mail, Row};
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::table;
use waxseal_plugins::verdicts::EnhancedCode;

use super::Outbound;
use super::facts;
use super::hosts::{Candidate, Directions, Endpoint};
use super::ourselves;
use super::pool::{Idle, Key};
use super::problem::Problem;
use super::race;
use super::report;
use super::route::{self, Concerns};
use super::starttls::Means;
use super::trip::Trip;
use super::way::Way;
use super::witness::Nobody;
use crate::observe::SessionId;
use crate::panics::{Panicked, unpanicking};
use crate::relay::Services;
use crate::spool::Lease;
use crate::tls::ask::Asker;

mod crossing;
mod dial;

/// How long an attempt may take in all, whatever its hosts do: a message of 50 MiB still crosses a
/// slow line.
const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

/// An attempt that has ended, to be settled.
pub(super) struct Ended {
    /// What was to be delivered.
    pub lease: Lease,
    /// Who asked the hooks.
    pub asker: Asker,
    /// The domain's row.
    pub row: Arc<Row>,
    /// How it went.
    pub trip: Trip,
}

/// Delivers a lease as far as it goes now: over the connection of the lease before, if there is one.
pub(super) async fn run(outbound: &Outbound, lease: Lease, carried: Option<Idle>) -> Ended {
    let bundle = outbound.services.live.current();
    let epoch = outbound.services.tls.epoch();
    let row = bundle.table().outgoing(&lease.domain, table::today());
    let mail = Arc::new(facts::mail(&lease));
    let observer = outbound.services.observer.clone();
    let asker = Asker { bundle: Arc::clone(&bundle), observer, session: SessionId::next() };
    let mut trip = Trip::new(&lease.recipients, Concerns::under(&bundle));
    asker.step(Direction::Outgoing, || report::begins(&lease));
    let way = Arc::default();
    let mut attempt = Attempt { outbound, lease: &lease, bundle, row, mail, way, asker, epoch };
    match unpanicking(timeout(DEADLINE, attempt.deliver(carried, &mut trip))).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => trip.tally.at_fault(EnhancedCode::new(4, 4, 7), "the attempt took too long"),
        Err(Panicked) => {
            tracing::error!(id = %lease.envelope.id, domain = %lease.domain, "an attempt panicked: a defect of Waxseal; its mail is tried again");
            trip.tally.at_fault(EnhancedCode::new(4, 3, 0), "the relay failed in the middle of the attempt");
        }
    }
    let Attempt { asker, row, .. } = attempt;
    Ended { lease, asker, row, trip }
}

struct Attempt<'a> {
    outbound: &'a Outbound,
    lease: &'a Lease,
    bundle: Arc<Bundle>,
    row: Arc<Row>,
    mail: Arc<Mail>,
    /// The way that filters chose.
    way: Arc<Way>,
    asker: Asker,
    /// Of identities and roots, before any handshake.
    epoch: u64,
}

/// Whether further hosts are to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Onward {
    Next,
    Stop,
}

impl Attempt<'_> {
    async fn deliver(&mut self, carried: Option<Idle>, trip: &mut Trip) {
        let config = &self.outbound.services.config;
        let choosing = route::choose(&self.asker, config, (&self.row, &self.mail));
        let chosen = self.unless_stopping(choosing).await;
        match chosen {
            Some(Ok(chosen)) => {
                trip.tally.goes(&chosen);
                self.way = chosen.way;
            }
            Some(Err(problem)) => {
                // The next message may go over it.
                trip.kept = carried;
                return self.ruled_out(trip, &problem);
            }
            None => {
                trip.kept = carried;
                return trip.tally.abandon();
            }
        }
        if let Some(idle) = carried {
            self.carry_on(idle, trip).await;
        }
        if !trip.tally.is_done() {
            self.over_hosts(trip).await;
        }
    }

    async fn over_hosts(&self, trip: &mut Trip) {
        let candidates = match self.unless_stopping(self.candidates()).await {
            Some(Ok(candidates)) => candidates,
            Some(Err(problem)) => return self.unreached(trip, &problem),
            None => return trip.tally.abandon(),
        };
        for candidate in &candidates {
            if self.over_addresses(candidate, trip).await == Onward::Stop {
                return;
            }
        }
    }

    /// The hosts that this message goes to: those of its way, or its domain's.
    async fn candidates(&self) -> Result<Vec<Candidate>, Problem> {
        if let Some(candidates) = self.way.candidates() {
            return Ok(candidates);
        }
        let config = &self.outbound.services.config;
        let directions =
            Directions { routes: &config.routes, port: config.delivery.port, ourselves: &config.hostname };
        directions.hosts(&self.lease.domain, self.outbound.names.as_ref()).await
    }

    async fn over_addresses(&self, candidate: &Candidate, trip: &mut Trip) -> Onward {
        let looking = candidate.endpoints(self.outbound.names.as_ref());
        let mut endpoints = match self.unless_stopping(looking).await {
            Some(Ok(endpoints)) => endpoints,
            Some(Err(problem)) => {
                self.unreached(trip, &problem);
                return Onward::Next;
            }
            None => {
                trip.tally.abandon();
                return Onward::Stop;
            }
        };
        if endpoints.iter().any(|endpoint| self.outbound.ourselves.is_at(endpoint)) {
            // Whoever is preferred less than we are would only send it back to us.
            self.ruled_out(trip, &ourselves::problem(&self.lease.domain));
            return Onward::Stop;
        }
        endpoints = match self.way.departure.reachable(endpoints, &candidate.name) {
            Ok(endpoints) => endpoints,
            Err(problem) => {
                self.ruled_out(trip, &problem);
                return Onward::Next;
            }
        };
        endpoints.retain(|endpoint| Some(endpoint.address) != trip.tried);
        let mut line = race::interleaved(endpoints);
        while !line.is_empty() {
            if self.over_one(&mut line, trip).await == Onward::Stop {
                return Onward::Stop;
            }
        }
        // Another host is no way around one that is busy with our own mail.
        if trip.is_held_up() { Onward::Stop } else { Onward::Next }
    }

    /// The next address of a host: one with a kept connection, else the first that answers.
    async fn over_one(&self, line: &mut VecDeque<Endpoint>, trip: &mut Trip) -> Onward {
        if !self.is_in_force() {
            trip.tally.abandon();
        }
        if trip.tally.is_done() {
            return Onward::Stop;
        }
        if trip.left == 0 {
            // Hosts that were not reached leave hope: the next attempt draws another order.
            let reason = "not all of the domain's hosts were tried this time";
            trip.tally.ruled_out(&Problem::temporary(EnhancedCode::new(4, 4, 1), reason));
            return Onward::Stop;
        }
        match self.unless_stopping(self.reached(line, trip)).await {
            Some(Some((endpoint, reached))) => self.at_host(&endpoint, reached, trip).await,
            Some(None) => {}
            None => trip.tally.abandon(),
        }
        if trip.tally.is_done() { Onward::Stop } else { Onward::Next }
    }

    /// What was awaited, or `None` when the relay stops first.
    async fn unless_stopping<T>(&self, awaited: impl Future<Output = T>) -> Option<T> {
        self.outbound.services.stopping.run_until_cancelled(awaited).await
    }

    fn means(&self) -> Means<'_> {
        let Services { config, tls, .. } = &*self.outbound.services;
        Means { config, tls, asker: &self.asker, departure: &self.way.departure, witness: &Nobody }
    }

    /// Whether the policies that this attempt asks are those in force. Under others no transaction
    /// begins, however long the attempt has waited for a place or a host: it is given back, and
    /// begins anew under the policies in force.
    fn is_in_force(&self) -> bool {
        self.outbound.services.live.current().generation() == self.bundle.generation()
    }

    fn key(&self, endpoint: &Endpoint) -> Key {
        Key {
            domain: self.lease.domain.clone(),
            endpoint: endpoint.clone(),
            way: Arc::clone(&self.way),
            row: Arc::clone(&self.row),
            generation: self.bundle.generation(),
            epoch: self.epoch,
        }
    }

    fn ruled_out(&self, trip: &mut Trip, problem: &Problem) {
        report::ruled_out(&self.asker, self.lease, &self.row, problem);
        trip.tally.ruled_out(problem);
    }

    /// Not there now; or, for good, ruled out.
    fn unreached(&self, trip: &mut Trip, problem: &Problem) {
        report::ruled_out(&self.asker, self.lease, &self.row, problem);
        if problem.is_permanent() {
            trip.tally.ruled_out(problem);
        } else {
            trip.unreached(problem);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
