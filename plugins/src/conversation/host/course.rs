//! How a connection goes on after the host's EHLO reply: what the offer and start hooks answer.

use super::{Attempt, Demand};
use crate::conversation::problem::Problem;
use crate::conversation::{Situation, Switch};
use crate::decision::Outcome;
use crate::facts::Host;
use crate::hooks::outgoing;
use crate::verdicts::outgoing::{Offer, Start};
use crate::verdicts::{EnhancedCode, Floor, Terms};

/// How the connection goes on after the host's EHLO reply.
pub(super) enum Course {
    /// In clear, and why.
    Clear(&'static str),
    /// By STARTTLS, under these terms.
    StartTls(Terms),
}

impl Attempt<'_, '_> {
    /// The host's EHLO reply is read.
    pub(super) fn hear(&mut self) {
        let mut extensions = vec!["PIPELINING", "8BITMIME", "SIZE 52428800"];
        let offers_tls = self.met.situation != Situation::NoTls;
        extensions.extend(offers_tls.then_some("STARTTLS"));
        let extensions = extensions.into_iter().map(str::to_owned).collect();
        let host = Host { ehlo: self.host.name.clone(), extensions, offers_tls, ..self.host.clone() };
        self.host = self.told(host);
        let offers = if self.host.offers_tls { "offers" } else { "does not offer" };
        self.asking.happens(format!("{} {offers} STARTTLS", self.host.name));
    }

    /// Asks the offer and start hooks.
    pub(super) fn settle(&mut self) -> Result<Course, Problem> {
        if self.tls == Switch::Off {
            return Ok(Course::Clear("TLS is switched off here"));
        }
        let offer = self.ask_of_peer::<outgoing::Offer>();
        if let Some(problem) = Problem::of(&offer, EnhancedCode::new(4, 7, 4)) {
            return Err(problem);
        }
        match offer.outcome() {
            Outcome::Verdict(Offer::StartTls { floor }) => {
                let place = offer.filters.as_ref().map(|answer| answer.place.clone());
                self.floor = Demand { floor: *floor, place: place.filter(|_| *floor > Floor::None) };
            }
            _ if !self.host.offers_tls => return Ok(Course::Clear("the host does not offer TLS")),
            _ => return Ok(Course::Clear("the policy starts no TLS")),
        }
        if !self.host.offers_tls {
            return Ok(Course::Clear("the host does not offer TLS"));
        }
        let start = self.ask_of_peer::<outgoing::Start>();
        if let Some(problem) = Problem::of(&start, EnhancedCode::new(4, 7, 0)) {
            return Err(problem);
        }
        let Outcome::Verdict(Start::Accept { terms, .. }) = start.outcome() else {
            return Ok(Course::Clear("the policy starts no TLS"));
        };
        let terms = Terms::of(&self.host.row).join(terms.clone());
        match terms.clash() {
            Some(clash) => Err(Problem::clash(clash, &self.host.row)),
            None => Ok(Course::StartTls(terms)),
        }
    }
}
