//! Leases made of what is chosen: those to give up and those overdue first, then those to deliver.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::due::Choice;
use super::fresh::About;
use super::lease::{Chooser, Leases};
use super::place::Place;
use super::record;
use crate::spool::{BodyRef, Envelope, Lease, LeasedRecipient, MessageId, Purpose, Room};

/// What was chosen.
pub(super) struct Chosen {
    pub(super) leases: Vec<Lease>,
    /// When something may be due that was not chosen: nanoseconds since 1970.
    pub(super) next: Option<i64>,
}

/// Chooses at most `most` leases at `now` (nanoseconds since 1970).
pub(super) fn choose(
    chooser: &mut Chooser,
    leases: &Leases,
    room: &dyn Room,
    most: usize,
    now: i64,
) -> Result<Chosen> {
    let Chooser { connection, turn, attention } = chooser;
    // One state of the database for all that is looked up.
    let connection = &*connection.transaction()?;
    let mut choice = Choice { connection, leases, room, now, next: None };
    // However many are to end without an attempt, half of the leases are for attempts.
    let mut chosen = choice.given_up(most.div_ceil(2))?;
    let left = most.div_ceil(2).saturating_sub(chosen.len());
    for overdue in attention.look(connection, leases, left, now)? {
        let found = together(overdue.recipients, &overdue.domain);
        chosen.extend(choice.lease_all(found, &Purpose::Overdue { why: overdue.why })?);
    }
    attention.next().into_iter().for_each(|next| choice.note(next));
    for candidate in choice.candidates(turn, most.saturating_sub(chosen.len()))? {
        let which =
            Which { message: candidate.message, domain: candidate.domain, numbers: candidate.numbers };
        chosen.extend(which.lease(connection, leases, Purpose::Deliver)?);
    }
    choice.note_next()?;
    Ok(Chosen { leases: chosen, next: choice.next })
}

/// Messages and domains, and recipients' numbers.
type Found = BTreeMap<(MessageId, String), Vec<u32>>;

fn together(recipients: Vec<(MessageId, u32)>, domain: &str) -> Found {
    let mut found = Found::new();
    for (message, number) in recipients {
        found.entry((message, domain.to_owned())).or_default().push(number);
    }
    found
}

impl Choice<'_> {
    /// What the operator wants to fail: of at most so many messages.
    fn given_up(&mut self, most: usize) -> Result<Vec<Lease>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT message, domain, number FROM recipient WHERE standing >= 2 AND standing = 2
             ORDER BY message, number",
        )?;
        let (mut rows, mut found) = (statement.query([])?, Found::new());
        while let Some(row) = rows.next()? {
            let (key, number) = ((record::id(row, 0)?, row.get(1)?), row.get(2)?);
            if self.leases.holds(key.0, number) {
                continue;
            }
            if found.len() >= most && !found.contains_key(&key) {
                self.note(self.now);
                break;
            }
            found.entry(key).or_default().push(number);
        }
        self.lease_all(found, &Purpose::GiveUp)
    }

    fn lease_all(&self, found: Found, purpose: &Purpose) -> Result<Vec<Lease>> {
        let leases = found.into_iter().map(|((message, domain), numbers)| {
            Which { message, domain, numbers }.lease(self.connection, self.leases, purpose.clone())
        });
        leases.filter_map(Result::transpose).collect()
    }
}

/// Recipients of one message in one domain.
struct Which {
    message: MessageId,
    domain: String,
    numbers: Vec<u32>,
}

impl Which {
    fn lease(self, connection: &Connection, leases: &Leases, purpose: Purpose) -> Result<Option<Lease>> {
        let found = match leases.fresh.take(self.message, &self.numbers) {
            Some(fresh) => Some(fresh),
            None => self.read(connection)?,
        };
        let Some(((envelope, body), recipients)) = found else { return Ok(None) };
        Ok(Some(Lease { envelope, domain: self.domain, recipients, purpose, body, epoch: 0 }))
    }

    fn read(&self, connection: &Connection) -> Result<Option<(About, Vec<LeasedRecipient>)>> {
        let id = self.message.into_bytes();
        let mut statement = connection.prepare_cached(record::RECIPIENT)?;
        let mut recipient =
            |number: &u32| statement.query_row(params![id, number], record::recipient).optional().transpose();
        let recipients: Vec<LeasedRecipient> =
            self.numbers.iter().filter_map(&mut recipient).collect::<Result<_>>()?;
        let about = about(connection, self.message)?.filter(|_| !recipients.is_empty());
        Ok(about.map(|(envelope, place)| ((envelope, BodyRef::at(self.message, place)), recipients)))
    }
}

/// A message's envelope, and where its body is.
pub(super) fn about(connection: &Connection, id: MessageId) -> Result<Option<(Arc<Envelope>, Place)>> {
    let mut statement = connection.prepare_cached(record::MESSAGE)?;
    let read =
        |row: &rusqlite::Row<'_>| Ok((Arc::new(record::envelope(row)?), Place::of_row(row, record::PLACE)?));
    statement.query_row([id.into_bytes()], read).optional()
}
