//! What is known of the sessions that a log is about, within bounds.

use std::collections::{HashMap, VecDeque};

use super::at_mail::MailFrom;
use super::course::Course;

/// How many sessions are remembered, of which most have ended: what came before is forgotten.
const SESSIONS: usize = 8192;

/// A session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// As the log has it.
    pub(super) recorded: Course,
    /// As each bundle would have had it.
    pub(super) asked: Vec<Course>,
    /// A MAIL FROM of which records may follow.
    pub(super) mail: Option<MailFrom>,
    /// Whether its beginning was missed: the first MAIL FROM may lack records.
    pub(super) is_missed: bool,
}

/// The sessions, by id.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    known: HashMap<String, Session>,
    order: VecDeque<String>,
}

impl Sessions {
    /// The session of an id, with a course for each of so many bundles; and the oldest one, where that
    /// must be forgotten for it.
    pub(super) fn of(&mut self, id: &str, bundles: usize) -> (Option<Session>, &mut Session) {
        let mut forgotten = None;
        if !self.known.contains_key(id) {
            if self.known.len() >= SESSIONS {
                forgotten = self.order.pop_front().and_then(|oldest| self.known.remove(&oldest));
            }
            self.order.push_back(id.to_owned());
        }
        let begin = || Session { asked: vec![Course::default(); bundles], ..Session::default() };
        (forgotten, self.known.entry(id.to_owned()).or_insert_with(begin))
    }

    /// Whether a session is remembered.
    pub(super) fn has(&self, id: &str) -> bool {
        self.known.contains_key(id)
    }

    /// All of them.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Session> {
        self.known.values_mut()
    }

    /// Forgets all of them.
    pub(super) fn forget(&mut self) {
        self.known.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_session_is_forgotten() {
        let mut sessions = Sessions::default();
        for number in 0..SESSIONS {
            assert!(sessions.of(&number.to_string(), 1).0.is_none());
        }
        assert!(sessions.of("0", 1).0.is_none());
        assert!(sessions.of("new", 1).0.is_some());
        assert!(!sessions.has("0") && sessions.has("1"));
        assert_eq!(sessions.known.len(), sessions.order.len());
    }
}
