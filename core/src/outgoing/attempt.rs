//! One attempt: one message, the recipients of one domain, over the domain's hosts in their order.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Mail, Row};
use waxseal_plugins::table;
use waxseal_plugins::verdicts::EnhancedCode;

use super::Outbound;
use super::facts;
use super::hosts::{Candidate, Directions, Endpoint};
use super::limits::Place;
use super::mail::Accepted;
use super::outcome::Tally;
use super::panics::{Panicked, unpanicking};
use super::pool::Key;
use super::problem::Problem;
use super::reach::Reach;
use super::report;
use super::session::Session;
use super::settle::{settle, settle_unattempted};
use super::starttls::Means;
use super::transaction::{self, After, Letter, transact};
use crate::observe::SessionId;
use crate::spool::{Lease, Purpose};
use crate::tls::ask::Asker;

/// The most addresses that one attempt tries. RFC 5321 section 5.1 asks for at least two.
const ADDRESSES: usize = 12;

/// How long an attempt may take in all, whatever its hosts do: a message of 50 MiB still crosses a
/// slow line.
const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

/// Delivers a lease as far as it goes now, and settles it.
pub(super) async fn run(outbound: Arc<Outbound>, lease: Lease) {
    if lease.purpose != Purpose::Deliver {
        return settle_unattempted(&outbound, &lease).await;
    }
    let bundle = outbound.services.live.current();
    let epoch = outbound.services.tls.epoch();
    let row = bundle.table().outgoing(&lease.domain, table::today());
    let mail = Arc::new(facts::mail(&lease));
    let observer = outbound.services.observer.clone();
    let asker = Asker { bundle: Arc::clone(&bundle), observer, session: SessionId::next() };
    let mut tally = Tally::new(&lease.recipients);
    let attempt = Attempt { outbound: &outbound, lease: &lease, bundle, row, mail, asker, epoch };
    match unpanicking(timeout(DEADLINE, attempt.over_hosts(&mut tally))).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => tally.at_fault(EnhancedCode::new(4, 4, 7), "the attempt took too long"),
        Err(Panicked) => {
            tracing::error!(id = %lease.envelope.id, domain = %lease.domain, "an attempt panicked: a defect of Waxseal; its mail is tried again");
            tally.at_fault(EnhancedCode::new(4, 3, 0), "the relay failed in the middle of the attempt");
        }
    }
    settle(&outbound, &lease, &attempt.asker, &attempt.row, tally).await;
}

