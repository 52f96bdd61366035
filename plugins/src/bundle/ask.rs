//! Asking a hook: all filters and the policy, joined; and what holds where a policy is silent.

use std::any::Any;
use std::sync::Arc;

use super::Bundle;
use crate::decider::Decider;
use crate::decision::{Answer, Asked, Decision, Failure, Outcome};
use crate::facts::{Message, Reads};
use crate::hooks::{Direction, Hook, HookName, Peer};
use crate::place::Place;
use crate::rhai::voice;
use crate::verdicts::{EnhancedCode, Passage, Reply, Verdict};

/// Who was asked, and what came of it; `None` for no opinion.
pub type Said<'a, H> = (&'a Decider, Option<Answer<<H as Hook>::Verdict>>);

impl Bundle {
    /// Asks a hook: all filters, and the policy of the row that the peer's facts carry; their
    /// answers joined and settled.
    pub async fn ask<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Decision<H::Verdict> {
        let mut said = Vec::new();
        for filter in self.filters_at::<H>() {
            said.push((filter, filter.ask::<H>(peer, subject).await));
        }
        let policy = match self.policy_of::<H>(peer) {
            Some(policy) => Some((policy, policy.ask::<H>(peer, subject).await)),
            None => None,
        };
        self.decide::<H>(peer, said, policy)
    }

    /// The filters that have this hook, in the order of their file names.
    pub fn filters_at<H: Hook>(&self) -> impl Iterator<Item = &Decider> {
        self.filters().iter().filter(|filter| filter.has(H::DIRECTION, H::NAME))
    }

    /// Whether there is a filter to ask: what only filters are asked is no decision without one.
    pub fn is_filtered<H: Hook>(&self) -> bool {
        self.filters_at::<H>().next().is_some()
    }

    /// What filters that have the hook `message` may read of a message: found out once, at load.
    pub fn filters_read(&self) -> Reads<Message> {
        self.deciders.reads
    }

    /// What the answers of filters that were asked one after the other come to.
    pub fn conclude<H: Hook>(&self, peer: &Arc<H::Peer>, said: Vec<Said<'_, H>>) -> Decision<H::Verdict> {
        self.decide::<H>(peer, said, self.policy_of::<H>(peer).map(|policy| (policy, None)))
    }

    /// What [`ask`](Self::ask) would come to. Nothing has happened: nobody is heard, and plugins remember
    /// and reach nothing; see [`Decider::try_out`]. Blocks.
    pub fn try_out<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Decision<H::Verdict> {
        voice::silent(|| {
            let filters = self.filters_at::<H>();
            let said = filters.map(|filter| (filter, filter.try_out::<H>(peer, subject))).collect();
            let policy = self.policy_of::<H>(peer);
            self.decide::<H>(peer, said, policy.map(|policy| (policy, policy.try_out::<H>(peer, subject))))
        })
    }

    fn policy_of<H: Hook>(&self, peer: &Arc<H::Peer>) -> Option<&Decider> {
        self.policy(H::DIRECTION, &peer.row().policy)
    }

    /// What the answers of the filters and of the policy come to.
    fn decide<H: Hook>(
        &self,
        peer: &Arc<H::Peer>,
        of_filters: Vec<Said<'_, H>>,
        of_policy: Option<Said<'_, H>>,
    ) -> Decision<H::Verdict> {
        let (mut answers, mut asked) = (Vec::new(), Vec::new());
        for (filter, answer) in of_filters {
            asked.push(Asked::of::<H>(filter, answer.as_ref()));
            answers.extend(answer);
        }
        let (of_policy, trace) = match of_policy {
            Some((policy, answer)) => spoken_for::<H>(policy, peer, answer),
            None => unknown(H::DIRECTION, &peer.row().policy),
        };
        if !H::NAME.is_for_filters() {
            asked.push(trace);
        }
        let filters = answers.into_iter().reduce(Answer::join);
        let answer = filters.iter().cloned().fold(of_policy, Answer::join).settle();
        let (hook, row, generation) = (H::NAME, peer.row().clone(), self.generation);
        Decision { hook, answer, row, generation, asked, filters }
    }

    /// What the policy alone would answer; see [`Decider::try_out`].
    pub(super) fn try_policy<H: Hook>(
        &self,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Answer<H::Verdict> {
        let name = &peer.row().policy;
        match self.policy(H::DIRECTION, name) {
            Some(policy) => spoken_for::<H>(policy, peer, policy.try_out::<H>(peer, subject)).0,
            None => unknown(H::DIRECTION, name).0,
        }
    }
}

impl Asked {
    fn of<H: Hook>(decider: &Decider, answer: Option<&Answer<H::Verdict>>) -> Self {
        let silence = if decider.has(H::DIRECTION, H::NAME) { Self::NO_OPINION } else { Self::NO_FUNCTION };
        let said = answer.map_or(silence, |answer| answer.outcome.word());
        Self { path: decider.path().clone(), said, place: answer.map(|answer| answer.place.clone()) }
    }
}

/// A policy's answer, or what holds without one; and who was asked.
fn spoken_for<H: Hook>(
    policy: &Decider,
    peer: &Arc<H::Peer>,
    answer: Option<Answer<H::Verdict>>,
) -> (Answer<H::Verdict>, Asked) {
    let asked = Asked::of::<H>(policy, answer.as_ref());
    (answer.unwrap_or_else(|| left_out::<H>(policy, peer)), asked)
}

/// What holds when a policy leaves a hook out, or has no opinion there.
fn left_out<H: Hook>(policy: &Decider, peer: &Arc<H::Peer>) -> Answer<H::Verdict> {
    let place = Place::file(policy.path().clone());
    let verdict =
        H::left_out().or_else(|| of_passage(&mail_left_out(policy, H::DIRECTION, peer.is_encrypted())));
    let failure = || Outcome::Failure(Failure { message: format!("`{}` must be answered", H::NAME) });
    Answer { outcome: verdict.map_or_else(failure, Outcome::Verdict), place }
}

/// At mail: a policy that cares about TLS never lets clear mail through by forgetting.
fn mail_left_out(policy: &Decider, direction: Direction, encrypted: bool) -> Passage {
    let cares = [HookName::Start, HookName::Cipher, HookName::Certificate];
    if encrypted || !cares.into_iter().any(|hook| policy.has(direction, hook)) {
        return Passage::Accept;
    }
    match direction {
        // RFC 3207 section 4.
        Direction::Incoming => {
            let code = EnhancedCode::new(5, 7, 0);
            Passage::Refuse(Reply::new(code, "Must issue a STARTTLS command first"))
        }
        Direction::Outgoing => {
            let code = EnhancedCode::new(4, 7, 5);
            Passage::Defer(Reply::new(code, "TLS is required, and the connection is clear"))
        }
    }
}

/// The passage as the hook's own verdict; `None` where the hook has another type of verdict.
fn of_passage<V: Verdict>(passage: &Passage) -> Option<V> {
    (passage as &dyn Any).downcast_ref::<V>().cloned()
}

/// Facts that carry a row of another bundle: a mistake of ours, which opens nothing.
fn unknown<V: Verdict>(direction: Direction, name: &str) -> (Answer<V>, Asked) {
    let path: Arc<str> = format!("{direction}/{name}.rhai").into();
    let failure = Failure { message: format!("no policy `{name}` in {direction}/") };
    let answer = Answer { outcome: Outcome::Failure(failure), place: Place::file(path.clone()) };
    let asked = Asked { path, said: answer.outcome.word(), place: Some(answer.place.clone()) };
    (answer, asked)
}
