//! How many connections at once: it starts small, grows with success, and halves when the other side
//! has too much. No I/O, and no clock of its own.

use tokio::time::Instant;

/// How many there may be before anything is known.
const START: usize = 3;

/// A number of connections that adapts.
#[derive(Clone, Debug)]
pub(super) struct Window {
    size: usize,
    limit: usize,
    /// Successes since it last changed: a round is as many as the window is wide.
    round: usize,
    /// When it last shrank: what had begun before was sent into the wider one, and says nothing of
    /// the new.
    shrank: Option<Instant>,
}

impl Window {
    /// Up to this limit, at least one.
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        Self { size: START.min(limit), limit, round: 0, shrank: None }
    }

    /// How many there may be.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// A message was taken: one more after each round.
    pub(super) fn succeeded(&mut self) {
        self.round += 1;
        if self.round >= self.size {
            self.round = 0;
            self.size = (self.size + 1).min(self.limit);
        }
    }

    /// What began then was too much: half as many, once for all that were under way.
    pub(super) fn shrink(&mut self, began: Instant, now: Instant) {
        if self.shrank.is_none_or(|shrank| began > shrank) {
            (self.size, self.round, self.shrank) = ((self.size / 2).max(1), 0, Some(now));
        }
    }

    /// One, as a probe after an outage; from there it grows again.
    pub(super) fn begin_anew(&mut self, now: Instant) {
        (self.size, self.round, self.shrank) = (1, 0, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn second(number: u64, start: Instant) -> Instant {
        start + Duration::from_secs(number)
    }

    #[test]
    fn it_starts_small_and_grows_by_one_a_round() {
        let mut window = Window::new(5);
        assert_eq!(window.size(), 3);
        for (successes, size) in [(2, 3), (1, 4), (3, 4), (1, 5), (100, 5)] {
            (0..successes).for_each(|_| window.succeeded());
            assert_eq!(window.size(), size);
        }
        assert_eq!(Window::new(0).size(), 1);
        assert_eq!(Window::new(2).size(), 2);
    }

    #[test]
    fn it_halves_once_for_all_that_were_under_way() {
        let start = Instant::now();
        let mut window = Window::new(16);
        (0..200).for_each(|_| window.succeeded());
        assert_eq!(window.size(), 16);
        for _ in 0..16 {
            window.shrink(second(1, start), second(2, start));
        }
        assert_eq!(window.size(), 8);
        window.shrink(second(3, start), second(4, start));
        assert_eq!(window.size(), 4);
        for later in 5..9 {
            window.shrink(second(later, start), second(later, start));
        }
        assert_eq!(window.size(), 1);
    }
}
