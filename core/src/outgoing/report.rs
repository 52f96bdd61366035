//! What the program's log and the metrics say of attempts: a line for each, with what was asked of
//! TLS and what was reached, as in `tls=require:encrypted`.

use jiff::Timestamp;
use waxseal_plugins::facts::{Row, Version};
use waxseal_plugins::hooks::Direction;

use super::mail::{Accepted, Crossing};
use super::outcome::Reached;
use super::problem::Problem;
use crate::observe::trace::{self, What};
use crate::observe::{AttemptOutcome, Encounter, Protection, SessionId};
use crate::smtp::dsn::Notify;
use crate::spool::{Lease, LeasedRecipient, NewMessage, Outcome, Status};
use crate::tls::ask::Asker;
use crate::tls::failure::FailureKind;

/// An attempt begins.
pub(super) fn begins(lease: &Lease) -> What {
    let attempts = lease.recipients.iter().map(|recipient| recipient.attempts).min().unwrap_or(0);
    What::Attempt(Box::new(trace::Attempt {
        id: lease.envelope.id,
        sender: lease.envelope.sender.clone(),
        domain: lease.domain.clone(),
        recipients: lease.recipients.iter().map(|recipient| recipient.address.clone()).collect(),
        number: attempts.saturating_add(1),
    }))
}

/// A handshake came about.
pub(super) fn handshake(asker: &Asker, crossing: &Crossing) {
    let result = if crossing.host.resumed { "resumed" } else { "full" };
    asker.observer.metrics().handshake(Direction::Outgoing, result);
}

/// A handshake failed.
pub(super) fn failed_handshake(asker: &Asker, kind: FailureKind) {
    asker.observer.metrics().handshake(Direction::Outgoing, kind.word());
}

/// An envelope is about to cross a connection.
pub(super) fn crosses(asker: &Asker, lease: &Lease, accepted: &Accepted) {
    let session = &asker.session;
    let crossing = accepted.crossing();
    let host = &crossing.host;
    tracing::debug!(
        %session,
        id = %lease.envelope.id,
        domain = %lease.domain,
        host = %host.name,
        address = %host.address,
        tls = %format_args!("{}:{}", host.row.policy, crossing.reached().word()),
        tls_failure = %host.tls_failure,
        decided_by = %accepted.decided_by(),
        "an envelope crosses"
    );
    asker.observer.met(|| Encounter {
        peer: host.name.clone(),
        reached: crossing.reached(),
        version: host.version,
        suite: host.suite.clone(),
        group: host.group.clone(),
        problem: host.tls_failure.clone(),
        ..encounter(session, lease, &host.row)
    });
}

/// A host was ruled out before anything crossed.
pub(super) fn ruled_out(asker: &Asker, lease: &Lease, row: &Row, problem: &Problem) {
    let session = &asker.session;
    let status = problem.status();
    tracing::debug!(
        %session,
        id = %lease.envelope.id,
        domain = %lease.domain,
        host = status.host.as_deref().unwrap_or("none"),
        tls = %format_args!("{}:none", row.policy),
        status = %status.code,
        reason = %status.in_full(),
        reply = status.reply.as_deref(),
        "a host was ruled out"
    );
    asker.observer.met(|| Encounter {
        peer: status.host.clone().unwrap_or_default(),
        problem: status.in_full().into_owned(),
        ..encounter(session, lease, row)
    });
}

/// An encounter with a host of which nothing else is known yet.
fn encounter(session: &SessionId, lease: &Lease, row: &Row) -> Encounter {
    Encounter {
        time: Timestamp::now(),
        session: session.0.clone(),
        direction: Direction::Outgoing,
        domain: lease.domain.clone(),
        peer: String::new(),
        policy: row.policy.clone(),
        reached: Protection::None,
        version: Version::None,
        suite: String::new(),
        group: String::new(),
        problem: String::new(),
    }
}

/// What became of the recipients: one line for the attempt, and one beneath it for each recipient,
/// for those who look closer.
pub(super) fn settled(
    asker: &Asker,
    lease: &Lease,
    (row, reached): (&Row, &Reached),
    outcomes: &[(LeasedRecipient, Outcome)],
    notices: &[NewMessage],
) {
    for (recipient, outcome) in outcomes {
        if let Some(counted) = counted(outcome) {
            asker.observer.metrics().attempt(counted, reached.protection);
        }
        recipient_line(&asker.session, lease, recipient, outcome);
        untold(lease, recipient, outcome);
    }
    asker.step(Direction::Outgoing, || What::Settled(sum(reached, outcomes)));
    if outcomes.iter().all(|(_, outcome)| counted(outcome).is_none()) {
        tracing::debug!(session = %asker.session, id = %lease.envelope.id, domain = %lease.domain, "an attempt was given back");
        return;
    }
    let count = |wanted| outcomes.iter().filter(|(_, outcome)| counted(outcome) == wanted).count();
    let status = outcomes.iter().find_map(|(_, outcome)| status(outcome));
    let at_fault = status.and_then(|status| status.host.as_deref());
    tracing::info!(
        session = %asker.session,
        id = %lease.envelope.id,
        domain = %lease.domain,
        delivered = count(Some(AttemptOutcome::Delivered)),
        deferred = count(Some(AttemptOutcome::Deferred)),
        failed = count(Some(AttemptOutcome::Failed)),
        host = at_fault.or(reached.name()).unwrap_or("none"),
        tls = %format_args!("{}:{}", row.policy, reached.protection.word()),
        status = status.map(|status| display(&status.code)),
        reason = status.map(|status| display(status.in_full())),
        reply = status.and_then(|status| status.reply.as_deref()),
        notices = named(notices).map(display),
        "an attempt ended"
    );
}

