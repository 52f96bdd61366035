//! How an attempt comes to a connection: a kept one, or the first address that answers.

use std::collections::VecDeque;
use std::time::Instant;

use tokio::net::TcpStream;
use waxseal_plugins::hooks::Direction;

use super::Attempt;
use crate::observe::trace::What;
use crate::outgoing::hosts::Endpoint;
use crate::outgoing::mail::Accepted;
use crate::outgoing::pool::Idle;
use crate::outgoing::problem::Problem;
use crate::outgoing::race;
use crate::outgoing::reach::Reach;
use crate::outgoing::report;
use crate::outgoing::schedule::{NoPlace, Place};
use crate::outgoing::session::{Session, connect, depart};
use crate::outgoing::transaction::Usage;
use crate::outgoing::trip::{Miss, Trip};

/// A connection to an address.
pub(super) enum Reached {
    /// Over which mail has gone before.
    Kept(Box<Session>, Place, Usage),
    /// That was just made.
    New(TcpStream, Place),
}

impl Attempt<'_> {
    /// A connection to one of the addresses in line. Those that fail are noted; `None` if all did.
    pub(super) async fn reached(
        &self,
        line: &mut VecDeque<Endpoint>,
        trip: &mut Trip,
    ) -> Option<(Endpoint, Reached)> {
        for at in 0..line.len() {
            let kept = match line.get(at) {
                Some(endpoint) => self.kept(endpoint).await,
                None => None,
            };
            let Some(kept) = kept else { continue };
            return line.remove(at).map(|endpoint| (endpoint, kept));
        }
        let beyond = line.split_off(trip.left.min(line.len()));
        let left = &mut trip.left;
        let mut misses = vec![];
        let dial = |endpoint: Endpoint| -> race::Connecting<'_, _, _> {
            *left = left.saturating_sub(1);
            Box::pin(async move { self.dial(&endpoint).await })
        };
        let first = race::first(line, dial, |_, miss| misses.push(miss)).await;
        line.extend(beyond);
        for miss in misses {
            if let Miss::Unreached(problem) | Miss::Grounded(problem) = &miss {
                report::ruled_out(&self.asker, self.lease, &self.row, problem);
            }
            trip.missed(miss);
        }
        let (endpoint, (socket, place)) = first?;
        self.outbound.scheduler.won(&self.lease.domain, endpoint.address);
        Some((endpoint, Reached::New(socket, place)))
    }

    /// A new connection to an address.
    pub(super) async fn dial(&self, endpoint: &Endpoint) -> Result<(TcpStream, Place), Miss> {
        let socket = depart(endpoint, &self.way.departure).map_err(Miss::Grounded)?;
        let place = self.place(endpoint).await?;
        let began = Instant::now();
        let connected = connect(socket, endpoint, &self.outbound.services.config.timeouts).await;
        self.tell_of_dial(endpoint, connected.as_ref().err(), began);
        match connected {
            Ok(socket) => {
                self.count("new");
                Ok((socket, place))
            }
            Err(problem) => {
                self.count("failed");
                self.outbound.scheduler.unreached(endpoint.address, place.began(), problem.status());
                Err(Miss::Unreached(problem))
            }
        }
    }

    /// Greets a host over a new connection, settles TLS, and asks the mail hook. `None` where the host
    /// is ruled out, which is noted.
    pub(super) async fn ready(
        &self,
        endpoint: &Endpoint,
        socket: TcpStream,
        place: &Place,
        trip: &mut Trip,
    ) -> Option<Accepted> {
        let (means, domain) = (self.means(), &self.lease.domain);
        let reach = Reach { means, domain, row: &self.row, mail: &self.mail };
        let scheduler = &self.outbound.scheduler;
        let greeted = match reach.greet(endpoint, socket).await {
            Ok(greeted) => greeted,
            Err(problem) => {
                let problem = problem.at(&endpoint.name);
                if !problem.is_permanent() {
                    scheduler.unreached(endpoint.address, place.began(), problem.status());
                }
                self.unreached(trip, &problem);
                return None;
            }
        };
        trip.met();
        scheduler.greeted(endpoint.address);
        match reach.reach(endpoint, greeted).await {
            Ok(accepted) => Some(accepted),
            Err(problem) => {
                self.ruled_out(trip, &problem.at(&endpoint.name));
                None
            }
        }
    }

    /// A kept connection that this domain may use, and that still answers.
    async fn kept(&self, endpoint: &Endpoint) -> Option<Reached> {
        let idle = self.outbound.pool.take(&self.key(endpoint))?;
        self.served(idle).await
    }

    /// The connection, if it is good for this domain.
    pub(super) async fn served(&self, mut idle: Idle) -> Option<Reached> {
        let usage = idle.usage();
        if !idle.is_good().await {
            idle.close().await;
            return None;
        }
        let key = self.key(idle.endpoint());
        match idle.serve(self.means(), &key).await {
            Ok((mut session, place)) => {
                self.outbound.scheduler.won(&self.lease.domain, place.host());
                session.dialogue.is_of(self.asker.teller(Direction::Outgoing));
                self.asker.step(Direction::Outgoing, || What::Reused {
                    host: key.endpoint.name.clone(),
                    address: key.endpoint.address,
                });
                self.count("reused");
                Some(Reached::Kept(Box::new(session), place, usage))
            }
            Err(idle) => {
                self.outbound.pool.put_back(*idle);
                None
            }
        }
    }

    /// A place at an address, for which a kept connection gives way.
    async fn place(&self, endpoint: &Endpoint) -> Result<Place, Miss> {
        let address = endpoint.address;
        let make_room = || {
            if let Some(idle) = self.outbound.pool.evict(address) {
                // Its place is free once it is gone; what it says at the end is nobody's concern.
                self.outbound.services.tasks.spawn(idle.quit());
            }
        };
        let place = self.outbound.scheduler.enter(&self.lease.domain, address, make_room).await;
        place.map_err(|none| match none {
            NoPlace::Busy => Miss::Busy,
            NoPlace::LeftAlone(until, why) => Miss::LeftAlone(until, why),
        })
    }

    fn tell_of_dial(&self, endpoint: &Endpoint, problem: Option<&Problem>, began: Instant) {
        self.asker.step(Direction::Outgoing, || {
            let problem = problem.map(|problem| problem.status().reason.clone());
            What::dialed(&endpoint.name, endpoint.address, (began.elapsed(), problem))
        });
    }

    fn count(&self, result: &'static str) {
        self.outbound.services.observer.metrics().connection(result);
    }
}
