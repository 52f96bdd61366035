//! The cipher hook: is what the client supports, or what was negotiated, good enough?

use std::sync::Arc;

use waxseal_plugins::decision::Outcome;
use waxseal_plugins::facts::{Client, Handshake, Hello, Host};
use waxseal_plugins::hooks;
use waxseal_plugins::verdicts::incoming::Cipher as Answer;
use waxseal_plugins::verdicts::outgoing::Cipher as HostAnswer;
use waxseal_plugins::verdicts::{EnhancedCode, Terms};

use super::ask::Asker;
use super::client::ClientPlan;
use super::denied::{self, Denied};
use super::server::{AtHello, ServerPlan};
use super::terms;
use crate::smtp::reply::Reply;

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
pub fn incoming(asker: &Asker, client: &Arc<Client>, hello: &Arc<Hello>, plan: ServerPlan) -> AtHello {
    let decision = asker.ask::<hooks::incoming::Cipher>("", client, hello);
    match decision.outcome() {
        Outcome::Verdict(Answer::Accept { identity, terms }) => {
            let terms = plan.terms.join(terms.clone());
            match terms.clash() {
                Some(clash) => AtHello::Refuse(clash.to_owned()),
                None => AtHello::Proceed(ServerPlan {
                    identity: identity.clone().or(plan.identity),
                    terms,
                    ..plan
                }),
            }
        }
        Outcome::Verdict(Answer::Refuse(said)) => AtHello::Refuse(said.text.clone()),
        Outcome::Failure(failure) => AtHello::Fail(failure.message.clone()),
    }
}

/// Asked again at MAIL FROM, for a row that is known only then, on the facts on record. The row's
/// terms and the verdict's hold on what was negotiated.
///
/// # Errors
///
/// The reply to MAIL.
pub fn incoming_at_mail(
    asker: &Asker,
    client: &Arc<Client>,
    hello: &Arc<Hello>,
    handshake: &Handshake,
) -> Result<(), Reply> {
    let decision = asker.ask::<hooks::incoming::Cipher>(&client.sender_domain, client, hello);
    match decision.outcome() {
        Outcome::Verdict(Answer::Accept { terms, .. }) => {
            let terms = Terms::of(&client.row).join(terms.clone());
            terms::negotiated(&terms, handshake).map_err(|unmet| unmet.for_client())
        }
        Outcome::Verdict(Answer::Refuse(said)) => Err(denied::reply(554, EnhancedCode::new(5, 7, 5), said)),
        Outcome::Failure(_) => Err(denied::failed(451, EnhancedCode::new(4, 3, 0))),
    }
}

/// The handshake is done: the terms of the plan hold on what was negotiated, and the hook is asked.
pub fn outgoing(asker: &Asker, host: &Arc<Host>, handshake: &Arc<Handshake>, plan: &ClientPlan) -> Outgoing {
    let decision = asker.ask::<hooks::outgoing::Cipher>(&host.domain, host, handshake);
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
