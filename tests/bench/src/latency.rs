//! Histograms of times, in microseconds.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest time that is told from longer ones: ten minutes, in microseconds.
const LONGEST: u64 = 600_000_000;

/// Times that many tasks record.
#[derive(Debug)]
pub(crate) struct Latency(Mutex<Histogram<u64>>);

/// What was recorded, in milliseconds.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Percentiles {
    /// How many times.
    pub count: u64,
    /// The median.
    pub p50: f64,
    /// 99 of 100 are shorter.
    pub p99: f64,
    /// 999 of 1000 are shorter.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

impl Latency {
    /// Nothing yet.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Mutex::new(Histogram::new_with_bounds(1, LONGEST, 3)?)))
    }

    /// Records a time.
    pub(crate) fn record(&self, time: Duration) {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.histogram().saturating_record(microseconds);
    }

    /// Forgets what was recorded.
    pub(crate) fn forget(&self) {
        self.histogram().reset();
    }

    /// How many were recorded.
    pub(crate) fn count(&self) -> u64 {
        self.histogram().len()
    }

    /// What was recorded.
    pub(crate) fn percentiles(&self) -> Percentiles {
        let histogram = self.histogram();
        let at = |quantile| milliseconds(histogram.value_at_quantile(quantile));
        Percentiles {
            count: histogram.len(),
            p50: at(0.5),
            p99: at(0.99),
            p999: at(0.999),
            max: milliseconds(histogram.max()),
        }
    }

    fn histogram(&self) -> std::sync::MutexGuard<'_, Histogram<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p99, p999, max, .. } = self;
        write!(formatter, "p50 {p50:.2} ms, p99 {p99:.2} ms, p99.9 {p999:.2} ms, longest {max:.2} ms")
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with two decimals")]
fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1000.0
}