struct Attempt<'a> {
    outbound: &'a Outbound,
    lease: &'a Lease,
    bundle: Arc<Bundle>,
    row: Arc<Row>,
    mail: Arc<Mail>,
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
    async fn over_hosts(&self, tally: &mut Tally) {
        let config = &self.outbound.services.config;
        let directions =
            Directions { routes: &config.routes, port: config.delivery.port, ourselves: &config.hostname };
        let looking = directions.hosts(&self.lease.domain, self.outbound.names.as_ref());
        let candidates = match self.unless_stopping(looking).await {
            Some(Ok(candidates)) => candidates,
            Some(Err(problem)) => return self.ruled_out(tally, &problem),
            None => return tally.abandon(),
        };
        let mut left = ADDRESSES;
        for candidate in &candidates {
            if self.over_addresses(candidate, &mut left, tally).await == Onward::Stop {
                return;
            }
        }
    }

    async fn over_addresses(&self, candidate: &Candidate, left: &mut usize, tally: &mut Tally) -> Onward {
        let looking = candidate.endpoints(self.outbound.names.as_ref());
        let endpoints = match self.unless_stopping(looking).await {
            Some(Ok(endpoints)) => endpoints,
            Some(Err(problem)) => {
                self.ruled_out(tally, &problem);
                return Onward::Next;
            }
            None => {
                tally.abandon();
                return Onward::Stop;
            }
        };
        for endpoint in endpoints {
            if !self.is_in_force() {
                tally.abandon();
            }
            if tally.is_done() {
                return Onward::Stop;
            }
            if *left == 0 {
                // Hosts that were not reached leave hope: the next attempt draws another order.
                let reason = "not all of the domain's hosts were tried this time";
                tally.ruled_out(&Problem::temporary(EnhancedCode::new(4, 4, 1), reason));
                return Onward::Stop;
            }
            *left -= 1;
            if self.at_host(&endpoint, tally).await == Onward::Stop {
                return Onward::Stop;
            }
        }
        Onward::Next
    }

    /// One host: ready, then as many transactions as it takes. The relay's stop ends it before a
    /// transaction, never within one.
    async fn at_host(&self, endpoint: &Endpoint, tally: &mut Tally) -> Onward {
        match self.unless_stopping(self.ready(endpoint)).await {
            Some(Ok((accepted, place))) => self.over_transactions(endpoint, accepted, place, tally).await,
            Some(Err(problem)) => self.ruled_out(tally, &problem.at(&endpoint.name)),
            None => tally.abandon(),
        }
        if tally.is_done() { Onward::Stop } else { Onward::Next }
    }

    /// A kept connection, or a new one; the mail hook has let the envelope cross it.
    async fn ready(&self, endpoint: &Endpoint) -> Result<(Accepted, Place), Problem> {
        if let Some((session, place)) = self.kept(endpoint).await {
            return Ok((session.ask(&self.asker, &self.mail).await?, place));
        }
        let place = self.place(endpoint).await?;
        let (means, domain) = (self.means(), &self.lease.domain);
        let reach = Reach { means, domain, row: &self.row, mail: &self.mail };
        Ok((reach.reach(endpoint).await?, place))
    }

    /// A kept connection that this domain may use, and that still answers; RSET finds out (RFC 5321
    /// section 4.1.1.5).
    async fn kept(&self, endpoint: &Endpoint) -> Option<(Session, Place)> {
        let key = self.key(endpoint);
        let (mut session, place) = match self.outbound.pool.take(&key)?.serve(self.means(), &key).await {
            Ok(served) => served,
            Err(idle) => {
                self.outbound.pool.put_back(*idle);
                return None;
            }
        };
        match session.dialogue.ask("RSET").await {
            Ok(reply) if reply.is_success() => Some((session, place)),
            _ => {
                session.dialogue.close().await;
                None
            }
        }
    }

    /// What was awaited, or `None` when the relay stops first.
    async fn unless_stopping<T>(&self, awaited: impl Future<Output = T>) -> Option<T> {
        self.outbound.services.stopping.run_until_cancelled(awaited).await
    }

    fn means(&self) -> Means<'_> {
        let services = &self.outbound.services;
        Means { config: &services.config, tls: &services.tls, asker: &self.asker }
    }

    async fn place(&self, endpoint: &Endpoint) -> Result<Place, Problem> {
        let address = endpoint.address.ip();
        if let Some(place) = self.outbound.limits.try_enter(address) {
            return Ok(place);
        }
        if let Some(idle) = self.outbound.pool.evict(address) {
            idle.quit().await;
        }
        let place = self.outbound.limits.enter(address).await;
        place.ok_or_else(|| Problem::temporary(EnhancedCode::new(4, 3, 2), "the relay is stopping"))
    }

    /// The envelope crosses, a hundred recipients at a time. Each time the mail hook is asked.
    async fn over_transactions(
        &self,
        endpoint: &Endpoint,
        mut accepted: Accepted,
        place: Place,
        tally: &mut Tally,
    ) {
        let recipients = tally.pending();
        let mut groups = recipients.chunks(transaction::RECIPIENTS).peekable();
        while let Some(recipients) = groups.next() {
            if !self.is_in_force() {
                tally.abandon();
                return accepted.into_session().dialogue.quit().await;
            }
            report::crosses(&self.asker.session, self.lease, &accepted);
            let crossing = accepted.crossing();
            tally.crossing(&crossing.host.name, crossing.reached());
            let body = match self.outbound.services.spool.open_body(&self.lease.body).await {
                Ok(body) => body,
                Err(error) => {
                    transaction::unreadable(tally, &error);
                    return accepted.into_session().dialogue.quit().await;
                }
            };
            let letter = Letter { envelope: &self.lease.envelope, recipients, body };
            let (session, after) = transact(accepted, letter, tally).await;
            match after {
                After::Reuse if groups.peek().is_none() => return self.keep(endpoint, session, place).await,
                After::Reuse => {}
                After::Quit => return session.dialogue.quit().await,
                After::Drop => return session.dialogue.close().await,
            }
            accepted = match session.ask(&self.asker, &self.mail).await {
                Ok(accepted) => accepted,
                Err(problem) => return self.ruled_out(tally, &problem),
            };
        }
    }

    /// Keeps the connection for a moment. After a swap of the bundle nothing could fit its key.
    /// Clear text after TLS was wanted is for this envelope only: whoever disturbs one handshake
    /// must not have all the mail that follows in clear.
    async fn keep(&self, endpoint: &Endpoint, session: Session, place: Place) {
        let stopping = self.outbound.services.stopping.is_cancelled();
        if stopping || session.grounds.is_none() || !self.is_in_force() {
            return session.dialogue.quit().await;
        }
        if let Some(idle) = self.outbound.pool.keep(self.key(endpoint), session, place) {
            idle.quit().await;
        }
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
            row: Arc::clone(&self.row),
            generation: self.bundle.generation(),
            epoch: self.epoch,
        }
    }

    fn ruled_out(&self, tally: &mut Tally, problem: &Problem) {
        report::ruled_out(&self.asker.session, self.lease, &self.row, problem);
        tally.ruled_out(problem);
    }
}

#[cfg(test)]
mod tests;
