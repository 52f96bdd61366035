//! How long a session may begin transactions under a bundle that is no longer in force.

use std::time::Duration;

use tokio::time::Instant;

/// Transactions may begin so long after a swap was noticed; the client then connects again and
/// gets the bundle in force.
const GRACE: Duration = Duration::from_secs(5 * 60);

/// A session's bundle: in force, or since when it is known not to be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tenure {
    superseded: Option<Instant>,
}

/// Whether a transaction may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It may.
    Good,
    /// The bundle is too old: `421 4.3.2`.
    Over,
}

/// Whether the session's bundle is the one in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// It is.
    InForce,
    /// Another was swapped in.
    Superseded,
}

impl Tenure {
    /// Notes at every command how it is, so that an idle session cannot keep an old bundle long.
    pub(super) fn observe(&mut self, generation: Generation, now: Instant) -> Standing {
        if generation == Generation::InForce {
            return Standing::Good;
        }
        let since = *self.superseded.get_or_insert(now);
        if now.duration_since(since) < GRACE { Standing::Good } else { Standing::Over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_minutes_remain_after_a_swap() {
        let (start, mut tenure) = (Instant::now(), Tenure::default());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(tenure.observe(Generation::InForce, after(1000)), Standing::Good);
        assert_eq!(tenure.observe(Generation::Superseded, after(1100)), Standing::Good);
        assert_eq!(tenure.observe(Generation::Superseded, after(1399)), Standing::Good);
        assert_eq!(tenure.observe(Generation::Superseded, after(1400)), Standing::Over);
    }
}
