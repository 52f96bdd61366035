//! The mail hook: may this envelope cross this connection, as it is?
//!
//! Its yes is a value, [`Accepted`], that nothing else can make, and without which no MAIL command
//! is sent. So no path leads around the question: not the first try, a retry, a reused connection
//! or the fallback.

use std::sync::Arc;

use waxseal_plugins::facts::{Certificate, Handshake, Host, Mail};
use waxseal_plugins::hooks;
use waxseal_plugins::place::Place;
use waxseal_plugins::verdicts::Floor;

use super::problem::Problem;
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

/// The mail hook and the relay's own hold on the terms let one envelope cross one connection.
#[derive(Debug)]
pub(super) struct Accepted {
    /// Who decided it, for the log.
    place: Place,
}

impl Accepted {
    /// Who decided it.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// For tests of what comes after the question.
    #[cfg(test)]
    pub(super) fn for_test() -> Self {
        Self { place: Place::file("test") }
    }
}

impl Crossing {
    /// How TLS stands, for the log: what was reached.
    pub(super) fn reached(&self) -> &'static str {
        match &self.tls {
            None => "clear",
            Some(tls) if tls.certificate.verified => "verified",
            Some(_) => "encrypted",
        }
    }

    /// Asks the hook, and holds the row's terms and the floor.
    ///
    /// # Errors
    ///
    /// Why the envelope must not cross this connection.
    pub(super) fn ask(&self, asker: &Asker, mail: &Arc<Mail>) -> Result<Accepted, Problem> {
        let decision = asker.ask::<hooks::outgoing::Mail>(&self.host.domain, &self.host, mail);
        if let Some(problem) = Problem::of_mail(&decision) {
            return Err(problem.at(&self.host.name));
        }
        self.hold().map_err(|problem| problem.at(&self.host.name))?;
        Ok(Accepted { place: decision.answer.place })
    }

    /// The relay itself holds the terms and the floor, under any policy.
    fn hold(&self) -> Result<(), Problem> {
        let handshake = self.tls.as_ref().map(|tls| tls.handshake.as_ref());
        let certificate = self.tls.as_ref().map(|tls| tls.certificate.as_ref());
        terms::hold(&self.host.row, self.floor, handshake, certificate).map_err(|unmet| {
            let place = Place::file(self.host.row.place.as_str());
            Problem::deferred(&Denied { reply: unmet.for_host(), place })
        })
    }
}
