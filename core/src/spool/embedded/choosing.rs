//! Leases made of what is chosen: those to give up and those overdue first, then those to deliver.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::due::Choice;
use super::lease::{Chooser, Leases};
use super::record::{self, ENVELOPE, RECIPIENT};
use super::schema::NEVER;
use crate::spool::{BodyRef, Lease, LeasedRecipient, MessageId, Purpose, Room, Status};

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
    let Chooser { connection, turn } = chooser;
    // One state of the database for all that is looked up.
    let connection = &*connection.transaction()?;
    let mut choice = Choice { connection, leases, room, now, next: None };
    // However many are to end without an attempt, half of the leases are for attempts.
    let mut chosen = choice.given_up(most.div_ceil(2))?;
    chosen.extend(choice.overdue(most.div_ceil(2).saturating_sub(chosen.len()))?);
    for candidate in choice.candidates(turn, most.saturating_sub(chosen.len()))? {
        let which = Which { message: candidate.message, domain: &candidate.domain };
        chosen.extend(which.lease(connection, leases, Purpose::Deliver, now)?);
    }
    choice.note_next()?;
    Ok(Chosen { leases: chosen, next: choice.next })
}

impl Choice<'_> {
    /// What the operator wants to fail.
    fn given_up(&mut self, most: usize) -> Result<Vec<Lease>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT message, domain, number FROM recipient WHERE standing >= 2 AND standing = 2
             ORDER BY message, number",
        )?;
        let found = self.free(&mut statement.query([])?, most)?;
        self.lease_all(found, &Purpose::GiveUp)
    }

    /// What waits for a destination that is put off, and must be looked at.
    fn overdue(&mut self, most: usize) -> Result<Vec<Lease>> {
        let mut overdue = Vec::new();
        let mut statement =
            self.connection.prepare_cached("SELECT domain, why FROM destination WHERE until > ?1")?;
        let mut rows = statement.query([self.now])?;
        while let Some(row) = rows.next()? {
            let (domain, why): (String, Option<Status>) = (row.get(0)?, record::json(row, 1)?);
            let Some(why) = why else { continue };
            let left = most.saturating_sub(overdue.len());
            let found = self.in_need_of_attention(&domain, left)?;
            overdue.extend(self.lease_all(found, &Purpose::Overdue { why })?);
        }
        Ok(overdue)
    }

    fn in_need_of_attention(&mut self, domain: &str, most: usize) -> Result<Found> {
        let mut statement = self.connection.prepare_cached(
            "SELECT message, domain, number FROM recipient WHERE domain = ?1 AND due < ?2 AND attention <= ?3
             ORDER BY due, message, number",
        )?;
        let found = self.free(&mut statement.query(params![domain, NEVER, self.now])?, most)?;
        let later: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT min(attention) FROM recipient WHERE domain = ?1 AND due < ?2 AND attention > ?3",
            )?
            .query_row(params![domain, NEVER, self.now], |row| row.get(0))?;
        later.into_iter().for_each(|later| self.note(later));
        Ok(found)
    }

    /// The messages of these recipients, each for its domain, at most so many: of those that are
    /// free.
    fn free(&mut self, rows: &mut rusqlite::Rows<'_>, most: usize) -> Result<Found> {
        let mut found = Found::new();
        while let Some(row) = rows.next()? {
            let key = (record::id(row, 0)?, row.get(1)?);
            let number = row.get(2)?;
            if self.leases.holds(key.0, number) {
                continue;
            }
            if found.len() >= most && !found.contains_key(&key) {
                self.note(self.now);
                break;
            }
            found.entry(key).or_default().push(number);
        }
        Ok(found)
    }

    fn lease_all(&self, found: Found, purpose: &Purpose) -> Result<Vec<Lease>> {
        let leases = found.into_iter().map(|((message, domain), numbers)| {
            let which = Which { message, domain: &domain };
            which.lease_numbers(self.connection, &numbers, purpose.clone())
        });
        leases.filter_map(Result::transpose).collect()
    }
}

/// Messages and domains, and recipients' numbers.
type Found = BTreeMap<(MessageId, String), Vec<u32>>;

/// One message for one domain.
struct Which<'a> {
    message: MessageId,
    domain: &'a str,
}

impl Which<'_> {
    /// The lease of all recipients of the message in the domain that are due and free.
    fn lease(
        &self,
        connection: &Connection,
        leases: &Leases,
        purpose: Purpose,
        now: i64,
    ) -> Result<Option<Lease>> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {RECIPIENT} FROM recipient WHERE message = ?1 AND domain = ?2 AND due <= ?3 ORDER BY number"
        ))?;
        let rows =
            statement.query_map(params![self.message.into_bytes(), self.domain, now], record::recipient)?;
        let is_leased = |recipient: &LeasedRecipient| leases.holds(self.message, recipient.number);
        let free = rows.filter(|recipient| !recipient.as_ref().is_ok_and(is_leased));
        self.lease_of(connection, free.collect::<Result<_>>()?, purpose)
    }

    fn lease_numbers(
        &self,
        connection: &Connection,
        numbers: &[u32],
        purpose: Purpose,
    ) -> Result<Option<Lease>> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {RECIPIENT} FROM recipient WHERE message = ?1 AND number = ?2"
        ))?;
        let mut recipient =
            |number: &u32| statement.query_row(params![self.message.into_bytes(), number], record::recipient);
        let recipients = numbers.iter().map(&mut recipient).collect::<Result<_>>()?;
        self.lease_of(connection, recipients, purpose)
    }

    fn lease_of(
        &self,
        connection: &Connection,
        recipients: Vec<LeasedRecipient>,
        purpose: Purpose,
    ) -> Result<Option<Lease>> {
        let envelope = connection
            .prepare_cached(&format!("SELECT {ENVELOPE} FROM message WHERE id = ?1"))?
            .query_row([self.message.into_bytes()], record::envelope)
            .optional()?;
        let Some(envelope) = envelope.filter(|_| !recipients.is_empty()) else { return Ok(None) };
        let (domain, body) = (self.domain.to_owned(), BodyRef::of(self.message));
        Ok(Some(Lease { envelope, domain, recipients, purpose, body, epoch: 0 }))
    }
}
