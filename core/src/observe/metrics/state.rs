//! What is counted of memory, rates and lists.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use waxseal_plugins::outside::{Forgotten, OfList};

use super::add;

/// The metrics of what scripts and plugins remember, and of lists.
#[derive(Debug)]
pub struct State {
    forgotten: Family<ForgottenLabels, Counter>,
    entries: Family<ListLabel, Gauge>,
    broken: Family<ListLabel, Gauge>,
}

impl State {
    pub(super) fn register(into: &mut Registry) -> Self {
        Self {
            forgotten: add(
                into,
                "forgotten",
                "What scripts and plugins remembered and had to forget before its time, for want of room",
            ),
            entries: add(into, "list_entries", "Entries of a list in force"),
            broken: add(
                into,
                "list_broken",
                "1 while the file of a list is broken or gone, so that it stays as it was",
            ),
        }
    }

    /// Counts what was forgotten for want of room.
    pub fn forgot(&self, who: &str, what: Forgotten, count: u64) {
        let labels = ForgottenLabels { plugin: who.to_owned(), kind: what.word() };
        self.forgotten.get_or_create(&labels).inc_by(count);
    }

    /// Shows how a list is.
    pub fn list(&self, list: &str, state: OfList) {
        let label = ListLabel { list: list.to_owned() };
        let entries = i64::try_from(state.entries).unwrap_or(i64::MAX);
        self.entries.get_or_create_owned(&label).set(entries);
        self.broken.get_or_create_owned(&label).set(i64::from(state.is_broken));
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ForgottenLabels {
    plugin: String,
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ListLabel {
    list: String,
}
