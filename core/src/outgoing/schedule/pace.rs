//! A rate that is held: so many within any stretch of the time, however they come (the generic cell
//! rate algorithm). No I/O, no clock of its own.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Rate;

/// What was used of a rate.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    /// From one to the next, where they come evenly.
    apart: Duration,
    /// How far ahead of that they may come.
    ahead: Duration,
    /// When the next one would come, evenly.
    next: Option<Instant>,
}

impl Pace {
    /// Nothing was used. A tenth may come at once; the rest is spread so that no stretch of the time
    /// sees more than the rate.
    pub(super) fn new(rate: Rate) -> Self {
        let burst = (rate.number / 10).max(1);
        let apart = rate.per / (rate.number - burst + 1).max(1);
        Self { apart, ahead: apart * (burst - 1), next: None }
    }

    /// How many may come now.
    pub(super) fn available(&self, now: Instant) -> usize {
        let next = self.next.map_or(now, |next| next.max(now));
        let Some(behind) = (now + self.ahead).checked_duration_since(next) else {
            return 0;
        };
        let whole = behind.as_nanos() / self.apart.as_nanos().max(1);
        usize::try_from(whole).unwrap_or(usize::MAX).saturating_add(1)
    }

    /// One comes.
    pub(super) fn take(&mut self, now: Instant) {
        self.next = Some(self.next.map_or(now, |next| next.max(now)) + self.apart);
    }

    /// So many have not come after all.
    pub(super) fn put_back(&mut self, number: usize) {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.next = self.next.and_then(|next| next.checked_sub(self.apart.saturating_mul(number)));
    }

    /// When one may come.
    pub(super) fn ready_at(&self, now: Instant) -> Instant {
        self.next.and_then(|next| next.checked_sub(self.ahead)).map_or(now, |ready| ready.max(now))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pace(number: u32, seconds: u64) -> Pace {
        Pace::new(Rate { number, per: Duration::from_secs(seconds) })
    }

    #[test]
    fn one_a_minute_is_one_a_minute() {
        let start = Instant::now();
        let mut pace = pace(1, 60);
        assert_eq!(pace.available(start), 1);
        pace.take(start);
        assert_eq!(pace.available(start + Duration::from_secs(59)), 0);
        assert_eq!(pace.ready_at(start), start + Duration::from_secs(60));
        assert_eq!(pace.available(start + Duration::from_secs(60)), 1);
    }

    #[test]
    fn an_unused_rate_saves_up_no_more_than_a_tenth() {
        let start = Instant::now();
        let mut pace = pace(100, 60);
        assert_eq!(pace.available(start), 10);
        pace.take(start);
        assert_eq!(pace.available(start), 9);
        assert_eq!(pace.available(start + Duration::from_secs(3600)), 10);
    }

    proptest! {
        #[test]
        fn no_stretch_sees_more_than_the_rate(number in 1_u32..60, steps in prop::collection::vec(0_u64..5000, 1..200)) {
            let mut pace = pace(number, 10);
            let start = Instant::now();
            let mut now = Duration::ZERO;
            let mut taken: Vec<Duration> = vec![];
            for step in steps {
                now += Duration::from_millis(step);
                while pace.available(start + now) > 0 {
                    pace.take(start + now);
                    taken.push(now);
                }
            }
            for (at, begin) in taken.iter().enumerate() {
                let within = taken[at..].iter().take_while(|it| **it < *begin + Duration::from_secs(10)).count();
                prop_assert!(within <= number as usize, "{} of {} within 10 s", within, number);
            }
        }
    }
}
