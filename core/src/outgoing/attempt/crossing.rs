//! What an attempt does over a connection: as many transactions as the envelope takes.

use super::Attempt;
use super::dial::Reached;
use crate::outgoing::hosts::Endpoint;
use crate::outgoing::mail::Accepted;
use crate::outgoing::pool::Idle;
use crate::outgoing::report;
use crate::outgoing::schedule::Place;
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
        let Some(found) = idle.found() else {
            return self.put_back(idle);
        };
        trip.found = found;
        let endpoint = idle.endpoint().clone();
        if let Some((session, place)) = self.served(idle).await {
            trip.met();
            if self.again(&endpoint, session, place, trip).await == Crossed::Over {
                trip.tried = Some(endpoint.address);
            }
        }
    }

    /// One host: ready, then as many transactions as it takes. The relay's stop ends it before a
    /// transaction, never within one.
    pub(super) async fn at_host(&self, endpoint: &Endpoint, reached: Reached, trip: &mut Trip) {
        let (socket, place) = match reached {
            Reached::New(socket, place) => (socket, place),
            Reached::Kept(session, place) => {
                trip.met();
                if self.again(endpoint, *session, place, trip).await == Crossed::Over {
                    return;
                }
                match self.unless_stopping(self.dial(endpoint)).await {
                    Some(Ok(reached)) => reached,
                    Some(Err(miss)) => return self.note(miss, trip),
                    None => return trip.tally.abandon(),
                }
            }
        };
        match self.unless_stopping(self.ready(endpoint, socket, &place, trip)).await {
            Some(Some(accepted)) => {
                self.over_transactions(endpoint, (accepted, Usage::First), place, trip).await;
            }
            Some(None) => {}
            None => trip.tally.abandon(),
        }
    }

    /// Over a connection over which mail has gone before.
    async fn again(&self, endpoint: &Endpoint, session: Session, place: Place, trip: &mut Trip) -> Crossed {
        match self.unless_stopping(session.ask(&self.asker, &self.mail)).await {
            Some(Ok(accepted)) => {
                self.over_transactions(endpoint, (accepted, Usage::Again), place, trip).await
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

    /// The envelope crosses, a hundred recipients at a time. Each time the mail hook is asked.
    async fn over_transactions(
        &self,
        endpoint: &Endpoint,
        (mut accepted, mut usage): (Accepted, Usage),
        place: Place,
        trip: &mut Trip,
    ) -> Crossed {
        let recipients = trip.tally.pending();
        let mut groups = recipients.chunks(transaction::RECIPIENTS).peekable();
        while let Some(recipients) = groups.next() {
            if !self.is_in_force() {
                trip.tally.abandon();
                self.part(accepted.into_session(), place);
                return Crossed::Over;
            }
            let (session, after) = match self.transact(accepted, (recipients, usage), trip).await {
                Ok(done) => done,
                Err(session) => {
                    self.part(*session, place);
                    return Crossed::Over;
                }
            };
            self.tell_scheduler(after, &place, trip);
            match after {
                After::Reuse if groups.peek().is_some() => usage = Usage::Again,
                After::Reuse => {
                    self.keep(endpoint, session, place, trip);
                    return Crossed::Over;
                }
                After::Quit | After::Throttled => {
                    self.part(session, place);
                    return Crossed::Over;
                }
                After::WantsTls => {
                    let asked = Asked::of(endpoint.address, &endpoint.name, &self.row);
                    self.outbound.services.tls.outgoing_memory.forget(&asked);
                    self.part(session, place);
                    return Crossed::Over;
                }
                After::Drop => {
                    session.dialogue.close().await;
                    return Crossed::Over;
                }
                After::Stale => {
                    session.dialogue.close().await;
                    return Crossed::Stale;
                }
            }
            accepted = match session.ask(&self.asker, &self.mail).await {
                Ok(accepted) => accepted,
                Err(problem) => {
                    self.ruled_out(trip, &problem);
                    return Crossed::Over;
                }
            };
        }
        Crossed::Over
    }

    /// One transaction; the session alone where the spool does not give the message.
    async fn transact(
        &self,
        accepted: Accepted,
        (recipients, usage): (&[LeasedRecipient], Usage),
        trip: &mut Trip,
    ) -> Result<(Session, After), Box<Session>> {
        report::crosses(&self.asker.session, self.lease, &accepted);
        let crossing = accepted.crossing();
        trip.tally.crossing(&crossing.host.name, crossing.reached());
        match self.content().await {
            Ok(content) => {
                let letter = Letter { envelope: &self.lease.envelope, recipients, content, usage };
                Ok(transact(accepted, letter, &mut trip.tally).await)
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

    fn tell_scheduler(&self, after: After, place: &Place, trip: &mut Trip) {
        let (scheduler, domain) = (&self.outbound.scheduler, &self.lease.domain);
        let host = place.host();
        if after == After::Reuse && trip.tally.has_delivered() && scheduler.delivered(domain, host) {
            trip.shown = Shown::Revived;
        }
        if after == After::Throttled
            && let Some(wait) = scheduler.throttled(domain, host, place.began())
        {
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
        if let Miss::Unreached(problem) = &miss {
            report::ruled_out(&self.asker.session, self.lease, &self.row, problem);
        }
        trip.missed(miss);
    }
}
