//! Mail that we send, at one host: the hooks in their order, and the fallback.

mod course;

use std::sync::Arc;

use serde_json::Value;

use course::Course;

use super::asking::Asking;
use super::delivery::Delivery;
use super::judgement::{Expected, judge};
use super::negotiation::{Abilities, negotiate};
use super::problem::Problem;
use super::{Met, Overrides, Situation, Switch};
use crate::decision::Decision;
use crate::facts::{Certificate, Facts, Handshake, Host, Mail, Nothing, Row};
use crate::failure::HandshakeFailure;
use crate::hooks::{Hook, outgoing};
use crate::names;
use crate::place::Place;
use crate::terms::{self, Unmet};
use crate::verdicts::outgoing::Way;
use crate::verdicts::{EnhancedCode, Floor, Terms};

/// What a host that refuses STARTTLS says (RFC 3207 section 4).
const REFUSED: &str = "the host refused STARTTLS: 454 4.7.0 TLS not available due to temporary reason";

/// Facts that say something of an encrypted connection only.
const OF_TLS: [&str; 4] = ["version", "suite", "group", "resumed"];

/// An attempt at one host.
pub(super) struct Attempt<'a, 'b> {
    asking: &'a mut Asking<'b>,
    met: &'a Met,
    tls: Switch,
    facts: Overrides,
    host: Host,
    mail: &'a Arc<Mail>,
    floor: Demand,
}

/// A floor, and the filter that demands it.
#[derive(Clone, Debug, Default)]
struct Demand {
    floor: Floor,
    place: Option<Place>,
}

/// The mail crosses.
pub(super) struct Crossed {
    pub(super) encrypted: bool,
    pub(super) verified: bool,
    pub(super) decided_by: Place,
}

/// What TLS came to.
struct Secured {
    handshake: Arc<Handshake>,
    certificate: Arc<Certificate>,
}

