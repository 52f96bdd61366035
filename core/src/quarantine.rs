//! Mail that a filter has kept until an operator says what becomes of it: told, counted, and removed when
//! nobody has said anything for long. It lies in the spool; the command is `cli/quarantine`.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::observe::Metrics;
use crate::relay::Services;
use crate::spool::{Envelope, MessageId, QuarantineFilter, Spool, SpoolError, Unquarantine};

/// How often it is looked whether something has been there too long.
const LOOK: Duration = Duration::from_secs(10 * 60);

/// How many messages are looked at together.
const PAGE: usize = 500;

/// What has become of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was quarantined.
    Quarantined,
    /// It was to be quarantined, and deferred since there was no room.
    Refused,
    /// The operator has let it go.
    Released,
    /// The operator has removed it.
    Removed,
    /// The operator has given it up, and its sender is told.
    Bounced,
    /// It was removed since nobody had said anything of it.
    Expired,
}

impl Outcome {
    /// The word for it, in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Refused => "refused",
            Self::Released => "released",
            Self::Removed => "removed",
            Self::Bounced => "bounced",
            Self::Expired => "expired",
        }
    }
}

/// Logs and counts what came of a commit; nothing of a message that was not to be quarantined.
pub fn note(metrics: &Metrics, envelope: &Envelope, committed: &Result<(), SpoolError>) {
    let (Envelope { id, sender, size, .. }, Some(quarantine)) = (envelope, &envelope.quarantine) else {
        return;
    };
    match committed {
        Ok(()) => {
            let (by, reason) = (&quarantine.by, &quarantine.reason);
            tracing::info!(%id, sender, size, by, reason, "quarantined");
            metrics.quarantine().count(Outcome::Quarantined);
        }
        Err(SpoolError::QuarantineFull) => {
            let by = &quarantine.by;
            tracing::error!(
                %id, sender, size, by,
                "the quarantine is full: a message that is to be kept was deferred; release or remove some \
                 with `waxseal quarantine`, or raise `[quarantine] size` and `messages`"
            );
            metrics.quarantine().count(Outcome::Refused);
        }
        Err(_) => {}
    }
}

/// Ends the quarantine of a message as the operator says; logged and counted.
///
/// # Errors
///
/// As [`Spool::unquarantine`].
pub async fn end(
    spool: &dyn Spool,
    metrics: &Metrics,
    id: MessageId,
    how: Unquarantine,
) -> Result<(), SpoolError> {
    let to = match &how {
        Unquarantine::Release { to } => to.iter().map(|to| to.address.as_str()).collect::<Vec<_>>().join(" "),
        Unquarantine::Remove | Unquarantine::Bounce => String::new(),
    };
    let outcome = match &how {
        Unquarantine::Release { .. } => Outcome::Released,
        Unquarantine::Remove => Outcome::Removed,
        Unquarantine::Bounce => Outcome::Bounced,
    };
    spool.unquarantine(id, how).await?;
    match outcome {
        Outcome::Released if to.is_empty() => tracing::info!(%id, "released from quarantine"),
        Outcome::Released => tracing::info!(%id, to, "released from quarantine, to others"),
        Outcome::Bounced => tracing::info!(%id, "given up in quarantine, its sender is told"),
        _ => tracing::info!(%id, "removed from quarantine"),
    }
    metrics.quarantine().count(outcome);
    Ok(())
}

/// Removes what has been there too long, now and then, until the relay is stopping.
pub async fn watch(services: Arc<Services>) {
    let keep = services.config.quarantine.keep;
    let keep = SignedDuration::try_from(keep).unwrap_or(SignedDuration::MAX);
    let watch = async {
        loop {
            let before = Timestamp::now().checked_sub(keep).unwrap_or(Timestamp::MIN);
            let (spool, metrics) = (services.spool.as_ref(), services.observer.metrics());
            if let Err(error) = expire(spool, metrics, before).await {
                tracing::warn!(%error, "cannot look for what has been in quarantine too long");
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let () = services.stopping.run_until_cancelled(watch).await.unwrap_or_default();
}

/// Removes what was quarantined before a time.
async fn expire(spool: &dyn Spool, metrics: &Metrics, before: Timestamp) -> Result<(), SpoolError> {
    let filter = QuarantineFilter { before: Some(before), ..QuarantineFilter::default() };
    let mut after = None;
    loop {
        let page = spool.quarantined(&filter, after, PAGE).await?;
        for message in page.messages {
            let Envelope { id, sender, quarantine, .. } = message.envelope;
            match spool.unquarantine(id, Unquarantine::Remove).await {
                Ok(()) => {}
                // The operator was first.
                Err(SpoolError::Unknown) => continue,
                Err(error) => return Err(error),
            }
            let since = quarantine.map(|quarantine| quarantine.since).unwrap_or_default();
            tracing::info!(%id, sender, %since, "removed from quarantine, since nobody has said anything of it");
            metrics.quarantine().count(Outcome::Expired);
        }
        after = page.next;
        if after.is_none() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