/// What the attempt came to.
fn sum(reached: &Reached, outcomes: &[(LeasedRecipient, Outcome)]) -> trace::Settled {
    let count = |wanted| outcomes.iter().filter(|(_, outcome)| counted(outcome) == wanted).count();
    let status = outcomes.iter().find_map(|(_, outcome)| status(outcome));
    trace::Settled {
        delivered: count(Some(AttemptOutcome::Delivered)),
        deferred: count(Some(AttemptOutcome::Deferred)),
        failed: count(Some(AttemptOutcome::Failed)),
        given_back: count(None),
        host: status
            .and_then(|status| status.host.clone())
            .or_else(|| reached.host.as_ref().map(|host| host.name.clone())),
        protection: reached.protection.word().to_owned(),
        status: status.map(|status| status.code.to_string()),
        reason: status.map(|status| status.in_full().into_owned()),
        reply: status.and_then(|status| status.reply.clone()),
    }
}

/// What became of recipients that were not tried: their time had come, or the operator gave them up.
pub(super) fn settled_unattempted(
    lease: &Lease,
    outcomes: &[(LeasedRecipient, Outcome)],
    notices: &[NewMessage],
) {
    outcomes.iter().for_each(|(recipient, outcome)| untold(lease, recipient, outcome));
    let count = |wanted| outcomes.iter().filter(|(_, outcome)| counted(outcome) == wanted).count();
    let status = outcomes.iter().find_map(|(_, outcome)| status(outcome));
    tracing::info!(
        id = %lease.envelope.id,
        domain = %lease.domain,
        deferred = count(Some(AttemptOutcome::Deferred)),
        failed = count(Some(AttemptOutcome::Failed)),
        status = status.map(|status| display(&status.code)),
        reason = status.map(|status| display(status.in_full())),
        notices = named(notices).map(display),
        "settled without an attempt"
    );
}

/// The notices by their ids, if there are any.
fn named(notices: &[NewMessage]) -> Option<String> {
    let ids: Vec<String> = notices.iter().map(|notice| notice.envelope.id.to_string()).collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

/// An attempt that was given back is none.
fn counted(outcome: &Outcome) -> Option<AttemptOutcome> {
    match outcome {
        Outcome::Delivered => Some(AttemptOutcome::Delivered),
        Outcome::Deferred { .. } => Some(AttemptOutcome::Deferred),
        Outcome::Failed { .. } => Some(AttemptOutcome::Failed),
        Outcome::Abandoned => None,
    }
}

fn status(outcome: &Outcome) -> Option<&Status> {
    match outcome {
        Outcome::Deferred { status, .. } | Outcome::Failed { status } => Some(status),
        Outcome::Delivered | Outcome::Abandoned => None,
    }
}

/// A recipient is given up, and nobody hears of it but who reads the log: it was added by a filter or an operator, or the sender wants
/// to hear nothing.
fn untold(lease: &Lease, recipient: &LeasedRecipient, outcome: &Outcome) {
    let Outcome::Failed { status } = outcome else { return };
    if recipient.dsn.notify == Notify::Never {
        tracing::warn!(
            id = %lease.envelope.id,
            recipient = %recipient.address,
            status = %status.code,
            reason = %status.reason,
            reply = status.reply.as_deref(),
            "a recipient was given up, and the sender is not told"
        );
    }
}

fn recipient_line(session: &SessionId, lease: &Lease, recipient: &LeasedRecipient, outcome: &Outcome) {
    let result = match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Deferred { .. } => "deferred",
        Outcome::Failed { .. } => "failed",
        Outcome::Abandoned => "abandoned",
    };
    tracing::debug!(
        %session,
        id = %lease.envelope.id,
        recipient = %recipient.address,
        result,
        status = status(outcome).map(|status| display(&status.code)),
        reason = status(outcome).map(|status| display(status.in_full())),
        "a recipient"
    );
}
