//! Trying a domain's hosts as outgoing mail would, up to but not including MAIL: by the code of
//! attempts, one address after the other. Nothing is sent.
//!
//! - `report`: what is found out
//! - `visit`: one address; `notes`: what is seen there
//! - `others`: what other policies would make of it

mod notes;
mod others;
mod report;
mod visit;

use std::sync::Arc;

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::facts::{Mail, Row};
use waxseal_plugins::table;

pub use self::report::{Decided, End, MadeFor, Other, Probed, Secured, Told, Visit};
use super::hosts::{Candidate, Directions, FoundBy};
use super::ourselves::{self, Ourselves};
use super::problem::Problem;
use super::race;
use super::route;
use super::trip::ADDRESSES;
use super::way::Way;
use crate::config::Config;
use crate::names::Names;
use crate::observe::{Observer, SessionId};
use crate::smtp::address::Mailbox;
use crate::tls::Tls;
use crate::tls::ask::Asker;

/// The size of an ordinary message, octets.
const ORDINARY: i64 = 20_000;

/// What a probe needs of a relay: no spool, and nothing that runs.
#[derive(Clone, Copy)]
pub struct Probe<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// Identities, roots, handshakes.
    pub tls: &'a Tls,
    /// The policies.
    pub bundle: &'a Arc<Bundle>,
    /// The resolver.
    pub names: &'a dyn Names,
}

/// What is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The recipients' domain, whose row holds: lower-case A-labels, or an address literal.
    pub domain: String,
    /// A host, as if a route led to it, in the place of the domain's own.
    pub host: Option<(String, u16)>,
    /// The reverse-path of the envelope that the mail hook is asked about; may be empty.
    pub sender: String,
}

/// What would be brought, and by which row.
struct Errand {
    domain: String,
    row: Arc<Row>,
    mail: Arc<Mail>,
    /// The way that filters chose.
    way: Arc<Way>,
}

/// Whether further hosts are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Onward {
    Next,
    Stop,
}

impl Probe<'_> {
    /// Tries all hosts of a target, and tells of each address.
    pub async fn run(&self, target: &Target, mut tell: impl FnMut(Told<'_>)) -> Probed {
        let mut errand = self.errand(target);
        let mut probed = Probed { domain: errand.domain.clone(), row: errand.row.clone(), visits: vec![] };
        let candidates = match self.candidates(target, &mut errand).await {
            Ok(candidates) => candidates,
            Err(problem) => {
                untried(Visit::of_nobody(&errand.domain, problem), &mut probed.visits, &mut tell);
                return probed;
            }
        };
        for candidate in &candidates {
            if self.over_addresses(&errand, candidate, &mut probed.visits, &mut tell).await == Onward::Stop {
                break;
            }
        }
        probed
    }

    async fn over_addresses(
        &self,
        errand: &Errand,
        candidate: &Candidate,
        visits: &mut Vec<Visit>,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Onward {
        let endpoints = match candidate.endpoints(self.names).await {
            Ok(endpoints) => endpoints,
            Err(problem) => {
                untried(Visit::of_candidate(candidate, problem), visits, tell);
                return Onward::Next;
            }
        };
        let ourselves = Ourselves::new(&self.config.listeners);
        if endpoints.iter().any(|endpoint| ourselves.is_at(endpoint)) {
            untried(Visit::of_candidate(candidate, ourselves::problem(&errand.domain)), visits, tell);
            return Onward::Stop;
        }
        for endpoint in race::interleaved(endpoints) {
            tell(Told::Begins(&Visit::of_endpoint(&endpoint)));
            let visit = visit::visit(*self, errand, &endpoint).await;
            tell(Told::Ends(&visit));
            visits.push(visit);
            // As an attempt, which tries no more.
            if visits.len() >= ADDRESSES {
                return Onward::Stop;
            }
        }
        Onward::Next
    }

    /// The hosts, by the way that filters choose, which the errand goes.
    async fn candidates(&self, target: &Target, errand: &mut Errand) -> Result<Vec<Candidate>, Problem> {
        if let Some((name, port)) = &target.host {
            return Ok(vec![Candidate { name: name.clone(), port: *port, found_by: FoundBy::Route }]);
        }
        let bundle = Arc::clone(self.bundle);
        let asker = Asker { bundle, observer: Observer::off(), session: SessionId::next() };
        errand.way = route::choose(&asker, self.config, (&errand.row, &errand.mail)).await?.way;
        if let Some(candidates) = errand.way.candidates() {
            return Ok(candidates);
        }
        let Config { routes, delivery, hostname, .. } = self.config;
        let directions = Directions { routes, port: delivery.port, ourselves: hostname };
        directions.hosts(&target.domain, self.names).await
    }

    fn errand(&self, target: &Target) -> Errand {
        let sender_domain = Mailbox::parse(&target.sender).ok().and_then(|mailbox| mailbox.lookup_domain());
        let mail = Mail {
            sender: target.sender.clone(),
            sender_domain: sender_domain.unwrap_or_default(),
            recipient_domain: target.domain.clone(),
            size: ORDINARY,
            attempts: 0,
            ..Mail::default()
        };
        let row = self.bundle.table().outgoing(&target.domain, table::today());
        Errand { domain: target.domain.clone(), row, mail: Arc::new(mail), way: Arc::default() }
    }
}

/// There is nothing to try.
fn untried(visit: Visit, visits: &mut Vec<Visit>, tell: &mut impl FnMut(Told<'_>)) {
    tell(Told::Begins(&visit));
    tell(Told::Ends(&visit));
    visits.push(visit);
}
