//! One address: what mail would meet there.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use tokio::sync::broadcast::Receiver;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::decider::Decider;
use waxseal_plugins::facts::{Certificate, Host};
use waxseal_plugins::hooks::Direction;

use super::super::hosts::Endpoint;
use super::super::mail::Accepted;
use super::super::problem::Problem;
use super::super::reach::Reach;
use super::super::starttls::{self, Means};
use super::notes::{Notes, Seen};
use super::report::{Decided, End, MadeFor, Secured, Visit};
use super::{Errand, Probe, others};
use crate::observe::{Observer, Record, SessionId};
use crate::tls::Tls;
use crate::tls::ask::Asker;
use crate::tls::judgement;

/// Tries it, and says goodbye before any MAIL.
pub(super) async fn visit(probe: Probe<'_>, errand: &Errand, endpoint: &Endpoint) -> Visit {
    let (notes, observer) = (Notes::default(), Observer::off());
    let decisions = observer.subscribe();
    let asker = Asker { bundle: Arc::clone(probe.bundle), observer, session: SessionId::next() };
    let means = Means {
        config: probe.config,
        tls: probe.tls,
        asker: &asker,
        departure: &errand.way.departure,
        witness: &notes,
    };
    let reach = Reach { means, domain: &errand.domain, row: &errand.row, mail: &errand.mail };
    let mut facts = None;
    let end = match bring(&reach, endpoint, &mut facts).await {
        Ok(accepted) => {
            let end = End::of_accepted(&accepted);
            accepted.into_session().dialogue.quit().await;
            end
        }
        Err(problem) => End::of_problem(problem),
    };
    let decisions = all(decisions).iter().map(|record| decided(probe.bundle, record)).collect();
    let visit = Visit { decisions, end, ..Visit::of_endpoint(endpoint) };
    match facts {
        None => visit,
        Some(host) => beyond(probe, errand, endpoint, (host, notes.into_seen()), visit).await,
    }
}

/// As an attempt does; `facts` are what the hooks are told once the host has greeted us.
async fn bring(
    reach: &Reach<'_>,
    endpoint: &Endpoint,
    facts: &mut Option<Host>,
) -> Result<Accepted, Problem> {
    let socket = reach.connect(endpoint).await?;
    let greeted = reach.greet(endpoint, socket).await?;
    *facts = Some(greeted.host.clone());
    reach.reach(endpoint, greeted).await
}

/// What there is to say beyond what mail would do: the certificate, and other policies. Where mail
/// would not try TLS that is offered, a look is taken.
async fn beyond(
    probe: Probe<'_>,
    errand: &Errand,
    endpoint: &Endpoint,
    (host, seen): (Host, Seen),
    visit: Visit,
) -> Visit {
    let (made_for, seen) = if host.offers_tls && seen.plan.is_none() {
        (MadeFor::Look, others::look(probe, errand, endpoint, &host).await)
    } else {
        (MadeFor::Mail, seen)
    };
    Visit {
        tls: secured(probe.tls, &host, &seen, made_for),
        tls_failure: seen.failure(),
        others: others::ask(probe, errand, &host, &seen).await,
        facts: Some(host),
        ..visit
    }
}

fn secured(tls: &Tls, host: &Host, seen: &Seen, made_for: MadeFor) -> Option<Secured> {
    let (plan, made) = (seen.plan.as_ref()?, seen.made.as_ref()?);
    Some(Secured {
        made_for,
        server_name: plan.server_name.clone(),
        identity: plan.identity.clone(),
        handshake: made.handshake.clone(),
        certificate: starttls::judge(tls, host, (&made.chain, made.possession), plan),
        chain: chain(&made.chain),
    })
}

fn chain(chain: &[CertificateDer<'_>]) -> Vec<Certificate> {
    judgement::chain(chain, jiff::Timestamp::now())
}

/// What was recorded. Nobody else records there, and less than a subscriber may miss.
fn all(mut decisions: Receiver<Arc<Record>>) -> Vec<Arc<Record>> {
    std::iter::from_fn(|| decisions.try_recv().ok()).collect()
}

fn decided(bundle: &Bundle, record: &Record) -> Decided {
    let Record { hook, verdict, reason, decided_by, .. } = record;
    let policies = bundle.policies(Direction::Outgoing).map(|(_, policy)| policy);
    let silent =
        |decider: &Decider| **decider.path() == **decided_by && !decider.has(Direction::Outgoing, *hook);
    Decided {
        hook: *hook,
        verdict,
        reason: reason.clone(),
        decided_by: decided_by.clone(),
        left_out: policies.chain(bundle.filters()).any(silent),
    }
}
