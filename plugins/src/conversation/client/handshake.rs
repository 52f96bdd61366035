//! A client's STARTTLS: start, the handshake with cipher at the ClientHello, certificate after it.

use std::sync::Arc;

use super::{Plan, Record, Session, Stop};
use crate::conversation::negotiation::{Abilities, negotiate};
use crate::conversation::{Listener, Presented};
use crate::decision::Outcome;
use crate::facts::{Client, Handshake, Hello, canonical};
use crate::failure::{FailureKind, HandshakeFailure};
use crate::hooks::incoming;
use crate::place::Place;
use crate::verdicts::incoming::{Certificate as OfCertificate, Cipher, Start};
use crate::verdicts::{ClientCertificate, EnhancedCode, Reply, Terms};

impl Session<'_, '_> {
    pub(super) fn start(&mut self) -> Result<(), Stop> {
        let decision = self.ask::<incoming::Start>();
        let (asked, terms) = match decision.outcome() {
            Outcome::Verdict(Start::Accept { client_certificate, terms, .. }) => {
                (*client_certificate, Terms::of(&self.row).join(terms.clone()))
            }
            _ => return self.without_tls(decision.reason(), &decision.answer.place),
        };
        if let Some(clash) = terms.clash() {
            return self.without_tls(clash, &Place::written(&self.row.place));
        }
        let filters = match decision.filters.map(|answer| answer.outcome) {
            Some(Outcome::Verdict(Start::Accept { terms, .. })) => terms,
            _ => Terms::default(),
        };
        let wanted = self.asking.bundle.wants_client_certificates();
        let least = if wanted { ClientCertificate::Request } else { ClientCertificate::None };
        self.handshake(&Plan { client_certificate: asked.max(least), terms, filters })
    }

    /// `454` to STARTTLS (RFC 3207 section 4): the client goes on in clear. Where TLS is implicit
    /// there is nothing to go on with.
    fn without_tls(&mut self, why: &str, place: &Place) -> Result<(), Stop> {
        if self.reception.listener == Listener::Implicit {
            return Err(Stop::Ended(self.closed(why.to_owned(), Some(place.clone()))));
        }
        self.asking.happens("454 4.7.0 to STARTTLS: the client goes on in clear");
        Ok(())
    }

    fn handshake(&mut self, plan: &Plan) -> Result<(), Stop> {
        let hello = Arc::new(self.hello());
        let (whom, client) = (self.client.address.clone(), Arc::new(self.client.clone()));
        let decision = self.asking.ask::<incoming::Cipher>(&whom, &client, &hello);
        let place = Some(decision.answer.place.clone());
        let failed =
            |kind, detail: &str, place| Err(Stop::Failed(HandshakeFailure::new(kind, detail), place));
        let terms = match decision.outcome() {
            Outcome::Verdict(Cipher::Accept { terms, .. }) => plan.terms.clone().join(terms.clone()),
            Outcome::Verdict(Cipher::Refuse(said)) => {
                return failed(FailureKind::RefusedByPolicy, &said.text, place);
            }
            Outcome::Failure(why) => return failed(FailureKind::PolicyFailed, &why.message, place),
        };
        if let Some(clash) = terms.clash() {
            return failed(FailureKind::RefusedByPolicy, clash, place);
        }
        let of_filters = match decision.filters.map(|answer| answer.outcome) {
            Some(Outcome::Verdict(Cipher::Accept { terms, .. })) => terms,
            _ => Terms::default(),
        };
        let filters = plan.filters.clone().join(of_filters);
        let handshake = self.negotiate(&terms, &hello).map_err(|failure| Stop::Failed(failure, None))?;
        self.secured(plan, Record { hello, handshake, presented: Presented::None, terms, filters })
    }

    fn negotiate(&self, terms: &Terms, hello: &Hello) -> Result<Handshake, HandshakeFailure> {
        if let Some(failure) = self.reception.client.situation.failure() {
            return Err(failure);
        }
        if !hello.library_refusal.is_empty() {
            return Err(HandshakeFailure::new(FailureKind::NoVersion, hello.library_refusal.clone()));
        }
        let (suites, groups) = (Some(&*hello.suites), Some(&*hello.groups));
        let made = negotiate(terms, &Abilities { highest: hello.highest_version, suites, groups })?;
        Ok(self.reception.client.facts.apply(made))
    }

    /// The session inside TLS: nothing that the client said before is in it (RFC 3207 section 4.2).
    fn secured(&mut self, plan: &Plan, mut record: Record) -> Result<(), Stop> {
        if plan.client_certificate > ClientCertificate::None {
            record.presented = self.reception.client.presented();
        }
        let made = &record.handshake;
        self.asking.happens(format!("handshake: TLS {}, {}, {}", made.version, made.suite, made.group));
        let client = Client {
            ehlo: String::new(),
            encrypted: true,
            version: made.version,
            suite: made.suite.clone(),
            group: made.group.clone(),
            resumed: made.resumed,
            server_name: record.hello.server_name.clone(),
            tls_failure: String::new(),
            recent_failures: 0,
            own_certificate: Arc::new(canonical::valid_certificate()),
            ..self.client.clone()
        };
        self.client = self.told(client);
        let certificate = Arc::new(self.judge(&self.client, record.presented));
        let (whom, client) = (self.client.address.clone(), Arc::new(self.client.clone()));
        let decision = self.asking.ask::<incoming::Certificate>(&whom, &client, &certificate);
        let usual = EnhancedCode::new(5, 7, 5);
        match decision.outcome() {
            Outcome::Verdict(OfCertificate::Refuse(said)) => {
                return Err(Stop::Ended(self.turned_away(said, usual, &decision.answer.place)));
            }
            Outcome::Failure(_) => self.failed = Some(decision.answer.place),
            Outcome::Verdict(OfCertificate::Accept)
                if plan.client_certificate == ClientCertificate::Require && !certificate.presented =>
            {
                let said = Reply::text("a client certificate is required, but none was presented");
                return Err(Stop::Ended(self.turned_away(&said, usual, &decision.answer.place)));
            }
            Outcome::Verdict(OfCertificate::Accept) => {}
        }
        self.tls = Some(record);
        self.introduce()
    }
}
