//! The cipher hook: is what the client supports, or what was negotiated, good enough?

use std::sync::Arc;

use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::facts::{Client, Handshake, Hello, Host};
use waxseal_plugins::hooks;
use waxseal_plugins::verdicts::incoming::Cipher as Answer;
use waxseal_plugins::verdicts::outgoing::Cipher as HostAnswer;
use waxseal_plugins::verdicts::{EnhancedCode, Passage, Terms};

use super::ask::Asker;
use super::client::ClientPlan;
use super::denied::Denied;
use super::server::{AtHello, ServerPlan};
use super::terms;

/// What was negotiated will not do: RFC 3463, X.7.5.
const UNACCEPTABLE: EnhancedCode = EnhancedCode::new(5, 7, 5);

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

/// What the hook says at MAIL FROM.
#[derive(Clone, Debug)]
pub enum AtMail {
    /// Go on; the roots among the terms hold when the chain is judged.
    Accept(Terms),
    /// The mail may not pass.
    Deny(Decision<Passage>),
}

/// Asked again at MAIL FROM, for a row that is known only then, on the facts on record. The
/// verdict's terms hold on what was negotiated; the row's are held by
/// [`terms::hold`].
pub async fn incoming_at_mail(
    asker: &Asker,
    client: &Arc<Client>,
    hello: &Arc<Hello>,
    handshake: &Handshake,
) -> AtMail {
    let decision = asker.ask::<hooks::incoming::Cipher>(&client.sender_domain, client, hello).await;
    if let Some(denial) = decision.against_mail(UNACCEPTABLE) {
        return AtMail::Deny(denial);
    }
    let terms = match decision.outcome() {
        Outcome::Verdict(Answer::Accept { terms, .. }) => terms.clone(),
        _ => Terms::default(),
    };
    match terms::negotiated(&terms, handshake) {
        Ok(()) => AtMail::Accept(terms),
        Err(unmet) => AtMail::Deny(decision.refusing_mail(unmet.for_mail())),
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
