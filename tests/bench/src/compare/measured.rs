//! What a workload came to.

use std::fmt;

use crate::latency::Percentiles;

/// What a workload came to.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub(crate) struct Measured {
    /// Messages or connections a second.
    pub rate: f64,
    /// Processor time of the server for each, milliseconds.
    pub processor: f64,
    /// How long each took to be accepted.
    pub accepted: Option<Percentiles>,
    /// How long each was on its way.
    pub on_the_way: Option<Percentiles>,
    /// The most memory that the server used, or what a session costs; KiB.
    pub memory: Option<f64>,
    /// The rate in the last fifth, where it may fall.
    pub last_rate: Option<f64>,
    /// How many letters were not accepted.
    pub failed: usize,
}

impl Measured {
    /// This one beside another.
    pub(super) fn ratio(&self, other: &Self) -> String {
        let mut parts = Vec::new();
        let mut part = |what: &str, ours: f64, theirs: f64| {
            if ours > 0.0 && theirs > 0.0 {
                parts.push(format!("{what} x {:.2}", ours / theirs));
            }
        };
        part("rate", self.rate, other.rate);
        part("processor time", self.processor, other.processor);
        part("memory", self.memory.unwrap_or(0.0), other.memory.unwrap_or(0.0));
        let median = |times: Option<Percentiles>| times.map_or(0.0, |times| times.p50);
        part("accepted p50", median(self.accepted), median(other.accepted));
        part("on its way p50", median(self.on_the_way), median(other.on_the_way));
        parts.join(", ")
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rate > 0.0 {
            write!(formatter, "{:>7.0}/s  {:.3} ms of processor each", self.rate, self.processor)?;
        }
        if let Some(rate) = self.last_rate {
            write!(formatter, "; {rate:.0}/s in the last fifth")?;
        }
        if let Some(memory) = self.memory {
            write!(formatter, "; {memory:.1} KiB")?;
        }
        if let Some(times) = self.accepted {
            write!(formatter, "; accepted {times}")?;
        }
        if let Some(times) = self.on_the_way {
            write!(formatter, "; on its way {times}")?;
        }
        if self.failed > 0 {
            write!(formatter, "; {} FAILED", self.failed)?;
        }
        Ok(())
    }
}
