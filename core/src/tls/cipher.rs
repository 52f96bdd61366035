//! The cipher hook: is what the client supports, or what was negotiated, good enough?

use std::sync::Arc;

use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::facts::{Client, Handshake, Hello, Host};
use waxseal_plugins::hooks;
use waxseal_plugins::verdicts::incoming::Cipher as Answer;
use waxseal_plugins::verdicts::outgoing::Cipher as HostAnswer;
use waxseal_plugins::verdicts::{EnhancedCode, Terms};

use super::ask::Asker;
use super::client::ClientPlan;
use super::denied::Denied;
use super::server::{AtHello, ServerPlan};
use super::terms;

/// What follows an outgoing handshake, at cipher and at certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Go on.
    Accept,
    /// Not this host, now; never in clear either.
    Defer(Denied),
    /// Not this host; never in clear either.
    Refuse(Denied),
}

/// The ClientHello is read. For [`Tls::accept`](super::Tls::accept)'s `at_hello`.
pub async fn incoming(asker: &Asker, client: &Arc<Client>, hello: &Arc<Hello>, plan: ServerPlan) -> AtHello {
    let decision = asker.ask::<hooks::incoming::Cipher>("", client, hello).await;
    match decision.outcome() {
        Outcome::Verdict(Answer::Accept { identity, terms }) => {
            let terms = plan.terms.join(terms.clone());
            match terms.clash() {
                Some(clash) => AtHello::Refuse(clash.to_owned()),
                None => AtHello::Proceed(ServerPlan {
                    identity: identity.clone().or(plan.identity),
                    terms,
                    filters: Box::new(plan.filters.join(of_filters(&decision))),
                    ..plan
                }),
            }
        }
        Outcome::Verdict(Answer::Refuse(said)) => AtHello::Refuse(said.text.clone()),
        Outcome::Failure(failure) => AtHello::Fail(failure.message.clone()),
    }
}

/// The handshake is done: the terms of the plan hold on what was negotiated, and the hook is asked.
pub async fn outgoing(
    asker: &Asker,
    host: &Arc<Host>,
    handshake: &Arc<Handshake>,
    plan: &ClientPlan,
) -> Outgoing {
    let decision = asker.ask::<hooks::outgoing::Cipher>(&host.domain, host, handshake).await;
    match decision.outcome() {
        Outcome::Verdict(HostAnswer::Accept) => match terms::negotiated(&plan.terms, handshake) {
            Ok(()) => Outgoing::Accept,
            Err(unmet) => Outgoing::Defer(Denied::by_row(&host.row, unmet.for_host())),
        },
        Outcome::Verdict(HostAnswer::Defer(said)) => {
            Outgoing::Defer(Denied::by(&decision, said, EnhancedCode::new(4, 7, 5)))
        }
        Outcome::Verdict(HostAnswer::Refuse(said)) => {
            Outgoing::Refuse(Denied::by(&decision, said, EnhancedCode::new(5, 7, 5)))
        }
        Outcome::Failure(_) => Outgoing::Defer(Denied::failed(&decision)),
    }
}

fn of_filters(decision: &Decision<Answer>) -> Terms {
    match decision.filters.as_ref().map(|answer| &answer.outcome) {
        Some(Outcome::Verdict(Answer::Accept { terms, .. })) => terms.clone(),
        _ => Terms::default(),
    }
}
