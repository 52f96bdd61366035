//! The mail hook: may this envelope cross this connection, as it is?
//!
//! Its yes is a value, [`Accepted`], that holds the session, that nothing else can make, and without
//! which no MAIL command is sent. So no path leads around the question: not the first try, a retry,
//! a reused connection or the fallback.

use std::sync::Arc;

use waxseal_plugins::facts::{Certificate, Handshake, Host, Mail};
use waxseal_plugins::hooks;
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::Floor;

use super::problem::Problem;
use super::session::Session;
use crate::observe::Protection;
use crate::tls::ask::Asker;
use crate::tls::denied::Denied;
use crate::tls::terms;

/// The connection that an envelope is about to cross.
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    /// The host, and the connection as it is.
    pub host: Arc<Host>,
    /// What the connection must come to.
    pub floor: Floor,
    /// What TLS came to; `None` in clear.
    pub tls: Option<Secured>,
}

/// What TLS came to on a connection.
#[derive(Clone, Debug)]
pub(super) struct Secured {
    /// What was negotiated.
    pub handshake: Arc<Handshake>,
    /// The judgement of the host's certificate.
    pub certificate: Arc<Certificate>,
}

/// A session that the mail hook, and the relay's own hold on the terms, let one envelope cross.
#[derive(Debug)]
pub(super) struct Accepted {
    session: Session,
    decided_by: Place,
}

impl Session {
    /// Asks whether an envelope may cross; each envelope needs its own yes.
    ///
    /// # Errors
    ///
    /// Why it must not. We have said goodbye to the host then.
    pub(super) async fn ask(self, asker: &Asker, mail: &Arc<Mail>) -> Result<Accepted, Problem> {
        match self.crossing.ask(asker, mail).await {
            Ok(decided_by) => Ok(Accepted { session: self, decided_by }),
            Err(problem) => {
                self.dialogue.quit().await;
                Err(problem)
            }
        }
    }
}

impl Accepted {
    /// The connection.
    pub(super) fn crossing(&self) -> &Crossing {
        &self.session.crossing
    }

    /// Who decided it.
    pub(super) fn decided_by(&self) -> &Place {
        &self.decided_by
    }

    /// Uses the yes up.
    pub(super) fn into_session(self) -> Session {
        self.session
    }

    /// For tests of what comes after the question.
    #[cfg(test)]
    pub(super) fn for_test(session: Session) -> Self {
        Self { session, decided_by: Place::file("test") }
    }
}

impl Crossing {
    /// How the connection is protected.
    pub(super) fn reached(&self) -> Protection {
        match &self.tls {
            None => Protection::Clear,
            Some(tls) if tls.certificate.verified => Protection::Verified,
            Some(_) => Protection::Encrypted,
        }
    }

    /// Asks the hook, and holds the row's terms and the floor. Gives who decided it.
    ///
    /// # Errors
    ///
    /// Why the envelope must not cross this connection.
    pub(super) async fn ask(&self, asker: &Asker, mail: &Arc<Mail>) -> Result<Place, Problem> {
        let decision = asker.ask::<hooks::outgoing::Mail>(&self.host.domain, &self.host, mail).await;
        if let Some(problem) = Problem::of_decision(&decision) {
            return Err(problem.at(&self.host.name));
        }
        self.hold().map_err(|problem| problem.at(&self.host.name))?;
        Ok(decision.answer.place)
    }

    /// The relay itself holds the terms and the floor, under any policy.
    fn hold(&self) -> Result<(), Problem> {
        let handshake = self.tls.as_ref().map(|tls| tls.handshake.as_ref());
        let certificate = self.tls.as_ref().map(|tls| tls.certificate.as_ref());
        terms::hold(&self.host.row, self.floor, handshake, certificate).map_err(|unmet| {
            let place = Place::file(self.host.row.place.as_str());
            Problem::deferred(&Denied { reply: unmet.for_host(), place, failure: None })
        })
    }
}
