//! What is observed: decision log, metrics, tracing.

use waxseal_plugins::decision::Decision;
use waxseal_plugins::hooks::Hook;

/// Decision log and metrics. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Observer {}

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
