//! Asking a hook, and recording what came of it: the one way there is.

use std::sync::Arc;

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::decision::{Decision, Failure, Outcome};
use waxseal_plugins::hooks::Hook;

use crate::observe::{Observer, SessionId};

/// Asks the hooks for one session or attempt, all of one bundle.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The bundle: the same for a whole transaction.
    pub bundle: Arc<Bundle>,
    /// Who is told.
    pub observer: Observer,
    /// For whom.
    pub session: SessionId,
}

impl Asker {
    /// Asks a hook. `domain` is for the log: the sender's (incoming, once known) or the
    /// recipients' (outgoing).
    pub async fn ask<H: Hook>(
        &self,
        domain: &str,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Decision<H::Verdict> {
        self.ask_to_follow::<H>(domain, (peer, subject), |_| Ok(())).await
    }

    /// Asks a hook, as [`ask`](Self::ask) does, for a verdict that must be possible to follow: one that is
    /// not is a failure of who answered it, and is recorded as such. `follow` says in words what is wrong.
    pub async fn ask_to_follow<H: Hook>(
        &self,
        domain: &str,
        (peer, subject): (&Arc<H::Peer>, &Arc<H::Subject>),
        follow: impl FnOnce(&H::Verdict) -> Result<(), String>,
    ) -> Decision<H::Verdict> {
        let mut decision = self.bundle.ask::<H>(peer, subject).await;
        if let Outcome::Verdict(verdict) = decision.outcome()
            && let Err(message) = follow(verdict)
        {
            decision.answer.outcome = Outcome::Failure(Failure { message });
        }
        self.observer.decided::<H>(&self.session, domain, peer, subject, &decision);
        decision
    }

    /// Tells those who only observe. It is no decision: it is counted, and their failures are logged, but
    /// the decision log has no line of it.
    pub async fn tell<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) {
        let decision = self.bundle.ask::<H>(peer, subject).await;
        self.observer.told::<H>(&self.session, &decision);
    }
}
