//! The start hook: the handshake is about to begin.

use std::sync::Arc;

use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::facts::{Client, Host, Nothing, Row};
use waxseal_plugins::hooks;
use waxseal_plugins::verdicts::incoming::Start as Answer;
use waxseal_plugins::verdicts::outgoing::Start as HostAnswer;
use waxseal_plugins::verdicts::{ClientCertificate, EnhancedCode, Reply as Said, Terms};

use super::ask::Asker;
use super::client::ClientPlan;
use super::denied::{self, Denied};
use super::server::ServerPlan;
use crate::smtp::reply::Reply;

/// `454 4.7.0 TLS not available due to temporary reason`, RFC 3207 section 4.
const UNAVAILABLE: EnhancedCode = EnhancedCode::new(4, 7, 0);

/// What follows at an incoming start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// `220`, then the handshake.
    Go(ServerPlan),
    /// This is the reply to STARTTLS; an implicit-TLS connection is closed without a word. A
    /// policy that failed comes here too.
    Refuse(Reply),
}

/// What follows at an outgoing start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Send STARTTLS, then make the handshake.
    Go(ClientPlan),
    /// Stay in clear after all: the mail hook decides.
    StayClear,
    /// Not this host, now.
    Defer(Denied),
    /// Not this host.
    Refuse(Denied),
}

/// STARTTLS is read, or an implicit-TLS connection opens.
pub async fn incoming(asker: &Asker, client: &Arc<Client>) -> Incoming {
    let decision = asker.ask::<hooks::incoming::Start>("", client, &Arc::new(Nothing {})).await;
    match decision.outcome() {
        Outcome::Verdict(Answer::Accept { identity, client_certificate, terms }) => {
            let terms = Terms::of(&client.row).join(terms.clone());
            if let Some(clash) = terms.clash() {
                return Incoming::Refuse(denied::reply(454, UNAVAILABLE, &Said::text(clash)));
            }
            let asked = if asker.bundle.wants_client_certificates() {
                ClientCertificate::Request
            } else {
                ClientCertificate::None
            };
            Incoming::Go(ServerPlan {
                identity: chosen(identity.as_ref(), &client.row),
                client_certificate: asked.max(*client_certificate),
                terms,
                filters: Box::new(of_filters(&decision)),
                generation: asker.bundle.generation(),
            })
        }
        Outcome::Verdict(Answer::Refuse(said)) => Incoming::Refuse(denied::reply(454, UNAVAILABLE, said)),
        Outcome::Failure(_) => Incoming::Refuse(denied::failed(454, UNAVAILABLE)),
    }
}

/// STARTTLS is about to be sent.
pub async fn outgoing(asker: &Asker, host: &Arc<Host>) -> Outgoing {
    let decision = asker.ask::<hooks::outgoing::Start>(&host.domain, host, &Arc::new(Nothing {})).await;
    match decision.outcome() {
        Outcome::Verdict(HostAnswer::Accept { server_name, identity, terms }) => {
            let terms = Terms::of(&host.row).join(terms.clone());
            if let Some(clash) = terms.clash() {
                let reply = Said::new(EnhancedCode::new(4, 7, 5), clash);
                return Outgoing::Defer(Denied::by_row(&host.row, reply));
            }
            Outgoing::Go(ClientPlan {
                server_name: server_name.clone().unwrap_or_else(|| host.name.clone()),
                identity: chosen(identity.as_ref(), &host.row),
                terms,
                generation: asker.bundle.generation(),
            })
        }
        Outcome::Verdict(HostAnswer::StayClear) => Outgoing::StayClear,
        Outcome::Verdict(HostAnswer::Defer(said)) => {
            Outgoing::Defer(Denied::by(&decision, said, EnhancedCode::new(4, 7, 0)))
        }
        Outcome::Verdict(HostAnswer::Refuse(said)) => {
            Outgoing::Refuse(Denied::by(&decision, said, EnhancedCode::new(5, 7, 0)))
        }
        Outcome::Failure(_) => Outgoing::Defer(Denied::failed(&decision)),
    }
}

/// Our identity: the policy's, else the row's.
fn chosen(identity: Option<&String>, row: &Row) -> Option<String> {
    identity.or((!row.identity.is_empty()).then_some(&row.identity)).cloned()
}

fn of_filters(decision: &Decision<Answer>) -> Terms {
    match decision.filters.as_ref().map(|answer| &answer.outcome) {
        Some(Outcome::Verdict(Answer::Accept { terms, .. })) => terms.clone(),
        _ => Terms::default(),
    }
}
