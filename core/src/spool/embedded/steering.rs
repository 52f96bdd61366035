//! What the operator says of recipients: so many of them in one transaction.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::books::Books;
use super::change::{remove_if_finished, remove_recipient};
use super::destinations;
use super::lease::Leases;
use super::record::{standing, standing_number};
use super::schema::NEVER;
use crate::spool::{Control, Position, Standing};

/// What is said of which recipients.
#[derive(Debug)]
pub(super) struct Steering {
    pub(super) what: Control,
    pub(super) recipients: Vec<Position>,
    /// Nanoseconds since 1970.
    pub(super) now: i64,
}

impl Steering {
    /// Does it. Answers with how many recipients it concerned. The caller holds the guard of
    /// [`Leases::choose`]: what is free now is so until it is written.
    pub(super) fn make(&self, connection: &Connection, books: &mut Books, leases: &Leases) -> Result<u64> {
        let (mut messages, mut domains, mut concerned) = (BTreeSet::new(), BTreeSet::new(), 0);
        for position in &self.recipients {
            let key = (position.message, position.number);
            let domain = if self.what == Control::Remove && !leases.holds(key.0, key.1) {
                messages.insert(position.message);
                remove_recipient(connection, key, books)?.map(|(domain, _)| domain)
            } else {
                self.turn(connection, *position, books)?
            };
            concerned += u64::from(domain.is_some());
            domains.extend(domain);
        }
        messages.iter().try_for_each(|message| remove_if_finished(connection, *message, books))?;
        if self.what == Control::Retry {
            domains.iter().try_for_each(|domain| destinations::put_off(connection, domain, None))?;
        }
        Ok(concerned)
    }

    /// Changes a recipient's standing and due time. Answers with its domain if it was concerned.
    fn turn(&self, connection: &Connection, position: Position, books: &mut Books) -> Result<Option<String>> {
        let key = (position.message.into_bytes(), position.number);
        let found: Option<(String, Standing)> = connection
            .prepare_cached("SELECT domain, standing FROM recipient WHERE message = ?1 AND number = ?2")?
            .query_row(key, |row| Ok((row.get(0)?, standing(row, 1)?)))
            .optional()?;
        let Some((domain, before)) = found else { return Ok(None) };
        let Some((after, due)) = self.turned(before) else { return Ok(None) };
        connection
            .prepare_cached(
                "UPDATE recipient SET standing = ?3, due = ?4 WHERE message = ?1 AND number = ?2",
            )?
            .execute(params![key.0, key.1, standing_number(after), due])?;
        books.recipient_moved(&domain);
        books.held(i64::from(after == Standing::Held) - i64::from(before == Standing::Held));
        Ok(Some(domain))
    }

    /// What a recipient of this standing turns into, and when it is due; `None` where it is not
    /// concerned.
    fn turned(&self, before: Standing) -> Option<(Standing, i64)> {
        use Standing::{GivenUp, Held, Removed, Waiting};
        match (self.what, before) {
            (Control::Retry, Waiting) | (Control::Release, Held) => Some((Waiting, self.now)),
            (Control::Hold, Waiting | GivenUp) => Some((Held, NEVER)),
            (Control::Remove, Waiting | Held | GivenUp) => Some((Removed, NEVER)),
            (Control::Bounce, Waiting | Held) => Some((GivenUp, NEVER)),
            _ => None,
        }
    }
}
