//! Who waits for a place at a host, in the order of coming. No I/O, no clock of its own.
//!
//! The spool asks destination by destination, the one with the oldest mail first, and leases to whoever
//! has room. Without a line a place that a busy destination gives up would be its own again at once: its
//! mail is the oldest.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// How long one that is not asked for any more keeps its place in the line, however many rounds there are:
/// a round is of so many destinations only.
pub(super) const GONE: Duration = Duration::from_millis(250);

/// A destination's place in a line: who has a lower one goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// When somebody was last asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// In which of the rounds over all destinations.
    pub round: u64,
    pub at: Instant,
}

/// Those who wait for a place.
#[derive(Debug, Default)]
pub(super) struct Line(BTreeMap<Ticket, Asked>);

impl Ticket {
    /// The one of so many that were given out.
    pub(super) fn number(number: u64) -> Self {
        Self(number)
    }
}

impl Line {
    /// Somebody joins, or is asked for again.
    pub(super) fn stands(&mut self, ticket: Ticket, asked: Asked) {
        self.0.insert(ticket, asked);
    }

    /// Whether this one is still here.
    pub(super) fn holds(&self, ticket: Ticket) -> bool {
        self.0.contains_key(&ticket)
    }

    /// Somebody has a place, or goes elsewhere.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.0.remove(&ticket);
    }

    /// How many go before this one, or before one that is not here; at most `most`.
    pub(super) fn before(&self, ticket: Option<Ticket>, most: usize) -> usize {
        let first = self.0.keys().take(most);
        first.take_while(|standing| ticket.is_none_or(|ticket| **standing < ticket)).count()
    }

    /// Lets go of those in front that want no place any more: everybody else was asked for since.
    pub(super) fn let_go(&mut self, now: Asked) {
        while let Some(first) = self.0.first_entry() {
            let was = first.get();
            if was.round + 1 >= now.round || now.at.duration_since(was.at) <= GONE {
                return;
            }
            first.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(start: Instant) -> Line {
        let mut line = Line::default();
        for number in 1..=3 {
            line.stands(Ticket(number), Asked { round: 1, at: start });
        }
        line
    }

    #[test]
    fn who_came_first_goes_first() {
        let mut line = line(Instant::now());
        let before = |line: &Line| [Some(Ticket(1)), Some(Ticket(3)), None].map(|it| line.before(it, 10));
        assert_eq!(before(&line), [0, 2, 3]);
        assert_eq!(line.before(None, 2), 2, "no more count than there are places");
        line.leave(Ticket(1));
        assert_eq!(before(&line), [0, 1, 2]);
    }

    #[test]
    fn only_who_was_not_asked_for_in_a_whole_round_and_for_long_is_let_go() {
        let start = Instant::now();
        let (soon, late) = (start + GONE, start + 2 * GONE);
        for (round, at, left) in [(2, late, 3), (3, soon, 3), (3, late, 0)] {
            let mut line = line(start);
            line.let_go(Asked { round, at });
            assert_eq!(line.before(None, 10), left, "round {round}");
        }
        let mut line = line(start);
        line.stands(Ticket(2), Asked { round: 3, at: late });
        line.let_go(Asked { round: 3, at: late });
        assert!(!line.holds(Ticket(1)) && line.holds(Ticket(2)));
    }
}
