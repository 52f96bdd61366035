//! The clock of the wall, and whether it was set back.
//!
//! Due times are those of the wall, since they outlive the process. A clock that is set forward makes
//! mail due early, which nobody minds. One that is set back would make all that waits wait longer by as
//! much: it is noticed by a clock that nobody sets, and what waits is made due earlier.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::{Connection, Result, Row, params};

use super::books::Books;
use super::record::{id, nanoseconds};
use super::schema::NEVER;
use crate::spool::MessageId;

/// By how much the clock must be set back to be noticed: less delays mail no more than a retry's
/// jitter, and is how clocks are corrected every day.
const NOTICED: Duration = Duration::from_secs(10);

/// Now: nanoseconds since 1970.
pub(super) fn now() -> i64 {
    nanoseconds(Timestamp::now())
}

/// Watches the clock of the wall.
#[derive(Debug)]
pub(super) struct Watch(Mutex<(i64, Instant)>);

impl Watch {
    pub(super) fn begin() -> Self {
        Self(Mutex::new((now(), Instant::now())))
    }

    /// By how much the clock was set back since this was asked last: nanoseconds.
    pub(super) fn set_back(&self) -> Option<i64> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, steady) = std::mem::replace(&mut *last, (now(), Instant::now()));
        set_back(wall, last.0, last.1 - steady)
    }
}

fn set_back(before: i64, after: i64, passed: Duration) -> Option<i64> {
    let expected = before.saturating_add(i64::try_from(passed.as_nanos()).unwrap_or(i64::MAX));
    let by = expected.saturating_sub(after);
    (u128::try_from(by).unwrap_or(0) >= NOTICED.as_nanos()).then_some(by)
}

/// The clock was set back: what waits for a destination is due earlier, as if it had not been.
#[derive(Debug)]
pub(super) struct Advance {
    pub(super) destination: String,
    /// By how much: nanoseconds.
    pub(super) by: i64,
    /// Nanoseconds since 1970.
    pub(super) now: i64,
    pub(super) what: Advanced,
}

/// What of a destination is due earlier.
#[derive(Debug)]
pub(super) enum Advanced {
    /// The destination itself, if it is put off.
    PutOff,
    /// So many of its recipients.
    Recipients(Vec<Due>),
}

/// When a recipient is due: nanoseconds since 1970. In the order in which they are gone through; what
/// was moved is behind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) at: i64,
    pub(super) message: MessageId,
    pub(super) number: u32,
}

impl Advance {
    /// Answers with how many recipients it concerned.
    pub(super) fn make(&self, connection: &Connection, books: &mut Books) -> Result<u64> {
        match &self.what {
            Advanced::PutOff => connection
                .prepare_cached(
                    "UPDATE destination SET until = max(until - ?2, ?3) WHERE domain = ?1 AND until > ?3",
                )?
                .execute(params![self.destination, self.by, self.now])
                .map(|_| 0),
            Advanced::Recipients(due) => {
                books.recipient_moved(&self.destination);
                due.iter().try_fold(0, |moved, due| Ok(moved + self.move_one(connection, *due)?))
            }
        }
    }

    /// One that is due at another time by now has been settled after the clock was set.
    fn move_one(&self, connection: &Connection, due: Due) -> Result<u64> {
        let moved = connection
            .prepare_cached(
                "UPDATE recipient SET due = max(due - ?4, ?5), attention = max(attention - ?4, ?5)
                 WHERE message = ?1 AND number = ?2 AND due = ?3",
            )?
            .execute(params![due.message.into_bytes(), due.number, due.at, self.by, self.now])?;
        Ok(moved as u64)
    }
}

/// The next recipients of a destination to be due earlier, and at most so many.
pub(super) fn due_after(
    connection: &Connection,
    destination: &str,
    after: Due,
    most: usize,
) -> Result<Vec<Due>> {
    let mut statement = connection.prepare_cached(
        "SELECT due, message, number FROM recipient
         WHERE domain = ?1 AND (due, message, number) > (?2, ?3, ?4) AND due < ?5
         ORDER BY due, message, number LIMIT ?6",
    )?;
    let values = params![destination, after.at, after.message.into_bytes(), after.number, NEVER, most as i64];
    let read = |row: &Row<'_>| Ok(Due { at: row.get(0)?, message: id(row, 1)?, number: row.get(2)? });
    statement.query_map(values, read)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn only_a_clock_that_is_set_back_is_noticed() {
        let minute = Duration::from_secs(60);
        assert_eq!(set_back(1000 * SECOND, 1060 * SECOND, minute), None);
        assert_eq!(set_back(1000 * SECOND, 1055 * SECOND, minute), None, "it is corrected");
        assert_eq!(set_back(1000 * SECOND, 9000 * SECOND, minute), None, "it is set forward");
        assert_eq!(set_back(1000 * SECOND, 960 * SECOND, minute), Some(100 * SECOND));
        assert_eq!(Watch::begin().set_back(), None);
    }
}
