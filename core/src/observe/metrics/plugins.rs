//! What is counted of plugins, and by them.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use waxseal_plugins::outside::Health;
use waxseal_plugins::wasm::failure::Kind;

use super::add;

/// The metrics of plugins, by their names.
#[derive(Debug)]
pub struct Plugins {
    failures: Family<FailureLabels, Counter>,
    resting: Family<PluginLabel, Gauge>,
    counters: Family<CounterLabels, Counter>,
}

impl Plugins {
    pub(super) fn register(into: &mut Registry) -> Self {
        Self {
            failures: add(into, "plugin_failures", "Calls of plugins that failed and count as a deferral"),
            resting: add(into, "plugin_resting", "1 while a plugin that failed again and again is not asked"),
            counters: add(into, "plugin_counter", "What plugins count themselves"),
        }
    }

    /// Counts a call that failed.
    pub fn failed(&self, plugin: &str, kind: Kind) {
        let labels = FailureLabels { plugin: plugin.to_owned(), reason: kind.word() };
        self.failures.get_or_create(&labels).inc();
    }

    /// Shows whether a plugin is asked.
    pub fn health(&self, plugin: &str, health: Health) {
        let resting = self.resting.get_or_create_owned(&PluginLabel { plugin: plugin.to_owned() });
        resting.set(i64::from(health == Health::Resting));
    }

    /// Counts for a plugin, under a name of its own.
    pub fn count(&self, plugin: &str, counter: &str, amount: u64) {
        let labels = CounterLabels { plugin: plugin.to_owned(), counter: counter.to_owned() };
        self.counters.get_or_create(&labels).inc_by(amount);
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct FailureLabels {
    plugin: String,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PluginLabel {
    plugin: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CounterLabels {
    plugin: String,
    counter: String,
}
