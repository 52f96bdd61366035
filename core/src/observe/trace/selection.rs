//! What one follower is shown: the sessions that he wants, each from its beginning.
//!
//! A session becomes interesting when its client, sender or recipient is known. Until then its events
//! are held, within bounds, so that its beginning is shown, too.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use waxseal_plugins::hooks::{Direction, HookName};

use super::{Event, Subject, What};

/// How many events of one session are held at most. The first and those behind are dropped last: who it is
/// and what came just before.
const OF_ONE: usize = 256;
/// How many events are held in all.
const IN_ALL: usize = 64 * 1024;
/// How many sessions are known at once.
const SESSIONS: usize = 16 * 1024;

/// What a follower wants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Sessions in which one of these is met; all where there is none.
    #[serde(default)]
    pub subjects: Vec<Subject>,
    /// Sessions of this direction; of both where there is none.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Nothing but decisions of these hooks; everything where there is none.
    #[serde(default)]
    pub hooks: Vec<HookName>,
    /// So many sessions, to their ends.
    #[serde(default)]
    pub count: Option<usize>,
}

/// What one follower is shown.
#[derive(Debug)]
pub struct Selection {
    wanted: Wanted,
    known: HashMap<String, Known>,
    /// The known sessions in their order; some may be forgotten by now.
    order: VecDeque<String>,
    /// How many events are held.
    held: usize,
    shown: usize,
    ended: usize,
}

/// A session.
#[derive(Debug)]
enum Known {
    /// Nothing interesting has happened in it yet.
    Held(VecDeque<Arc<Event>>),
    /// It is shown.
    Shown,
    /// It was shown, and has ended: what is still said at the end of its connection is shown, too.
    Ended,
}

impl Selection {
    /// What such a follower is shown.
    pub fn new(wanted: Wanted) -> Self {
        let (known, order) = (HashMap::new(), VecDeque::new());
        Self { wanted, known, order, held: 0, shown: 0, ended: 0 }
    }

    /// What is to be shown now that this has happened.
    pub fn take(&mut self, event: Arc<Event>) -> Vec<Arc<Event>> {
        if self.wanted.direction.is_some_and(|direction| direction != event.direction) {
            return vec![];
        }
        let mut show = match self.known.get(&event.session) {
            Some(Known::Shown | Known::Ended) => vec![event],
            Some(Known::Held(_)) | None => self.unknown(event),
        };
        for event in &show {
            if event.what.is_end()
                && let Some(known @ Known::Shown) = self.known.get_mut(&event.session)
            {
                *known = Known::Ended;
                self.ended += 1;
            }
        }
        show.retain(|event| self.is_wanted(event));
        show
    }

    /// Whether so many sessions were shown to their ends as were wanted.
    pub fn is_complete(&self) -> bool {
        self.wanted.count.is_some_and(|count| self.ended >= count)
    }

    /// Of a session that is not shown yet.
    fn unknown(&mut self, event: Arc<Event>) -> Vec<Arc<Event>> {
        if self.wanted.count.is_some_and(|count| self.shown >= count) {
            return vec![];
        }
        let is_met =
            self.wanted.subjects.is_empty() || self.wanted.subjects.iter().any(|it| it.is_in(&event));
        let (session, is_end) = (event.session.clone(), event.what.is_end());
        self.hold(event);
        if is_met {
            self.shown += 1;
            return match self.known.insert(session, Known::Shown) {
                Some(Known::Held(events)) => {
                    self.held -= events.len();
                    events.into()
                }
                _ => vec![],
            };
        }
        if is_end {
            self.forget(&session);
        }
        vec![]
    }

    fn hold(&mut self, event: Arc<Event>) {
        if !self.known.contains_key(&event.session) {
            self.order.push_back(event.session.clone());
            self.known.insert(event.session.clone(), Known::Held(VecDeque::new()));
        }
        if let Some(Known::Held(events)) = self.known.get_mut(&event.session) {
            if events.len() >= OF_ONE {
                // The second: the first says whose session it is.
                events.remove(1);
                self.held -= 1;
            }
            events.push_back(event);
            self.held += 1;
        }
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.held > IN_ALL || self.known.len() > SESSIONS {
            let Some(oldest) = self.order.pop_front() else { return };
            self.forget(&oldest);
        }
        // Those that were forgotten at their ends are still in the order.
        if self.order.len() > 4 * SESSIONS {
            let order = mem::take(&mut self.order);
            self.order = order.into_iter().filter(|session| self.known.contains_key(session)).collect();
        }
    }

