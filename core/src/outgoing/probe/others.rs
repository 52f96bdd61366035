//! What other policies would make of a host: their hooks are asked on what was found there.

use std::sync::Arc;

use waxseal_plugins::facts::{Host, Row};
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::verdicts::{Floor, Terms};

use super::super::facts;
use super::super::fallback::{self, Next, Obstacle};
use super::super::grounds::{Course, Grounds};
use super::super::hosts::Endpoint;
use super::super::mail::{Crossing, Secured};
use super::super::problem::Problem;
use super::super::reach::Reach;
use super::super::starttls::{self, Hindrance, Means};
use super::super::witness::{Event, Nobody, Witness as _};
use super::notes::{Made, Notes, Seen};
use super::report::{End, Other};
use super::{Errand, Probe};
use crate::observe::{Observer, SessionId};
use crate::tls::ask::Asker;
use crate::tls::client::ClientPlan;

/// Asks each policy that is not the row's, as if the row named it.
pub(super) async fn ask(probe: Probe<'_>, errand: &Errand, host: &Host, seen: &Seen) -> Vec<Other> {
    let asker = asker(probe);
    let means = Means {
        config: probe.config,
        tls: probe.tls,
        asker: &asker,
        departure: &errand.way.departure,
        witness: &Nobody,
    };
    let mut others = vec![];
    for policy in policies(probe, errand) {
        let mut asks = vec![];
        let end = would(means, errand, (under(policy, errand, host), seen), &mut asks).await;
        others.push(Other { policy: policy.to_owned(), end, asks });
    }
    others
}

/// Makes a handshake as the first of the other policies would that starts TLS, over a connection of
/// its own. Where none would there is nothing to see.
pub(super) async fn look(probe: Probe<'_>, errand: &Errand, endpoint: &Endpoint, host: &Host) -> Seen {
    let (asker, notes) = (asker(probe), Notes::default());
    let means = Means {
        config: probe.config,
        tls: probe.tls,
        asker: &asker,
        departure: &errand.way.departure,
        witness: &notes,
    };
    for policy in policies(probe, errand) {
        let host = under(policy, errand, host);
        let Ok(grounds) = Grounds::settle(means, Arc::new(host.clone())).await else { continue };
        let Course::StartTls { plan, floor } = grounds.course() else { continue };
        let reach = Reach { means, domain: &errand.domain, row: &host.row, mail: &errand.mail };
        // What stands in the way is noted; a host that is gone by now shows nothing.
        let Ok(socket) = reach.connect(endpoint).await else { break };
        let Ok(greeted) = reach.greet(endpoint, socket).await else { break };
        match starttls::start_tls(means, greeted, plan, *floor).await {
            Ok(session) => session.dialogue.quit().await,
            Err(Hindrance::Refused(greeted, reply)) => {
                notes.sees(Event::Refused(&format!("the host refused STARTTLS: {reply}")));
                greeted.dialogue.quit().await;
            }
            Err(Hindrance::Failed(failure)) => notes.sees(Event::Failed(&failure)),
            Err(Hindrance::Forbidden(_)) => {}
        }
        break;
    }
    notes.into_seen()
}

/// All but the row's own, by name.
fn policies<'a>(probe: Probe<'a>, errand: &'a Errand) -> impl Iterator<Item = &'a str> {
    let names = probe.bundle.policies(Direction::Outgoing).map(|(name, _)| name);
    names.filter(|name| *name != errand.row.policy)
}

/// The host after its EHLO reply in clear, to mail whose row names this policy.
fn under(policy: &str, errand: &Errand, host: &Host) -> Host {
    let row = Row { policy: policy.to_owned(), ..Row::clone(&errand.row) };
    facts::for_domain(host, &errand.domain, &Arc::new(row))
}

/// What would become of mail: the way of an attempt, on what is known already.
async fn would(
    means: Means<'_>,
    errand: &Errand,
    (host, seen): (Host, &Seen),
    asks: &mut Vec<String>,
) -> End {
    match brought(means, errand, (host, seen), asks).await {
        Ok(Some(end)) => end,
        Ok(None) => End::Unknown,
        Err(problem) => End::of_problem(problem),
    }
}

