//! Asking a hook, and recording what came of it: the one way there is.

use std::sync::Arc;
use std::time::Instant;

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::decision::Decision;
use waxseal_plugins::hooks::{Direction, Hook};

use crate::observe::trace::{Teller, What};
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
        let asked = Instant::now();
        let decision = self.bundle.ask::<H>(peer, subject).await;
        self.observer.decided::<H>(&self.session, domain, peer, subject, &decision, asked.elapsed());
        decision
    }

    /// Tells those who follow of a step.
    pub fn step(&self, direction: Direction, what: impl FnOnce() -> What) {
        self.observer.step(&self.session, direction, what);
    }

    /// Who tells of what is said.
    pub fn teller(&self, direction: Direction) -> Teller {
        Teller::new(self.observer.clone(), self.session.clone(), direction)
    }
}