impl<'a, 'b> Attempt<'a, 'b> {
    pub(super) fn new(
        asking: &'a mut Asking<'b>,
        delivery: &'a Delivery,
        met: &'a Met,
        (row, mail): (&Arc<Row>, &'a Arc<Mail>),
        (way, number): (&Way, usize),
    ) -> Self {
        let facts = delivery.facts.clone().and(&met.facts);
        let hop = way.to.as_ref().and_then(|hops| hops.get(number)).map(String::as_str);
        let host = routed(unheard(&delivery.domain, row, number), hop);
        let (tls, floor) = (delivery.tls, Demand::default());
        let mut attempt = Self { asking, met, tls, facts, host, mail, floor };
        attempt.host = attempt.told(attempt.host.clone());
        attempt
    }

    /// The host's name.
    pub(super) fn name(&self) -> &str {
        &self.host.name
    }

    /// What was found out about the host.
    pub(super) fn into_host(self) -> Host {
        self.host
    }

    /// Brings the mail to the host.
    ///
    /// # Errors
    ///
    /// Why the host is ruled out.
    pub(super) fn run(&mut self) -> Result<Crossed, Problem> {
        if self.met.situation == Situation::Unreachable {
            let problem = Problem::unreached(&self.host.name);
            self.asking.happens(problem.text.clone());
            return Err(problem);
        }
        self.hear();
        match self.settle()? {
            Course::Clear(why) => self.ask_mail_in_clear(why),
            Course::StartTls(terms) => self.start_tls(&terms),
        }
    }

    fn start_tls(&mut self, terms: &Terms) -> Result<Crossed, Problem> {
        if self.met.situation == Situation::StartTlsRefused {
            return self.after_refusal();
        }
        match self.handshake(terms) {
            Ok(handshake) => self.secured(terms, handshake),
            Err(failure) => self.after_failure(&failure),
        }
    }

    fn handshake(&self, terms: &Terms) -> Result<Handshake, HandshakeFailure> {
        if let Some(failure) = self.met.situation.failure() {
            return Err(failure);
        }
        let text = |fact: &str| self.negotiable(fact).and_then(Value::as_str).map(str::to_owned);
        let highest = text("version").and_then(|version| version.parse().ok());
        let (suite, group) = (text("suite"), text("group"));
        let peer = Abilities {
            highest: highest.unwrap_or_else(|| self.met.situation.highest()),
            suites: suite.as_ref().map(std::slice::from_ref),
            groups: group.as_ref().map(std::slice::from_ref),
        };
        let made = negotiate(terms, &peer)?;
        let resumed = self.negotiable("resumed").and_then(Value::as_bool).unwrap_or(made.resumed);
        Ok(self.facts.apply(Handshake { resumed, ..made }))
    }

    /// What a handshake fact is overridden with, as one of the handshake or of the host.
    fn negotiable(&self, fact: &str) -> Option<&Value> {
        self.facts.value(Handshake::WORD, fact).or_else(|| self.facts.value(Host::WORD, fact))
    }

    /// The handshake is done: cipher and certificate are asked before any SMTP octet crosses it.
    fn secured(&mut self, terms: &Terms, made: Handshake) -> Result<Crossed, Problem> {
        self.asking.happens(format!("handshake: TLS {}, {}, {}", made.version, made.suite, made.group));
        let host = Host {
            encrypted: true,
            version: made.version,
            suite: made.suite.clone(),
            group: made.group.clone(),
            resumed: made.resumed,
            tls_failure: String::new(),
            ..self.host.clone()
        };
        self.host = self.told(host);
        let (name, host) = (self.host.name.clone(), Arc::new(self.host.clone()));
        let handshake = Arc::new(made);
        let cipher = self.asking.ask::<outgoing::Cipher>(&name, &host, &handshake);
        if let Some(problem) = Problem::of(&cipher, EnhancedCode::new(4, 7, 5)) {
            return Err(problem);
        }
        terms::negotiated(terms, &handshake).map_err(|unmet| self.by_row(&unmet))?;
        let expected = Expected { peer: &name, names: names::host_names(&host), row: &host.row };
        let certificate = Arc::new(judge(self.met.presented(), expected, &self.facts));
        let answer = self.asking.ask::<outgoing::Certificate>(&name, &host, &certificate);
        if let Some(problem) = Problem::of(&answer, EnhancedCode::new(4, 7, 5)) {
            return Err(problem);
        }
        self.ask_mail(Some(&Secured { handshake, certificate }))
    }

    /// The host refuses STARTTLS: the same socket may go on in clear, above no floor.
    fn after_refusal(&mut self) -> Result<Crossed, Problem> {
        self.asking.happens(REFUSED);
        if self.floor.floor > Floor::None {
            return Err(Problem::refused_starttls(REFUSED, self.floor.place.clone()));
        }
        self.ask_mail_in_clear(REFUSED)
    }

    /// The handshake fails: a new connection to the same address may go in clear. The hook is asked
    /// before it is made, and again on it. What we did ourselves never leads to clear.
    fn after_failure(&mut self, failure: &HandshakeFailure) -> Result<Crossed, Problem> {
        let why = failure.to_string();
        self.asking.happens(why.clone());
        if self.floor.floor > Floor::None || !failure.kind.is_of_the_wire() {
            return Err(Problem::failed(failure, self.floor.place.clone()));
        }
        self.ask_mail_in_clear(&why)?;
        self.asking.happens("a new connection to the same host, in clear");
        let again = Host { recent_failures: self.host.recent_failures + 1, ..self.host.clone() };
        self.host = self.told(again);
        self.ask_mail_in_clear(&why)
    }

    fn ask_mail_in_clear(&mut self, why: &str) -> Result<Crossed, Problem> {
        let host = Host { encrypted: false, tls_failure: why.to_owned(), ..self.host.clone() };
        self.host = self.told(host);
        self.ask_mail(None)
    }

    /// Asks the mail hook, and holds the row's terms and the floor.
    fn ask_mail(&mut self, tls: Option<&Secured>) -> Result<Crossed, Problem> {
        let (name, host) = (self.host.name.clone(), Arc::new(self.host.clone()));
        let decision = self.asking.ask::<outgoing::Mail>(&name, &host, self.mail);
        if let Some(problem) = Problem::of(&decision, EnhancedCode::new(4, 7, 0)) {
            return Err(problem);
        }
        let certificate = tls.map(|tls| &*tls.certificate);
        self.hold(tls.map(|tls| &*tls.handshake), certificate)?;
        Ok(Crossed {
            encrypted: tls.is_some(),
            verified: certificate.is_some_and(|certificate| certificate.verified),
            decided_by: decision.answer.place,
        })
    }

    /// The row's terms first: they are the relay's own words; a floor is a filter's.
    fn hold(&self, handshake: Option<&Handshake>, certificate: Option<&Certificate>) -> Result<(), Problem> {
        let row = &self.host.row;
        terms::hold(row, Floor::None, handshake, certificate).map_err(|unmet| self.by_row(&unmet))?;
        terms::hold(row, self.floor.floor, handshake, certificate).map_err(|unmet| {
            let place = self.floor.place.clone();
            Problem::held(&unmet, place.unwrap_or_else(|| Place::written(&row.place)))
        })
    }

    fn by_row(&self, unmet: &Unmet) -> Problem {
        Problem::held(unmet, Place::written(&self.host.row.place))
    }

    /// Asks a hook that is told of the host alone.
    fn ask_of_peer<H: Hook<Peer = Host, Subject = Nothing>>(&mut self) -> Decision<H::Verdict> {
        let (name, host) = (self.host.name.clone(), Arc::new(self.host.clone()));
        self.asking.ask::<H>(&name, &host, &Arc::new(Nothing {}))
    }

    /// The facts with what differs put in.
    fn told(&self, host: Host) -> Host {
        let encrypted = host.encrypted;
        self.facts.apply_but(
            host,
            |fact| {
                if encrypted { fact == "tls_failure" } else { OF_TLS.contains(&fact) }
            },
        )
    }
}

/// A host that a filter has sent the mail to.
fn routed(host: Host, hop: Option<&str>) -> Host {
    let Some(hop) = hop else { return host };
    let port = |text: &str| text.parse::<u16>().ok();
    let (name, port) = match hop.rsplit_once(':').map(|(name, written)| (name, port(written))) {
        Some((name, Some(port))) if name.ends_with(']') || !name.contains(':') => (name, port.into()),
        _ => (hop, host.port),
    };
    let name = name.trim_matches(['[', ']']).to_ascii_lowercase();
    Host { name, port, found_by: "route".to_owned(), ..host }
}

/// A host before anything was heard of it.
fn unheard(domain: &str, row: &Arc<Row>, number: usize) -> Host {
    let name = if number == 0 { format!("mx.{domain}") } else { format!("mx{}.{domain}", number + 1) };
    Host {
        name,
        address: format!("198.51.100.{}", number + 7),
        port: 25,
        domain: domain.to_owned(),
        found_by: "mx".to_owned(),
        row: Arc::clone(row),
        dane: "unknown".to_owned(),
        mta_sts: "unknown".to_owned(),
        ..Host::default()
    }
}
