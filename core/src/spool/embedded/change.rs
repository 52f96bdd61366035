//! The changes that the writer makes, each within a transaction of the batch that it rides in.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::arrival::Arrival;
use super::books::Books;
use super::clock::Advance;
use super::destinations;
use super::lease::Leases;
use super::place::{At, Place};
use super::quarantine::Ended;
use super::record::{nanoseconds, standing, standing_number, text};
use super::schema::NEVER;
use super::steering::Steering;
use crate::spool::{MessageId, Outcome, Standing, Status};

/// A change of the queue.
#[derive(Debug)]
pub(super) enum Change {
    /// A message is new.
    Add(Box<Arrival>),
    /// Recipients have an outcome.
    Settle(Settling),
    /// A destination is put off, or not any more.
    PutOff { destination: String, until: Option<(i64, Status)> },
    /// The operator has said something.
    Steer(Steering),
    /// A message is quarantined no more.
    Unquarantine(Ended),
    /// The clock was set back: what waits for a destination is due earlier.
    Advance(Advance),
}

/// A settlement that counts: its lease is held.
#[derive(Debug)]
pub(super) struct Settling {
    pub(super) message: MessageId,
    pub(super) outcomes: Vec<(u32, Outcome)>,
    /// Their domain.
    pub(super) domain: Arc<str>,
    pub(super) attempt: Attempt,
    pub(super) notices: Vec<Arrival>,
}

/// Whether a settlement counts as an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// A host was tried.
    Made,
    /// The lease was for something else.
    None,
}

impl Change {
    /// The messages that it brings.
    pub(super) fn arrivals(&self) -> &[Arrival] {
        match self {
            Self::Add(arrival) => std::slice::from_ref(arrival),
            Self::Settle(settling) => &settling.notices,
            Self::PutOff { .. } | Self::Steer(_) | Self::Unquarantine(_) | Self::Advance(_) => &[],
        }
    }

    /// The messages that it brings.
    pub(super) fn arrivals_mut(&mut self) -> &mut [Arrival] {
        match self {
            Self::Add(arrival) => std::slice::from_mut(arrival),
            Self::Settle(settling) => &mut settling.notices,
            Self::PutOff { .. } | Self::Steer(_) | Self::Unquarantine(_) | Self::Advance(_) => &mut [],
        }
    }

    /// How much of the batch's room it takes. Octets.
    pub(super) fn weight(&self) -> usize {
        self.arrivals().iter().map(|arrival| arrival.inline().len()).sum()
    }

    /// Makes the change. Answers with how many recipients it concerned.
    pub(super) fn make(
        &mut self,
        connection: &Connection,
        books: &mut Books,
        leases: &Leases,
    ) -> Result<u64> {
        match self {
            Self::Add(arrival) => arrival.insert(connection, books)?,
            Self::Settle(settling) => settling.make(connection, books)?,
            Self::PutOff { destination, until } => {
                destinations::put_off(connection, destination, until.as_ref())?;
            }
            Self::Steer(steering) => return steering.make(connection, books, leases),
            Self::Unquarantine(ended) => return ended.make(connection, books),
            Self::Advance(advance) => return advance.make(connection, books),
        }
        Ok(1)
    }
}

impl Settling {
    fn make(&mut self, connection: &Connection, books: &mut Books) -> Result<()> {
        let (mut left, mut tell) = (Left::Some, Tell::Nobody);
        for (number, outcome) in &self.outcomes {
            let applied = self.apply(connection, *number, outcome, books)?;
            (left, tell) = (left.max(applied.0), tell.max(applied.1));
        }
        // They are about all recipients together: it is enough that one of them may be told of.
        if tell == Tell::Sender {
            self.notices.iter_mut().try_for_each(|notice| notice.insert(connection, books))?;
        }
        match left {
            Left::Fewer => remove_if_finished(connection, self.message, books),
            Left::Some => Ok(()),
        }
    }

    /// Applies an outcome. What the operator has said meanwhile stays so, but for what was delivered.
    fn apply(
        &self,
        connection: &Connection,
        number: u32,
        outcome: &Outcome,
        books: &mut Books,
    ) -> Result<(Left, Tell)> {
        let key = (self.message, number);
        match outcome {
            Outcome::Delivered => {
                remove_recipient(connection, key, books)?;
                Ok((Left::Fewer, Tell::Sender))
            }
            Outcome::Failed { status } => self.fail(connection, key, status, books),
            Outcome::Deferred { due, status, attention } => {
                let deferred = self.defer(connection, key, (*due, *attention), status, books)?;
                let Some(standing) = deferred else { return remove_quietly(connection, key, books) };
                let tell = if standing == Standing::Waiting { Tell::Sender } else { Tell::Nobody };
                Ok((Left::Some, tell))
            }
            Outcome::Abandoned if is_removed(connection, key)? => remove_quietly(connection, key, books),
            Outcome::Abandoned => Ok((Left::Some, Tell::Nobody)),
        }
    }

