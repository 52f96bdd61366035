//! What is counted of spans that go to a collector.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::add;

/// The metrics of the export of spans.
#[derive(Debug)]
pub struct Telemetry {
    spans: Family<ResultLabel, Counter>,
}

impl Telemetry {
    pub(super) fn register(into: &mut Registry) -> Self {
        Self { spans: add(into, "telemetry_spans", "Spans for the collector of OpenTelemetry") }
    }

    /// Counts spans that the collector has taken.
    pub fn exported(&self, count: u64) {
        self.count("exported", count);
    }

    /// Counts spans that were dropped: the collector did not take them, or too much happened at once.
    pub fn dropped(&self, count: u64) {
        self.count("dropped", count);
    }

    fn count(&self, result: &'static str, count: u64) {
        if count > 0 {
            self.spans.get_or_create(&ResultLabel { result }).inc_by(count);
        }
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}