/// `None` where nobody knows, since TLS was not tried.
async fn brought(
    means: Means<'_>,
    errand: &Errand,
    (host, seen): (Host, &Seen),
    asks: &mut Vec<String>,
) -> Result<Option<End>, Problem> {
    let grounds = Grounds::settle(means, Arc::new(host.clone())).await?;
    let (plan, floor) = match grounds.course() {
        Course::Clear { why, floor } => return in_clear(means, errand, host, (why, *floor)).await.map(Some),
        Course::StartTls { plan, floor } => (plan, *floor),
    };
    *asks = seen.plan.as_ref().map(|made| differences(plan, made)).unwrap_or_default();
    let obstacle = match (&seen.failure, &seen.refusal, &seen.made) {
        (Some(failure), ..) => Obstacle::Handshake(failure),
        (None, Some(why), _) => Obstacle::Refused(why),
        (None, None, Some(made)) => {
            return encrypted(means, errand, host, (made, plan, floor)).await.map(Some);
        }
        (None, None, None) => return Ok(None),
    };
    match fallback::after(obstacle, floor) {
        Next::RuleOut(problem) => Err(problem),
        Next::AskThenGoOn | Next::AskThenRedial => {
            let why = seen.failure().unwrap_or_default();
            in_clear(means, errand, host, (&why, floor)).await.map(Some)
        }
    }
}

async fn in_clear(
    means: Means<'_>,
    errand: &Errand,
    host: Host,
    (why, floor): (&str, Floor),
) -> Result<End, Problem> {
    let crossing = Crossing { host: Arc::new(facts::in_clear(host, why)), floor, tls: None };
    cross(means, errand, crossing).await
}

/// The chain is judged anew: the policy may have chosen other roots.
async fn encrypted(
    means: Means<'_>,
    errand: &Errand,
    host: Host,
    (made, plan, floor): (&Made, &ClientPlan, Floor),
) -> Result<End, Problem> {
    let host = Arc::new(facts::encrypted(host, &made.handshake));
    let certificate = starttls::judge(means.tls, &host, (&made.chain, made.possession), plan);
    let tls = Secured { certificate: Arc::new(certificate), handshake: Arc::new(made.handshake.clone()) };
    starttls::ask(means.asker, &host, &tls, plan).await?;
    cross(means, errand, Crossing { host, floor, tls: Some(tls) }).await
}

async fn cross(means: Means<'_>, errand: &Errand, crossing: Crossing) -> Result<End, Problem> {
    let decided_by = crossing.ask(means.asker, &errand.mail).await?;
    Ok(End::sent(crossing.reached(), decided_by.to_string()))
}

/// What this plan asks of a handshake that the one which was made was not asked. Roots are no part of
/// it: the chain is the same.
fn differences(plan: &ClientPlan, made: &ClientPlan) -> Vec<String> {
    let Terms { min_version, suites, groups, .. } = &plan.terms;
    let of_made = &made.terms;
    let named = |names: Vec<&str>| names.join(", ");
    let mut asks = vec![];
    if *min_version != of_made.min_version {
        asks.push(format!("TLS {min_version} or later"));
    }
    if let Some(suites) = suites.as_ref().filter(|_| *suites != of_made.suites) {
        asks.push(format!("one of the suites {}", named(suites.iter().map(|suite| suite.name()).collect())));
    }
    if let Some(groups) = groups.as_ref().filter(|_| *groups != of_made.groups) {
        asks.push(format!("one of the groups {}", named(groups.iter().map(|group| group.name()).collect())));
    }
    if plan.server_name != made.server_name {
        asks.push(format!("the name {}", plan.server_name));
    }
    if plan.identity != made.identity {
        asks.push(match &plan.identity {
            Some(identity) => format!("our identity {identity}"),
            None => "no certificate of ours".to_owned(),
        });
    }
    asks
}

fn asker(probe: Probe<'_>) -> Asker {
    Asker { bundle: Arc::clone(probe.bundle), observer: Observer::off(), session: SessionId::next() }
}
