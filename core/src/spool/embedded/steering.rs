//! What the operator says of recipients: so many of them in one transaction.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::change::{Made, remove_if_finished, remove_recipient};
use super::destinations::{self, Concerned};
use super::record::standing_number;
use super::schema::NEVER;
use crate::spool::{Control, MessageId, Position, Standing};

/// What is said of which recipients.
#[derive(Debug)]
pub(super) struct Steering {
    pub(super) what: Control,
    pub(super) recipients: Vec<(Position, Lent)>,
    /// Nanoseconds since 1970.
    pub(super) now: i64,
}

/// Whether a recipient is leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lent {
    Free,
    Leased,
}

impl Steering {
    pub(super) fn make(&self, connection: &Connection, concerned: &mut Concerned) -> Result<Made> {
        let mut made = Made::default();
        let (mut messages, mut domains) = (BTreeSet::<MessageId>::new(), BTreeSet::new());
        for (position, lent) in &self.recipients {
            let domain = match (self.what, lent) {
                (Control::Remove, Lent::Free) => {
                    messages.insert(position.message);
                    remove_recipient(connection, (position.message, position.number), concerned)?
                }
                (what, _) => self.turn(connection, *position, what, concerned)?,
            };
            made.recipients += u64::from(domain.is_some());
            domains.extend(domain);
        }
        for message in messages {
            made.unnamed.extend(remove_if_finished(connection, message)?);
        }
        if self.what == Control::Retry {
            domains.iter().try_for_each(|domain| destinations::put_off(connection, domain, None))?;
        }
        Ok(made)
    }

    /// Changes a recipient's standing and due time. Answers with its domain if it was concerned.
    fn turn(
        &self,
        connection: &Connection,
        Position { message, number }: Position,
        what: Control,
        concerned: &mut Concerned,
    ) -> Result<Option<String>> {
        use Standing::{GivenUp, Held, Removed, Waiting};
        let (from, to, due): (&[Standing], _, _) = match what {
            Control::Retry => (&[Waiting], Waiting, self.now),
            Control::Hold => (&[Waiting, GivenUp], Held, NEVER),
            Control::Release => (&[Held], Waiting, self.now),
            Control::Remove => (&[Waiting, Held, GivenUp], Removed, NEVER),
            Control::Bounce => (&[Waiting, Held], GivenUp, NEVER),
        };
        let from = |at: usize| standing_number(*from.get(at).or(from.first()).unwrap_or(&Waiting));
        let domain: Option<String> = connection
            .prepare_cached(
                "UPDATE recipient SET standing = ?3, due = ?4
                 WHERE message = ?1 AND number = ?2 AND standing IN (?5, ?6, ?7) RETURNING domain",
            )?
            .query_row(
                params![message.into_bytes(), number, standing_number(to), due, from(0), from(1), from(2)],
                |row| row.get(0),
            )
            .optional()?;
        domain.iter().for_each(|domain| concerned.moved(domain));
        Ok(domain)
    }
}
