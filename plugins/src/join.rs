//! Strictest wins: how the answers of several filters and policies become one.
//!
//! The join is commutative, associative and idempotent (property-tested), so the order of files
//! never matters to safety, and adding a filter can never weaken a policy.

use std::cmp::Ordering;

use crate::decision::{Answer, Outcome};
use crate::verdicts::Verdict;

impl<V: Verdict> Answer<V> {
    /// Both answers at once: the stricter, or of equally strict ones the merge of both under the
    /// smaller place of those that say something.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let (first, second) = if other.precedes(&self) { (other, self) } else { (self, other) };
        if first.outcome.strictness() > second.outcome.strictness() {
            return first;
        }
        match (first.outcome, second.outcome) {
            (Outcome::Verdict(one), Outcome::Verdict(two)) => {
                Self { outcome: Outcome::Verdict(one.merge(two)), place: first.place }
            }
            (outcome, _) => Self { outcome, place: first.place },
        }
    }

    /// What remains when terms that clash have become a refusal or deferral. Done once, after the
    /// last join.
    #[must_use]
    pub fn settle(self) -> Self {
        let outcome = match self.outcome {
            Outcome::Verdict(verdict) => Outcome::Verdict(verdict.settle()),
            failure @ Outcome::Failure(_) => failure,
        };
        Self { outcome, ..self }
    }

    /// Whether this answer decides when joined with the other: the stricter; of equals the one that
    /// says something, then the one with the smaller place, then with the smaller reply.
    pub(crate) fn precedes(&self, other: &Self) -> bool {
        let is_silent = |answer: &Self| match &answer.outcome {
            Outcome::Verdict(verdict) => verdict.is_silent(),
            Outcome::Failure(_) => false,
        };
        let key = |answer: &Self| match &answer.outcome {
            Outcome::Verdict(verdict) => (0, verdict.reply().cloned(), String::new()),
            Outcome::Failure(failure) => (1, None, failure.message.clone()),
        };
        let order = (other.outcome.strictness().cmp(&self.outcome.strictness()))
            .then_with(|| is_silent(self).cmp(&is_silent(other)))
            .then_with(|| self.place.cmp(&other.place))
            .then_with(|| key(self).cmp(&key(other)));
        order == Ordering::Less
    }
}

#[cfg(test)]
mod tests;
