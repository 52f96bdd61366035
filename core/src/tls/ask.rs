//! Asking a hook, and recording what came of it: the one way there is.

use std::sync::Arc;
use std::time::Instant;

use waxseal_plugins::bundle::{AskedInTurn, Bundle};
use waxseal_plugins::decision::{Decision, Failure, Outcome};
use waxseal_plugins::facts::Client;
use waxseal_plugins::hooks::{Direction, Hook};
use waxseal_plugins::verdicts::incoming::Message as Verdict;

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
        let asked = Instant::now();
        let mut decision = self.bundle.ask::<H>(peer, subject).await;
        if let Outcome::Verdict(verdict) = decision.outcome()
            && let Err(message) = follow(verdict)
        {
            decision.answer.outcome = Outcome::Failure(Failure { message });
        }
        self.observer.decided::<H>(&self.session, domain, peer, subject, &decision, asked.elapsed());
        decision
    }

    /// Tells those who only observe. It is no decision: it is counted, and their failures are logged, but
    /// the decision log has no line of it.
    pub async fn tell<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) {
        let decision = self.bundle.ask::<H>(peer, subject).await;
        self.observer.told::<H>(&self.session, &decision);
    }

    /// Asks the filters' hook `message`, one after the other: each is told what those before it have changed.
    /// What the first of them was told is recorded, and what was changed then.
    pub async fn ask_in_turn(
        &self,
        client: &Arc<Client>,
        letter: &mut (dyn AskedInTurn + Send),
    ) -> Decision<Verdict> {
        let asked = Instant::now();
        // They were found out just now, or nothing could be.
        let told = letter.facts().unwrap_or_default();
        let (decision, edited) = self.bundle.ask_in_turn(client, letter).await;
        self.observer.decided_of_message(
            &self.session,
            (client, &told),
            &decision,
            (&edited, || self.bundle.unread_facts()),
            asked.elapsed(),
        );
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
