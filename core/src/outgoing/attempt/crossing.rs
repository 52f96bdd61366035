//! What an attempt does over a connection: as many transactions as the envelope takes.

use tokio::net::TcpStream;
use tokio::time::Instant;
use waxseal_plugins::hooks::Direction;

use super::Attempt;
use super::dial::Reached;
use crate::observe::trace::What;
use crate::outgoing::hosts::Endpoint;
use crate::outgoing::mail::Accepted;
use crate::outgoing::pool::Idle;
use crate::outgoing::report;
use crate::outgoing::route::Concerns;
use crate::outgoing::schedule::{Complaint, Place};
use crate::outgoing::session::Session;
use crate::outgoing::transaction::{self, After, Content, Letter, Usage, transact};
use crate::outgoing::trip::{Miss, Shown, Trip};
use crate::spool::{LeasedRecipient, SpoolError};
use crate::tls::memory::Asked;

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crossed {
    /// It was used as far as it goes.
    Over,
    /// The host had closed it before it heard of this envelope.
    Stale,
}

impl Attempt<'_> {
    /// Over the connection of the envelope before, without looking anything up.
    pub(super) async fn carry_on(&self, idle: Idle, trip: &mut Trip) {
        let Some(found) = idle.found().filter(|_| idle.goes(&self.way)) else {
            return self.put_back(idle);
        };
        let endpoint = idle.endpoint().clone();
        if let Some(reached) = self.served(idle).await {
            (trip.found, trip.tried) = (found, Some(endpoint.address));
            self.at_host(&endpoint, reached, trip).await;
        }
    }

    /// One host: ready, then as many transactions as it takes, over a further connection where it has
    /// closed one between two of them. The relay's stop ends it before a transaction, never within one.
    pub(super) async fn at_host(&self, endpoint: &Endpoint, mut reached: Reached, trip: &mut Trip) {
        let recipients = trip.tally.pending();
        let mut rest = recipients.as_slice();
        // A new connection brings one transaction at least to its end, so this ends, too.
        loop {
            let crossed = match reached {
                Reached::New(socket, place) => self.anew(endpoint, (socket, place), &mut rest, trip).await,
                Reached::Kept(session, place, usage) => {
                    trip.met();
                    self.again(endpoint, (*session, usage), place, &mut rest, trip).await
                }
            };
            if crossed == Crossed::Over {
                return;
            }
            reached = match self.unless_stopping(self.dial(endpoint)).await {
                Some(Ok((socket, place))) => Reached::New(socket, place),
                Some(Err(miss)) => return self.note(miss, trip),
                None => return trip.tally.abandon(),
            };
        }
    }

    /// Over a connection that was just made.
    async fn anew(
        &self,
        endpoint: &Endpoint,
        (socket, place): (TcpStream, Place),
        rest: &mut &[LeasedRecipient],
        trip: &mut Trip,
    ) -> Crossed {
        match self.unless_stopping(self.ready(endpoint, socket, &place, trip)).await {
            Some(Some(accepted)) => {
                self.over_transactions(endpoint, (accepted, Usage::First), place, rest, trip).await
            }
            Some(None) => Crossed::Over,
            None => {
                trip.tally.abandon();
                Crossed::Over
            }
        }
    }

    /// Over a connection over which mail has gone before.
    async fn again(
        &self,
        endpoint: &Endpoint,
        (session, usage): (Session, Usage),
        place: Place,
        rest: &mut &[LeasedRecipient],
        trip: &mut Trip,
    ) -> Crossed {
        match self.unless_stopping(session.ask(&self.asker, &self.mail)).await {
            Some(Ok(accepted)) => {
                self.over_transactions(endpoint, (accepted, usage), place, rest, trip).await
            }
            Some(Err(problem)) => {
                self.ruled_out(trip, &problem);
                Crossed::Over
            }
            None => {
                trip.tally.abandon();
                Crossed::Over
            }
        }
    }

    /// The envelope crosses, a hundred recipients at a time. Each time the mail hook is asked. Of the
    /// rest is taken who was told of to the host.
    async fn over_transactions(
        &self,
        endpoint: &Endpoint,
        (mut accepted, mut usage): (Accepted, Usage),
        place: Place,
        rest: &mut &[LeasedRecipient],
        trip: &mut Trip,
    ) -> Crossed {
        loop {
            if !self.is_in_force() {
                trip.tally.abandon();
                self.part(accepted.into_session(), place);
                return Crossed::Over;
            }
            let (group, others) = rest.split_at(rest.len().min(transaction::RECIPIENTS));
            let began = Instant::now();
            let (mut session, after) = match self.transact(accepted, (group, usage), trip).await {
                Ok(done) => done,
                Err(session) => {
                    self.part(*session, place);
                    return Crossed::Over;
                }
            };
            self.tell_scheduler(after, (&place, began), trip);
            if after == After::Stale {
                session.dialogue.close().await;
                return Crossed::Stale;
            }
            *rest = others;
            if after != After::Reuse || others.is_empty() {
                self.leave(endpoint, (session, after), place, trip).await;
                return Crossed::Over;
            }
            if !session.dialogue.is_quiet() {
                session.dialogue.close().await;
                return Crossed::Stale;
            }
            accepted = match session.ask(&self.asker, &self.mail).await {
                Ok(accepted) => accepted,
                Err(problem) => {
                    self.ruled_out(trip, &problem);
                    return Crossed::Over;
                }
            };
            usage = Usage::Again;
        }
    }

    /// What becomes of a connection once all who were to cross it have.
    async fn leave(
        &self,
        endpoint: &Endpoint,
        (session, after): (Session, After),
        place: Place,
        trip: &mut Trip,
    ) {
        match after {
            After::Reuse => self.keep(endpoint, session, place, trip),
            After::WantsTls => {
                let asked = Asked::of(endpoint.address, &endpoint.name, &self.row);
                self.outbound.services.tls.outgoing_memory.forget(&asked);
                self.part(session, place);
            }
            After::Quit | After::Throttled | After::Closing => self.part(session, place),
            After::Drop | After::Stale => session.dialogue.close().await,
        }
    }

    /// One transaction; the session alone where the spool does not give the message.
    async fn transact(
        &self,
        accepted: Accepted,
        (recipients, usage): (&[LeasedRecipient], Usage),
        trip: &mut Trip,
    ) -> Result<(Session, After), Box<Session>> {
        report::crosses(&self.asker, self.lease, &accepted);
        let crossing = accepted.crossing();
        trip.tally.crossing(&crossing.host, crossing.reached());
        match self.content().await {
            Ok(content) => {
                let letter = Letter { envelope: &self.lease.envelope, recipients, content, usage };
                self.asker.step(Direction::Outgoing, || What::Transaction {
                    sender: self.lease.envelope.sender.clone(),
                    recipients: Some(recipients.len()),
                });
                let (session, after) = transact(accepted, letter, &mut trip.tally).await;
                self.asker.step(Direction::Outgoing, || What::TransactionEnded {
                    outcome: after.word().to_owned(),
                });
                Ok((session, after))
            }
            Err(error) => {
                transaction::unreadable(&mut trip.tally, &error);
                Err(Box::new(accepted.into_session()))
            }
        }
    }

    async fn content(&self) -> Result<Content, SpoolError> {
        let body = self.outbound.services.spool.open_body(&self.lease.body).await?;
        Content::open(body, self.lease.envelope.size).await
    }

    /// What a host shows of itself by one way says nothing of the domain's mail that goes another.
    fn tell_scheduler(&self, after: After, (place, began): (&Place, Instant), trip: &mut Trip) {
        let (scheduler, domain) = (&self.outbound.scheduler, &self.lease.domain);
        let host = place.host();
        let complaint = match after {
            After::Throttled => Complaint::Slower,
            After::Closing => Complaint::Closes,
            After::Reuse if trip.tally.has_delivered() => {
                if scheduler.delivered(domain, host) {
                    trip.shown = Shown::Revived;
                }
                return;
            }
            _ => return,
        };
        if trip.concerns == Concerns::Message {
            return scheduler.slows_down(host, began);
        }
        if let Some(wait) = scheduler.throttled(domain, host, complaint, began) {
            trip.shown = Shown::Throttled(wait);
        }
    }

    /// Keeps the connection for the next envelope. After a swap of the bundle nothing could fit its
    /// key. Clear text after TLS was wanted is for this envelope only: whoever disturbs one handshake
    /// must not have all the mail that follows in clear.
    fn keep(&self, endpoint: &Endpoint, session: Session, place: Place, trip: &mut Trip) {
        let stopping = self.outbound.services.stopping.is_cancelled();
        if stopping || session.grounds.is_none() || !self.is_in_force() {
            return self.part(session, place);
        }
        trip.kept = Some(Idle::new(self.key(endpoint), session, place, trip.found));
    }

    /// Says goodbye, and waits for nobody meanwhile.
    fn part(&self, session: Session, place: Place) {
        self.outbound.services.tasks.spawn(async move {
            session.dialogue.quit().await;
            drop(place);
        });
    }

    fn put_back(&self, idle: Idle) {
        if let Some(idle) = self.outbound.pool.keep(idle) {
            self.outbound.services.tasks.spawn(idle.quit());
        }
    }

    fn note(&self, miss: Miss, trip: &mut Trip) {
        if let Miss::Unreached(problem) | Miss::Grounded(problem) = &miss {
            report::ruled_out(&self.asker, self.lease, &self.row, problem);
        }
        trip.missed(miss);
    }
}
