//! What is observed: decision log, metrics, tracing.

/// Tracing.
pub mod tracing {
    /// Starts it.
    pub fn init(log: &crate::config::Log) -> anyhow::Result<()> {
        let _ = log;
        todo!()
    }
}

use waxseal_plugins::decision::Decision;
use waxseal_plugins::hooks::Hook;

/// Decision log and metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Observer {}

/// One line of the decision log.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Record {
    /// Which way.
    pub direction: waxseal_plugins::hooks::Direction,
    /// The hook.
    pub hook: waxseal_plugins::hooks::HookName,
    /// The peer's address.
    pub peer: String,
    /// The sender's or recipients' domain.
    pub domain: String,
    /// The verdict's word.
    pub verdict: String,
    /// Why.
    pub reason: String,
    /// The place that decided.
    pub decided_by: String,
}

/// Metrics.
#[derive(Debug)]
pub struct Metrics {}

impl Metrics {
    /// The Prometheus text.
    pub fn encode(&self) -> String {
        todo!()
    }
}

/// A session's or attempt's id in logs: a short text, unique in the process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub String);

impl SessionId {
    /// A new one.
    pub fn next() -> Self {
        todo!()
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Observer {
    /// Opens the decision log in `data_dir`.
    ///
    /// # Errors
    ///
    /// The file cannot be made.
    pub fn open(data_dir: &std::path::Path) -> std::io::Result<Self> {
        let _ = data_dir;
        todo!()
    }

    /// Every decision, as it is taken.
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<std::sync::Arc<Record>> {
        todo!()
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        todo!()
    }

    /// Records a decision: a line of the decision log, counters, and a failure's warning. `domain`
    /// is the sender's domain (incoming, once known) or the recipients' (outgoing).
    pub fn decided<H: Hook>(
        &self,
        session: &SessionId,
        domain: &str,
        peer: &H::Peer,
        subject: &H::Subject,
        decision: &Decision<H::Verdict>,
    ) {
        let _ = (session, domain, peer, subject, decision);
        todo!()
    }
}
