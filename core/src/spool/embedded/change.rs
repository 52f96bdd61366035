//! The changes that the writer makes, each within a transaction of the batch that it rides in.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::arrival::Arrival;
use super::books::Books;
use super::destinations;
use super::place::{At, Place};
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
    /// The clock was set back: what waits for a destination is due earlier. Nanoseconds.
    Advance { destination: String, by: i64, now: i64 },
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
            Self::PutOff { .. } | Self::Steer(_) | Self::Advance { .. } => &[],
        }
    }

    /// The messages that it brings.
    pub(super) fn arrivals_mut(&mut self) -> &mut [Arrival] {
        match self {
            Self::Add(arrival) => std::slice::from_mut(arrival),
            Self::Settle(settling) => &mut settling.notices,
            Self::PutOff { .. } | Self::Steer(_) | Self::Advance { .. } => &mut [],
        }
    }

    /// How much of the batch's room it takes. Octets.
    pub(super) fn weight(&self) -> usize {
        self.arrivals().iter().map(|arrival| arrival.inline().len()).sum()
    }

    /// Makes the change. Answers with how many recipients it concerned.
    pub(super) fn make(&mut self, connection: &Connection, books: &mut Books) -> Result<u64> {
        match self {
            Self::Add(arrival) => arrival.insert(connection, books)?,
            Self::Settle(settling) => settling.make(connection, books)?,
            Self::PutOff { destination, until } => {
                destinations::put_off(connection, destination, until.as_ref())?;
            }
            Self::Steer(steering) => return steering.make(connection, books),
            Self::Advance { destination, by, now } => {
                books.recipient_moved(destination);
                return destinations::advance(connection, destination, *by, *now);
            }
        }
        Ok(1)
    }
}

impl Settling {
    fn make(&mut self, connection: &Connection, books: &mut Books) -> Result<()> {
        let mut left = Left::Some;
        for (number, outcome) in &self.outcomes {
            if self.apply(connection, *number, outcome, books)? == Left::Fewer {
                left = Left::Fewer;
            }
        }
        self.notices.iter_mut().try_for_each(|notice| notice.insert(connection, books))?;
        match left {
            Left::Fewer => remove_if_finished(connection, self.message, books),
            Left::Some => Ok(()),
        }
    }

    /// Applies an outcome. What the operator has said meanwhile stays so.
    fn apply(
        &self,
        connection: &Connection,
        number: u32,
        outcome: &Outcome,
        books: &mut Books,
    ) -> Result<Left> {
        let key = (self.message, number);
        let is_over = match outcome {
            Outcome::Delivered | Outcome::Failed { .. } => true,
            Outcome::Deferred { due, status, attention } => {
                !self.defer(connection, key, (*due, *attention), status, books)?
            }
            Outcome::Abandoned => is_removed(connection, key)?,
        };
        if is_over {
            remove_recipient(connection, key, books)?;
        }
        Ok(if is_over { Left::Fewer } else { Left::Some })
    }

    /// Whether the recipient stays.
    fn defer(
        &self,
        connection: &Connection,
        (id, number): (MessageId, u32),
        (due, attention): (jiff::Timestamp, jiff::Timestamp),
        status: &Status,
        books: &mut Books,
    ) -> Result<bool> {
        let values = params![
            id.into_bytes(),
            number,
            self.attempt == Attempt::Made,
            nanoseconds(attention),
            text(status)?,
            nanoseconds(due).min(NEVER - 1),
        ];
        let domain: Option<String> = connection
            .prepare_cached(
                "UPDATE recipient SET attempts = attempts + ?3, attention = ?4, status = ?5,
                     due = CASE standing WHEN 0 THEN ?6 ELSE due END
                 WHERE message = ?1 AND number = ?2 AND standing != 3 RETURNING domain",
            )?
            .query_row(values, |row| row.get(0))
            .optional()?;
        domain.iter().for_each(|domain| books.recipient_moved(domain));
        Ok(domain.is_some())
    }
}

/// Whether a message has fewer recipients than before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Some,
    Fewer,
}

fn is_removed(connection: &Connection, (id, number): (MessageId, u32)) -> Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM recipient WHERE message = ?1 AND number = ?2 AND standing = ?3")?
        .exists(params![id.into_bytes(), number, standing_number(Standing::Removed)])
}

/// Removes a recipient. Answers with its domain.
pub(super) fn remove_recipient(
    connection: &Connection,
    (id, number): (MessageId, u32),
    books: &mut Books,
) -> Result<Option<String>> {
    let removed: Option<(String, Standing)> = connection
        .prepare_cached(
            "DELETE FROM recipient WHERE message = ?1 AND number = ?2 RETURNING domain, standing",
        )?
        .query_row(params![id.into_bytes(), number], |row| Ok((row.get(0)?, standing(row, 1)?)))
        .optional()?;
    Ok(removed.map(|(domain, standing)| {
        books.recipient_left(&domain);
        books.held(-i64::from(standing == Standing::Held));
        domain
    }))
}

/// Removes a message that has no recipients left.
pub(super) fn remove_if_finished(connection: &Connection, id: MessageId, books: &mut Books) -> Result<()> {
    let place = connection
        .prepare_cached(
            "DELETE FROM message WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM recipient WHERE message = ?1)
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
