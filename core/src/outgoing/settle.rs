//! The end of an attempt: outcomes, and what the sender is told of them, recorded at once.

use std::sync::Arc;

use tokio::time::sleep;
use waxseal_plugins::facts::Row;
use waxseal_plugins::table;

use super::Outbound;
use super::dispatch::RESPITE;
use super::notice::{self, Action, Ended, Occasion, Returned, Until};
use super::observers::Settled;
use super::outcome::{Schedule, Tally};
use super::{report, returned, unattempted};
use crate::observe::SessionId;
use crate::spool::{Lease, LeasedRecipient, NewMessage, Outcome, Settlement, SpoolError};
use crate::tls::ask::Asker;

/// Settles a lease by what the hosts said.
pub(super) async fn settle(outbound: &Outbound, lease: &Lease, asker: &Asker, row: &Arc<Row>, tally: Tally) {
    let schedule = Schedule::of(outbound, lease);
    let (reached, unpromised) = (tally.reached().clone(), tally.unpromised().to_vec());
    let taken = tally.taken().to_vec();
    let outcomes = tally.settle(&schedule);
    let now = schedule.now;
    let ended = Ended { outcomes: &outcomes, unpromised: &unpromised, attempt: Some(now), now };
    let notices = notices(outbound, lease, &ended, &schedule).await;
    report::settled(asker, lease, (row, &reached), &outcomes, &notices);
    if record(outbound, lease, &outcomes, notices).await == Recorded::Kept {
        let settled = Settled { lease, row, host: reached.host, outcomes, taken: &taken, now };
        outbound.observers.tell(&outbound.services, asker, &settled);
    }
}

/// Settles a lease that is not to be attempted: its time of attention has come, or the operator has
/// given it up.
pub(super) async fn settle_unattempted(outbound: &Outbound, lease: &Lease) {
    let schedule = Schedule::of(outbound, lease);
    let outcomes = unattempted::outcomes(lease, &schedule);
    let ended = Ended { outcomes: &outcomes, unpromised: &[], attempt: None, now: schedule.now };
    let notices = notices(outbound, lease, &ended, &schedule).await;
    report::settled_unattempted(lease, &outcomes, &notices);
    let now = schedule.now;
    if record(outbound, lease, &outcomes, notices).await == Recorded::Kept {
        let bundle = outbound.services.live.current();
        let row = &bundle.table().outgoing(&lease.domain, table::today());
        let (observer, session) = (outbound.services.observer.clone(), SessionId::next());
        let settled = Settled { lease, row, host: None, outcomes, taken: &[], now };
        outbound.observers.tell(&outbound.services, &Asker { bundle, observer, session }, &settled);
    }
}

/// Whether the spool has an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recorded {
    /// It is on the disk.
    Kept,
    /// It is not: the lease is another's, or the relay stops before the spool could take it.
    Lost,
}

async fn record(
    outbound: &Outbound,
    lease: &Lease,
    outcomes: &[(LeasedRecipient, Outcome)],
    notices: Vec<NewMessage>,
) -> Recorded {
    let id = lease.envelope.id;
    let outcomes = outcomes.iter().map(|(recipient, outcome)| (recipient.number, outcome.clone())).collect();
    record_until_kept(outbound, Settlement { message: id, epoch: lease.epoch, outcomes, notices }).await
}

/// Records it; where the spool cannot now, again after a pause: else the lease would be held until a
/// restart, and delivered mail be sent twice then.
pub(super) async fn record_until_kept(outbound: &Outbound, settlement: Settlement) -> Recorded {
    let (id, stopping) = (settlement.message, &outbound.services.stopping);
    while let Err(error) = outbound.services.spool.settle(settlement.clone()).await {
        tracing::error!(%id, %error, "an attempt's outcome could not be recorded");
        let may_pass = matches!(error, SpoolError::Full | SpoolError::Failed(_));
        if !may_pass || stopping.run_until_cancelled(sleep(RESPITE)).await.is_none() {
            return Recorded::Lost;
        }
    }
    Recorded::Kept
}

/// What the sender is told: a notice for each kind of news.
async fn notices(
    outbound: &Outbound,
    lease: &Lease,
    ended: &Ended<'_>,
    schedule: &Schedule<'_>,
) -> Vec<NewMessage> {
    let envelope = &lease.envelope;
    let mut notices = vec![];
    for action in [Action::Failed, Action::Delayed, Action::Relayed] {
        let recipients = ended.told(action);
        if recipients.is_empty() || (action == Action::Delayed && !schedule.warns()) {
            continue;
        }
        if envelope.sender.is_empty() {
            // Never answered by another bounce (RFC 5321 section 6.1): the log is all that is left.
            if action == Action::Failed {
                tracing::warn!(id = %envelope.id, domain = %lease.domain, "a bounce could not be delivered, and nobody is told");
            }
            continue;
        }
        let returned = match outbound.services.spool.open_body(&lease.body).await {
            Ok(body) => returned::read(body, returned::wanted(action, envelope)).await,
            // A notice without headers is worth more than none.
            Err(_) => Returned::Nothing,
        };
        notices.extend(notice::notice(&Occasion {
            action,
            envelope,
            recipients: &recipients,
            returned: &returned,
            ourselves: &outbound.services.config.hostname,
            until: Until { message: schedule.expires(), notice: schedule.expires_from(schedule.now) },
            now: schedule.now,
        }));
    }
    notices
}