    /// Ends a recipient, unless the operator holds it: then only what the attempt came to is kept.
    fn fail(
        &self,
        connection: &Connection,
        (id, number): (MessageId, u32),
        status: &Status,
        books: &mut Books,
    ) -> Result<(Left, Tell)> {
        let held = connection
            .prepare_cached(
                "UPDATE recipient SET attempts = attempts + ?3, status = ?4
                 WHERE message = ?1 AND number = ?2 AND standing = 1",
            )?
            .execute(params![id.into_bytes(), number, self.attempt == Attempt::Made, text(status)?])?;
        if held > 0 {
            return Ok((Left::Some, Tell::Nobody));
        }
        let tell = match remove_recipient(connection, (id, number), books)? {
            Some((_, Standing::Removed)) | None => Tell::Nobody,
            Some(_) => Tell::Sender,
        };
        Ok((Left::Fewer, tell))
    }

    /// The recipient's standing, if it stays.
    fn defer(
        &self,
        connection: &Connection,
        (id, number): (MessageId, u32),
        (due, attention): (jiff::Timestamp, jiff::Timestamp),
        status: &Status,
        books: &mut Books,
    ) -> Result<Option<Standing>> {
        let values = params![
            id.into_bytes(),
            number,
            self.attempt == Attempt::Made,
            nanoseconds(attention),
            text(status)?,
            nanoseconds(due).min(NEVER - 1),
        ];
        let deferred: Option<(String, Standing)> = connection
            .prepare_cached(
                "UPDATE recipient SET attempts = attempts + ?3, attention = ?4, status = ?5,
                     due = CASE standing WHEN 0 THEN ?6 ELSE due END
                 WHERE message = ?1 AND number = ?2 AND standing != 3 RETURNING domain, standing",
            )?
            .query_row(values, |row| Ok((row.get(0)?, standing(row, 1)?)))
            .optional()?;
        Ok(deferred.map(|(domain, standing)| {
            books.recipient_moved(&domain);
            standing
        }))
    }
}

/// Whether a message has fewer recipients than before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Some,
    Fewer,
}

/// Who is told of an outcome. Of what the operator has held or removed nobody is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tell {
    Nobody,
    Sender,
}

fn remove_quietly(connection: &Connection, key: (MessageId, u32), books: &mut Books) -> Result<(Left, Tell)> {
    remove_recipient(connection, key, books)?;
    Ok((Left::Fewer, Tell::Nobody))
}

fn is_removed(connection: &Connection, (id, number): (MessageId, u32)) -> Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM recipient WHERE message = ?1 AND number = ?2 AND standing = ?3")?
        .exists(params![id.into_bytes(), number, standing_number(Standing::Removed)])
}

/// Removes a recipient. Answers with its domain, and how it stood.
pub(super) fn remove_recipient(
    connection: &Connection,
    (id, number): (MessageId, u32),
    books: &mut Books,
) -> Result<Option<(String, Standing)>> {
    let removed: Option<(String, Standing)> = connection
        .prepare_cached(
            "DELETE FROM recipient WHERE message = ?1 AND number = ?2 RETURNING domain, standing",
        )?
        .query_row(params![id.into_bytes(), number], |row| Ok((row.get(0)?, standing(row, 1)?)))
        .optional()?;
    if let Some((domain, standing)) = &removed {
        books.recipient_left(domain);
        books.held(-i64::from(*standing == Standing::Held));
    }
    Ok(removed)
}

/// Removes a message that has no recipients left.
pub(super) fn remove_if_finished(connection: &Connection, id: MessageId, books: &mut Books) -> Result<()> {
    let place = connection
        .prepare_cached(
            "DELETE FROM message WHERE id = ?1 AND (quarantine IS NULL OR released IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM recipient WHERE message = ?1)
             RETURNING segment, offset, file, length, checksum",
        )?
        .query_row([id.into_bytes()], |row| Place::of_row(row, 0))
        .optional()?;
    if let Some(place) = place {
        if place.at == At::Table {
            connection
                .prepare_cached("DELETE FROM content WHERE message = ?1")?
                .execute([id.into_bytes()])?;
        }
        books.message_left(&place);
    }
    Ok(())
}
