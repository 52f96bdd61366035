//! The last decisions, numbered, for those who look: newest first by pages, or as they come.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::record::Record;

/// How many decisions are kept at most. Each shares its facts with the others of its session.
const KEPT: usize = 2_000;

/// How many octets their lines of the log have together at most: a message may have a thousand recipients. The
/// newest is kept whatever its length.
const OCTETS: usize = 16 * 1024 * 1024;

/// The last decisions.
#[derive(Debug)]
pub struct Recent {
    kept: Mutex<Kept>,
    newest: watch::Sender<u64>,
}

/// Those that are kept, oldest first.
#[derive(Debug)]
struct Kept {
    heard: VecDeque<Heard>,
    /// How long their lines are together, octets.
    octets: usize,
}

/// A decision with its number. Numbers begin with 1 at the relay's start, and none is left out.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its number.
    pub number: u64,
    /// The decision.
    pub record: Arc<Record>,
    /// How long its line of the log is, octets.
    length: usize,
}

/// What came after a number.
#[derive(Clone, Debug, Default)]
pub struct Since {
    /// The decisions that were looked for, oldest first.
    pub heard: Vec<Heard>,
    /// How many are gone already, of whatever kind.
    pub missed: u64,
    /// With which number to ask next.
    pub number: u64,
}

impl Default for Recent {
    fn default() -> Self {
        let kept = Kept { heard: VecDeque::with_capacity(KEPT), octets: 0 };
        Self { kept: Mutex::new(kept), newest: watch::Sender::new(0) }
    }
}

impl Recent {
    /// A decision was taken; its line of the log has so many octets.
    pub(super) fn hear(&self, record: Arc<Record>, length: usize) {
        let number = self.kept().keep(record, length);
        self.newest.send_replace(number);
    }

    /// Newest first: at most so many of those that are looked for, before a number. More follow where
    /// there are as many as were asked for.
    pub fn page(&self, before: Option<u64>, most: usize, wanted: impl Fn(&Record) -> bool) -> Vec<Heard> {
        let heard = &self.kept().heard;
        let older = heard.iter().rev().filter(|one| before.is_none_or(|before| one.number < before));
        older.filter(|one| wanted(&one.record)).take(most).cloned().collect()
    }

    /// The one with this number, if it is kept.
    pub fn one(&self, number: u64) -> Option<Heard> {
        let heard = &self.kept().heard;
        let first = heard.front()?.number;
        // Numbers have no gaps.
        let at = usize::try_from(number.checked_sub(first)?).ok()?;
        heard.get(at).cloned()
    }

    /// What came after a number. A number that was not given out yet is one of an earlier start: then
    /// it is all that is kept.
    pub fn since(&self, number: u64, wanted: impl Fn(&Record) -> bool) -> Since {
        let heard = &self.kept().heard;
        let newest = heard.back().map_or(0, |last| last.number);
        let number = if number > newest { 0 } else { number };
        let oldest = heard.front().map_or(1, |first| first.number);
        let newer = heard.iter().filter(|one| one.number > number);
        Since {
            heard: newer.filter(|one| wanted(&one.record)).cloned().collect(),
            missed: oldest.saturating_sub(number + 1),
            number: newest,
        }
    }

    /// Tells the number of the newest decision.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Keeps one more, and gives its number.
    fn keep(&mut self, record: Arc<Record>, length: usize) -> u64 {
        let number = self.heard.back().map_or(0, |last| last.number) + 1;
        self.octets += length;
        while self.heard.len() >= KEPT || self.octets > OCTETS {
            let Some(oldest) = self.heard.pop_front() else { break };
            self.octets -= oldest.length;
        }
        self.heard.push_back(Heard { number, record, length });
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::record;
    use super::*;

    fn heard(domains: &[&str]) -> Recent {
        let recent = Recent::default();
        for domain in domains {
            recent.hear(Arc::new(Record { domain: (*domain).to_owned(), ..record() }), 100);
        }
        recent
    }

    fn numbers(heard: &[Heard]) -> Vec<u64> {
        heard.iter().map(|one| one.number).collect()
    }

    #[test]
    fn pages_go_back_in_time_and_leave_nothing_out() {
        let recent = heard(&["a", "b", "a", "a"]);
        let wanted = |record: &Record| record.domain == "a";
        let first = recent.page(None, 2, wanted);
        assert_eq!(numbers(&first), [4, 3]);
        assert_eq!(numbers(&recent.page(Some(3), 2, wanted)), [1]);
    }

    #[test]
    fn what_is_gone_is_counted() {
        let recent = Recent::default();
        for _ in 0..KEPT + 5 {
            recent.hear(Arc::new(record()), 100);
        }
        let since = recent.since(2, |_| true);
        assert_eq!((since.missed, since.heard.len(), since.number), (3, KEPT, KEPT as u64 + 5));
        let none = recent.since(since.number, |_| true);
        assert_eq!((none.missed, none.heard.len()), (0, 0));
    }

    #[test]
    fn long_ones_are_kept_in_smaller_number_and_the_newest_always() {
        let recent = Recent::default();
        for length in [OCTETS / 2, OCTETS / 4, OCTETS / 2, 2 * OCTETS, 1] {
            recent.hear(Arc::new(record()), length);
        }
        assert_eq!(numbers(&recent.page(None, 9, |_| true)), [5]);
        recent.hear(Arc::new(record()), OCTETS / 2);
        recent.hear(Arc::new(record()), OCTETS / 2 - 1);
        assert_eq!(numbers(&recent.page(None, 9, |_| true)), [7, 6, 5]);
    }

    #[test]
    fn a_number_of_an_earlier_start_begins_anew() {
        let recent = heard(&["a", "b"]);
        assert_eq!(numbers(&recent.since(900, |_| true).heard), [1, 2]);
    }

    #[tokio::test]
    async fn who_waits_hears_of_the_next() {
        let recent = heard(&["a"]);
        let mut newest = recent.subscribe();
        newest.borrow_and_update();
        recent.hear(Arc::new(record()), 100);
        newest.changed().await.unwrap();
        assert_eq!(*newest.borrow(), 2);
    }
}
