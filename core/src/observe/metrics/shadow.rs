//! What is counted of a candidate in the shadow.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::Change;

use super::{ReasonLabel, add};

/// The metrics of the shadow: of all candidates since the start.
#[derive(Debug)]
pub struct Shadow {
    decisions: Family<ChangeLabels, Counter>,
    unjudged: Family<ReasonLabel, Counter>,
}

impl Shadow {
    pub(super) fn register(into: &mut Registry) -> Self {
        Self {
            decisions: add(into, "shadow_decisions", "Decisions that the candidate in the shadow was asked"),
            unjudged: add(into, "shadow_unjudged", "Decisions that the shadow could not judge, or skipped"),
        }
    }

    /// Counts a decision, by what it means for mail.
    pub fn compared(&self, direction: Direction, hook: HookName, change: Change) {
        let (direction, hook, difference) = (direction.word(), hook.word(), change.word());
        self.decisions.get_or_create(&ChangeLabels { direction, hook, difference }).inc();
    }

    /// Counts decisions that were not compared. The reason is a word, as in `skipped`.
    pub fn unjudged(&self, reason: &'static str, count: u64) {
        self.unjudged.get_or_create(&ReasonLabel { reason }).inc_by(count);
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ChangeLabels {
    direction: &'static str,
    hook: &'static str,
    difference: &'static str,
}
