//! How long a host or a destination that cannot be reached is left alone. No I/O, no clock of its own.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait: a host that is being restarted is back soon.
const FIRST: Duration = Duration::from_secs(15);

/// The longest wait: a host that is back is noticed within it, however long it was away.
pub(in crate::outgoing) const LONGEST: Duration = Duration::from_secs(30 * 60);

/// How long it takes until everybody has heard of a failure.
const HEARD: Duration = Duration::from_secs(2);

/// What is remembered of an outage.
#[derive(Clone, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    until: Option<Instant>,
    /// When it was last known better: what had begun before tells nothing new.
    known: Option<Instant>,
}

/// A chance from 0 to 1, drawn by the caller.
#[derive(Clone, Copy, Debug)]
pub(in crate::outgoing) struct Chance(pub f64);

impl Backoff {
    /// What began then has failed. The time to leave it alone until, unless that was known.
    pub(super) fn failed(
        &mut self,
        began: Instant,
        now: Instant,
        (retry, chance): (&[Duration], Chance),
    ) -> Option<Instant> {
        if self.known.is_some_and(|known| began <= known) {
            return None;
        }
        let until = now + chance.spread(wait(retry, self.failures));
        self.failures = self.failures.saturating_add(1);
        (self.until, self.known) = (Some(until), Some(now));
        Some(until)
    }

    /// It is left alone until then, and nobody has tried.
    pub(super) fn until_then(&mut self, until: Instant, now: Instant) {
        (self.failures, self.known) = (self.failures.max(1), Some(now));
        self.until = Some(self.until.map_or(until, |known| known.max(until)));
    }

    /// Somebody who knows better wants it tried now. Not so soon after a failure: he may not have heard
    /// of it yet.
    pub(super) fn is_to_be_tried(&mut self, now: Instant) -> bool {
        let is_heard_of = self.known.is_none_or(|known| now.duration_since(known) >= HEARD);
        if is_heard_of {
            self.until = None;
        }
        is_heard_of
    }

    /// It works. Whether that is news.
    pub(super) fn succeeded(&mut self, now: Instant) -> bool {
        let is_news = self.failures > 0;
        (self.failures, self.until, self.known) = (0, None, Some(now));
        is_news
    }

    /// Until when it is left alone, if it is.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }

    /// When that may be otherwise.
    pub(super) fn changes_at(&self, now: Instant) -> Option<Instant> {
        let heard = self.known.map(|known| known + HEARD).filter(|heard| *heard > now);
        self.until(now).map(|until| heard.map_or(until, |heard| heard.min(until)))
    }

    /// Whether the next try is a probe: nobody knows whether the outage is over.
    pub(super) fn is_probing(&self) -> bool {
        self.failures > 0
    }
}

impl Chance {
    /// The wait, a fifth shorter or longer: what failed together must not come back together.
    pub(in crate::outgoing) fn spread(self, wait: Duration) -> Duration {
        wait.mul_f64(0.8 + 0.4 * self.0.clamp(0.0, 1.0))
    }
}

/// The wait after so many failures and this one: doubled each time, and never longer than a message
/// would wait after so many attempts.
fn wait(retry: &[Duration], failures: u32) -> Duration {
    let at = usize::try_from(failures).unwrap_or(usize::MAX);
    let of_message = retry.get(at).or(retry.last()).copied().unwrap_or(LONGEST);
    FIRST.saturating_mul(1 << failures.min(16)).min(of_message).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: Chance = Chance(0.5);

    fn minutes(all: &[u64]) -> Vec<Duration> {
        all.iter().map(|minutes| Duration::from_secs(minutes * 60)).collect()
    }

    #[test]
    fn waits_double_up_to_what_messages_wait() {
        let retry = minutes(&[5, 15, 30]);
        let waits: Vec<u64> = (0..10).map(|failures| wait(&retry, failures).as_secs()).collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
        assert_eq!(wait(&[Duration::from_secs(1)], 30), Duration::from_secs(1));
    }

    #[test]
    fn an_outage_is_counted_once_for_all_that_were_under_way() {
        let (start, retry) = (Instant::now(), minutes(&[60]));
        let at = |second| start + Duration::from_secs(second);
        let mut backoff = Backoff::default();
        assert_eq!(backoff.failed(at(1), at(10), (&retry, EVEN)), Some(at(25)));
        assert_eq!(backoff.failed(at(2), at(11), (&retry, EVEN)), None);
        assert_eq!(backoff.until(at(24)), Some(at(25)));
        assert_eq!((backoff.until(at(25)), backoff.is_probing()), (None, true));
        assert_eq!(backoff.failed(at(26), at(30), (&retry, EVEN)), Some(at(60)));
        assert!(backoff.succeeded(at(61)));
        assert!(!backoff.succeeded(at(62)));
        assert_eq!(backoff.failed(at(60), at(63), (&retry, EVEN)), None, "it began before the success");
        assert!(!backoff.is_probing());
    }

    #[test]
    fn waits_are_spread() {
        let wait = Duration::from_secs(100);
        assert_eq!(Chance(0.0).spread(wait), Duration::from_secs(80));
        assert_eq!(Chance(1.0).spread(wait), Duration::from_secs(120));
    }
}
