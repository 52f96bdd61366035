//! What is observed: decision log, metrics, tracing.

mod decisions;
mod gathered;
mod metrics;
mod record;
mod rotation;
mod session;
pub mod tracing;

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::broadcast;
use waxseal_plugins::decision::{Decision, Outcome};
use waxseal_plugins::hooks::Hook;

use self::decisions::Decisions;
pub use self::metrics::{AttemptOutcome, Metrics, OpenSession, Plugins, Protection, Shadow, State};
pub use self::record::{Record, Told};
pub use self::session::SessionId;

/// Decision log and metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Observer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    metrics: Metrics,
    decisions: Decisions,
}

impl Observer {
    /// Opens the decision log, `decisions.ndjson`, in the relay's data directory.
    ///
    /// # Errors
    ///
    /// The file cannot be opened. Later errors are logged and counted: they never stop mail.
    pub fn open(data_dir: &Path) -> io::Result<Self> {
        let metrics = Metrics::new();
        let path = data_dir.join("decisions.ndjson");
        let decisions = Decisions::open(&path, metrics.decision_log_drops()).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot open the decision log `{}`: {error}", path.display()),
            )
        })?;
        Ok(Self { inner: Arc::new(Inner { metrics, decisions }) })
    }

    /// Metrics, and no decision log: for tests.
    pub fn off() -> Self {
        let metrics = Metrics::new();
        let decisions = Decisions::unwritten(metrics.decision_log_drops());
        Self { inner: Arc::new(Inner { metrics, decisions }) }
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The decisions from now on, as they are taken. Who reads too slowly misses some.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Record>> {
        self.inner.decisions.subscribe()
    }

    /// Records a decision: a line of the decision log, counters, and a failure's warning. `domain`
    /// is the sender's domain (incoming, once known) or the recipients' (outgoing).
    pub fn decided<H: Hook>(
        &self,
        session: &SessionId,
        domain: &str,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
        decision: &Decision<H::Verdict>,
    ) {
        self.metrics().decided::<H>(decision);
        if let Outcome::Failure(failure) = decision.outcome() {
            ::tracing::warn!(
                %session,
                direction = %H::DIRECTION,
                hook = %H::NAME,
                place = %decision.answer.place,
                "{} failed, and counts as a deferral: {failure}",
                decision.answer.place,
            );
        }
        self.inner.decisions.record(|| Record::of::<H>(session, domain, peer, subject, decision));
    }

    /// Waits until every decision so far is in the file.
    pub async fn flush(&self) {
        self.inner.decisions.flush().await;
    }
}

#[cfg(test)]
mod tests;
