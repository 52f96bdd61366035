//! Getting one host ready for one envelope: the hooks in their order, and the fallback.

use std::sync::Arc;

use tokio::net::TcpStream;
use waxseal_plugins::facts::{Host, Mail, Row};
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::verdicts::Floor;

use super::facts;
use super::fallback::{self, Next, Obstacle};
use super::grounds::{Course, Grounds};
use super::hosts::Endpoint;
use super::mail::{Accepted, Crossing};
use super::problem::Problem;
use super::report;
use super::session::{Greeted, Session, connect, depart, greet};
use super::starttls::{Hindrance, Means, start_tls};
use super::witness::Event;
use crate::tls::client::ClientPlan;
use crate::tls::failure::HandshakeFailure;
use crate::tls::memory::Asked;

/// What is to be brought to a host.
pub(super) struct Reach<'a> {
    /// What it needs of the relay.
    pub means: Means<'a>,
    /// The recipients' domain.
    pub domain: &'a str,
    /// Its row.
    pub row: &'a Arc<Row>,
    /// The envelope.
    pub mail: &'a Arc<Mail>,
}

impl Reach<'_> {
    /// Settles TLS with a host that has greeted us, and asks the mail hook.
    ///
    /// # Errors
    ///
    /// Why this host is ruled out; the connection is closed.
    pub(super) async fn reach(&self, endpoint: &Endpoint, greeted: Greeted) -> Result<Accepted, Problem> {
        let grounds = match Grounds::settle(self.means, Arc::new(greeted.host.clone())).await {
            Ok(grounds) => grounds,
            Err(problem) => return self.part(greeted, problem).await,
        };
        match grounds.course().clone() {
            Course::StartTls { plan, floor } => self.start(endpoint, greeted, (grounds, &plan), floor).await,
            // The next envelope is told anew how often handshakes have failed: it may be otherwise then.
            Course::Clear { why, floor } if is_avoided(&greeted.host) => {
                self.ask_mail(greeted.in_clear(why, floor)).await
            }
            Course::Clear { why, floor } => self.ask_mail(greeted.in_clear(why, floor).on(grounds)).await,
        }
    }

    /// Hears the greeting and the EHLO reply, over a connection that was just made.
    ///
    /// # Errors
    ///
    /// The host does not want us; the connection is closed.
    pub(super) async fn greet(&self, endpoint: &Endpoint, socket: TcpStream) -> Result<Greeted, Problem> {
        let recent = self.means.tls.outgoing_memory.recent_or_trial(&self.asked(endpoint));
        let host = facts::host(endpoint, self.domain, self.row, recent.failures);
        let Means { config, asker, departure, .. } = self.means;
        let teller = asker.teller(Direction::Outgoing);
        let ourselves = (departure.name(&config.hostname), &config.timeouts);
        greet(socket, endpoint, host, ourselves, teller).await
    }

    async fn redial(&self, endpoint: &Endpoint) -> Result<Greeted, Problem> {
        let socket = self.connect(endpoint).await?;
        self.greet(endpoint, socket).await
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// The host cannot be reached.
    pub(super) async fn connect(&self, endpoint: &Endpoint) -> Result<TcpStream, Problem> {
        let socket = depart(endpoint, self.means.departure)?;
        connect(socket, endpoint, &self.means.config.timeouts).await
    }

    /// Starts TLS as the hooks have said.
    async fn start(
        &self,
        endpoint: &Endpoint,
        greeted: Greeted,
        (grounds, plan): (Grounds, &ClientPlan),
        floor: Floor,
    ) -> Result<Accepted, Problem> {
        let host = greeted.host.clone();
        match start_tls(self.means, greeted, plan, floor).await {
            Ok(session) => {
                self.means.tls.outgoing_memory.forget(&self.asked(endpoint));
                report::handshake(self.means.asker, &session.crossing);
                self.ask_mail(session.on(grounds)).await
            }
            Err(Hindrance::Refused(greeted, reply)) => {
                self.after_refusal(*greeted, &format!("the host refused STARTTLS: {reply}"), floor).await
            }
            Err(Hindrance::Failed(failure)) => self.after_failure(endpoint, host, failure, floor).await,
            Err(Hindrance::Forbidden(problem)) => Err(problem),
        }
    }

    /// The same socket may go on in clear.
    async fn after_refusal(&self, greeted: Greeted, why: &str, floor: Floor) -> Result<Accepted, Problem> {
        self.means.witness.sees(Event::Refused(why));
        match fallback::after(Obstacle::Refused(why), floor) {
            Next::AskThenGoOn => self.fall_back(greeted.in_clear(why, floor)).await,
            // After a refusal nothing asks for a new connection; were it so, mail would wait.
            Next::AskThenRedial => self.part(greeted, fallback::refused(why)).await,
            Next::RuleOut(problem) => self.part(greeted, problem).await,
        }
    }

    /// A new connection to the same address may go in clear: the hook is asked before it is made,
    /// and again on it.
    async fn after_failure(
        &self,
        endpoint: &Endpoint,
        host: Host,
        failure: HandshakeFailure,
        floor: Floor,
    ) -> Result<Accepted, Problem> {
        self.means.witness.sees(Event::Failed(&failure));
        let why = failure.to_string();
        if failure.kind.is_of_the_wire() {
            self.means.tls.outgoing_memory.failed(&self.asked(endpoint), &why);
        }
        report::failed_handshake(self.means.asker, failure.kind);
        match fallback::after(Obstacle::Handshake(&failure), floor) {
            Next::AskThenRedial => {}
            Next::AskThenGoOn => return Err(fallback::failed(&failure).at(&endpoint.name)),
            Next::RuleOut(problem) => return Err(problem.at(&endpoint.name)),
        }
        let crossing = Crossing { host: Arc::new(facts::in_clear(host, &why)), floor, tls: None };
        crossing.ask(self.means.asker, self.mail).await?;
        let greeted = self.redial(endpoint).await?;
        self.fall_back(greeted.in_clear(&why, floor)).await
    }

    /// In clear, after TLS was wanted: counted, since operators should see how often it happens.
    async fn fall_back(&self, session: Session) -> Result<Accepted, Problem> {
        let accepted = self.ask_mail(session).await?;
        self.means.asker.observer.metrics().clear_fallback();
        Ok(accepted)
    }

    async fn ask_mail(&self, session: Session) -> Result<Accepted, Problem> {
        session.ask(self.means.asker, self.mail).await
    }

    async fn part(&self, greeted: Greeted, problem: Problem) -> Result<Accepted, Problem> {
        greeted.dialogue.quit().await;
        Err(problem.at(&greeted.host.name))
    }

    fn asked(&self, endpoint: &Endpoint) -> Asked {
        Asked::of(endpoint.address, &endpoint.name, self.row)
    }
}

/// Whether clear text may be owed to handshakes that have failed.
fn is_avoided(host: &Host) -> bool {
    host.offers_tls && host.recent_failures > 0
}

#[cfg(test)]
mod tests;