    fn forget(&mut self, session: &str) {
        if let Some(Known::Held(events)) = self.known.remove(session) {
            self.held -= events.len();
        }
    }

    fn is_wanted(&self, event: &Event) -> bool {
        match &event.what {
            _ if self.wanted.hooks.is_empty() => true,
            What::Decided(decided) => self.wanted.hooks.contains(&decided.hook),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn event(session: &str, what: What) -> Arc<Event> {
        let (time, session) = (Timestamp::UNIX_EPOCH, session.to_owned());
        Arc::new(Event { time, session, direction: Direction::Incoming, what })
    }

    fn said(session: &str, text: &str) -> Arc<Event> {
        event(session, What::Client { text: text.to_owned() })
    }

    fn ended(session: &str) -> Arc<Event> {
        event(session, What::Ended { reason: "QUIT".to_owned() })
    }

    fn of(subject: &str) -> Wanted {
        Wanted { subjects: vec![subject.parse().unwrap()], ..Wanted::default() }
    }

    fn texts(events: &[Arc<Event>]) -> Vec<&str> {
        let text = |event: &Arc<Event>| match &event.what {
            What::Client { text } => text.clone().leak() as &str,
            _ => "end",
        };
        events.iter().map(text).collect()
    }

    #[test]
    fn a_session_is_shown_from_its_beginning_once_it_is_interesting() {
        let mut selection = Selection::new(of("example.org"));
        assert!(selection.take(said("a", "EHLO one")).is_empty());
        assert!(selection.take(said("b", "EHLO two")).is_empty());
        let shown = selection.take(said("a", "MAIL FROM:<x@example.org>"));
        assert_eq!(texts(&shown), ["EHLO one", "MAIL FROM:<x@example.org>"]);
        assert_eq!(texts(&selection.take(said("a", "DATA"))), ["DATA"]);
        assert!(selection.take(said("b", "MAIL FROM:<x@example.net>")).is_empty());
        assert_eq!(texts(&selection.take(ended("a"))), ["end"]);
        assert!(selection.take(ended("b")).is_empty());
        assert_eq!((selection.held, selection.known.len()), (0, 1));
    }

    #[test]
    fn without_a_subject_all_is_shown_and_a_count_ends_it() {
        let mut selection = Selection::new(Wanted { count: Some(2), ..Wanted::default() });
        assert_eq!(selection.take(said("a", "NOOP")).len(), 1);
        assert_eq!(selection.take(said("b", "NOOP")).len(), 1);
        assert!(selection.take(said("c", "NOOP")).is_empty(), "a third");
        assert_eq!(selection.take(ended("a")).len(), 1);
        assert!(!selection.is_complete());
        assert_eq!(selection.take(ended("b")).len(), 1);
        assert!(selection.is_complete());
    }

    #[test]
    fn of_the_other_direction_nothing_is_shown() {
        let direction = Some(Direction::Outgoing);
        let mut selection = Selection::new(Wanted { direction, ..Wanted::default() });
        assert!(selection.take(said("a", "NOOP")).is_empty());
        assert!(selection.known.is_empty());
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut selection = Selection::new(of("example.org"));
        for number in 0..2 * OF_ONE {
            selection.take(said("long", &format!("NOOP {number}")));
        }
        assert_eq!(selection.held, OF_ONE);
        let shown = selection.take(said("long", "MAIL FROM:<x@example.org>"));
        assert_eq!((shown.len(), texts(&shown)[0]), (OF_ONE, "NOOP 0"), "the first line stays");
        for session in 0..3 * SESSIONS {
            for _ in 0..5 {
                selection.take(said(&session.to_string(), "NOOP"));
            }
        }
        assert!(selection.held <= IN_ALL && selection.known.len() <= SESSIONS, "{}", selection.held);
        for session in 0..9 * SESSIONS {
            selection.take(said(&format!("brief {session}"), "NOOP"));
            selection.take(ended(&format!("brief {session}")));
        }
        assert!(selection.order.len() <= 4 * SESSIONS + 1, "{}", selection.order.len());
    }
}
