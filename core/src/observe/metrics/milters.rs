//! What is counted of milters.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::add;

/// The metrics of milters, by their names.
#[derive(Debug)]
pub struct Milters {
    messages: Family<OutcomeLabels, Counter>,
    failures: Family<FailureLabels, Counter>,
    seconds: Family<MilterLabel, Counter<f64, AtomicU64>>,
}

impl Milters {
    pub(super) fn register(into: &mut Registry) -> Self {
        Self {
            messages: add(
                into,
                "milter_messages",
                "Messages shown to milters, by what was to become of them then",
            ),
            failures: add(into, "milter_failures", "Milters that failed, by how"),
            seconds: add(into, "milter_seconds", "Time that mail has waited for milters"),
        }
    }

    /// Counts a message at whose end a milter was asked. The outcome is a word, as in `accepted`.
    pub fn came_to(&self, milter: &str, outcome: &'static str) {
        self.messages.get_or_create(&OutcomeLabels { milter: milter.to_owned(), outcome }).inc();
    }

    /// Counts a failure. The reason is a word, as in `time`.
    pub fn failed(&self, milter: &str, reason: &'static str) {
        self.failures.get_or_create(&FailureLabels { milter: milter.to_owned(), reason }).inc();
    }

    /// Adds the time that a milter took.
    pub fn waited(&self, milter: &str, time: Duration) {
        let seconds = self.seconds.get_or_create(&MilterLabel { milter: milter.to_owned() });
        seconds.inc_by(time.as_secs_f64());
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    milter: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FailureLabels {
    milter: String,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MilterLabel {
    milter: String,
}
