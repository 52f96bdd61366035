//! What the program's log says of attempts: one line each, with what was asked of TLS and what was
//! reached, as in `tls=require:encrypted`.

use waxseal_plugins::facts::Row;

use super::mail::Crossing;
use super::problem::Problem;
use crate::observe::SessionId;
use crate::spool::{Lease, LeasedRecipient, NewMessage, Outcome};

/// An envelope crossed a connection, or was refused on it.
pub(super) fn crossed(session: &SessionId, lease: &Lease, crossing: &Crossing, decided_by: &str) {
    let host = &crossing.host;
    tracing::info!(
        %session,
        message = %lease.envelope.id,
        domain = %lease.domain,
        host = %host.name,
        address = %host.address,
        tls = %format_args!("{}:{}", host.row.policy, crossing.reached()),
        tls_failure = %host.tls_failure,
        decided_by,
        "an envelope crossed"
    );
}

/// A host was ruled out before anything crossed.
pub(super) fn ruled_out(session: &SessionId, lease: &Lease, row: &Row, problem: &Problem) {
    let status = problem.status();
    tracing::info!(
        %session,
        message = %lease.envelope.id,
        domain = %lease.domain,
        host = status.host.as_deref().unwrap_or("none"),
        tls = %format_args!("{}:none", row.policy),
        status = %status.code,
        reason = %status.reason,
        reply = status.reply.as_deref().unwrap_or(""),
        "a host was ruled out"
    );
}

/// What became of the recipients.
pub(super) fn settled(
    session: &SessionId,
    lease: &Lease,
    outcomes: &[(LeasedRecipient, Outcome)],
    bounce: Option<&NewMessage>,
) {
    for (recipient, outcome) in outcomes {
        let (result, status) = match outcome {
            Outcome::Delivered => ("delivered", None),
            Outcome::Deferred { status, .. } => ("deferred", Some(status)),
            Outcome::Failed { status } => ("failed", Some(status)),
            Outcome::Abandoned => ("abandoned", None),
        };
        tracing::info!(
            %session,
            message = %lease.envelope.id,
            recipient = %recipient.address,
            result,
            status = status.map(|status| status.code.to_string()).unwrap_or_default(),
            reason = status.map_or("", |status| &status.reason),
            reply = status.and_then(|status| status.reply.as_deref()).unwrap_or(""),
            "an attempt ended"
        );
    }
    if let Some(bounce) = bounce {
        tracing::info!(%session, message = %lease.envelope.id, bounce = %bounce.envelope.id, "the sender is told");
    }
}
