//! What is counted of the quarantine.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{OutcomeLabel, add};
use crate::quarantine::Outcome;

/// The metrics of the quarantine.
#[derive(Debug)]
pub struct Quarantine {
    messages: Gauge,
    octets: Gauge,
    outcomes: Family<OutcomeLabel, Counter>,
}

impl Quarantine {
    pub(super) fn register(into: &mut Registry) -> Self {
        Self {
            messages: add(into, "quarantine_messages", "Messages in quarantine"),
            octets: add(into, "quarantine_bytes", "Size of the bodies in quarantine"),
            outcomes: add(into, "quarantine_outcomes", "Messages that came into quarantine, or left it"),
        }
    }

    /// Shows what there is.
    pub(super) fn shown(&self, messages: u64, octets: u64) {
        self.messages.set(i64::try_from(messages).unwrap_or(i64::MAX));
        self.octets.set(i64::try_from(octets).unwrap_or(i64::MAX));
    }

    /// Counts what has become of a message.
    pub fn count(&self, outcome: Outcome) {
        self.outcomes.get_or_create(&OutcomeLabel { outcome: outcome.word() }).inc();
    }
}
