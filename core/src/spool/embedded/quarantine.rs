//! What is quarantined: its recipients are in a table of their own, so that whatever chooses or lists
//! what waits need not know of it. Its body is kept like every other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::books::Books;
use super::change::remove_if_finished;
use super::inventory::Sums;
use super::place::Place;
use super::record::{self, nanoseconds, signed, standing_number, unusual};
use super::schema::NEVER;
use crate::spool::{
    Envelope, MessageId, NewRecipient, QuarantineFilter, QuarantineLimits, QuarantinePage, Quarantined,
    SpoolError, Standing, Unquarantine,
};

/// The most messages that a page looks at.
const LOOKED_AT: usize = 5000;

/// Whether more may be quarantined.
#[derive(Debug)]
pub(super) struct Room {
    limits: QuarantineLimits,
    /// What is on its way into the tables.
    entering: Arc<Mutex<Held>>,
}

/// Messages and octets.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    messages: u64,
    octets: u64,
}

impl Room {
    pub(super) fn new(limits: QuarantineLimits) -> Self {
        Self { limits, entering: Arc::default() }
    }

    /// Takes room for a message of so many octets, beside what there is already, as long as the answer
    /// lives.
    pub(super) fn enter(&self, sums: Sums, octets: u64) -> std::result::Result<Entering, SpoolError> {
        let there = sums.stats(0);
        let mut entering = locked(&self.entering);
        let after = Held { messages: entering.messages + 1, octets: entering.octets.saturating_add(octets) };
        if there.quarantined.saturating_add(after.messages) > self.limits.messages
            || there.quarantined_octets.saturating_add(after.octets) > self.limits.octets
        {
            return Err(SpoolError::QuarantineFull);
        }
        *entering = after;
        Ok(Entering { octets, entering: Arc::clone(&self.entering) })
    }
}

/// A message on its way into quarantine.
#[derive(Debug)]
pub(super) struct Entering {
    octets: u64,
    entering: Arc<Mutex<Held>>,
}

impl Drop for Entering {
    fn drop(&mut self) {
        let mut entering = locked(&self.entering);
        entering.messages = entering.messages.saturating_sub(1);
        entering.octets = entering.octets.saturating_sub(self.octets);
    }
}

fn locked(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The recipients of a message that comes in.
pub(super) fn insert_recipients(
    connection: &Connection,
    message: MessageId,
    recipients: &[NewRecipient],
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO quarantined (message, number, address, domain, attention, dsn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (number, recipient) in (0_u32..).zip(recipients) {
        let NewRecipient { address, domain, dsn, attention } = recipient;
        let (id, attention) = (message.into_bytes(), nanoseconds(*attention));
        statement.execute(params![id, number, address, domain, attention, unusual(dsn)?])?;
    }
    Ok(())
}

/// The quarantine of a message ends.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) message: MessageId,
    pub(super) how: Unquarantine,
    /// Nanoseconds since 1970.
    pub(super) now: i64,
}

impl Ended {
    /// Answers with 1, or with 0 where it is not quarantined.
    pub(super) fn make(&self, connection: &Connection, books: &mut Books) -> Result<u64> {
        let id = self.message.into_bytes();
        let found: Option<(i64, Place)> = connection
            .prepare_cached(
                "UPDATE message SET released = ?2 WHERE id = ?1 AND quarantine IS NOT NULL AND released IS NULL
                 RETURNING received, segment, offset, file, length, checksum",
            )?
            .query_row(params![id, self.now], |row| Ok((row.get(0)?, Place::of_row(row, 1)?)))
            .optional()?;
        let Some((received, place)) = found else { return Ok(0) };
        books.unquarantined(&place);
        match &self.how {
            Unquarantine::Remove => {}
            Unquarantine::Bounce => self.wait(connection, received, Standing::GivenUp, books)?,
            Unquarantine::Release { to } => {
                if !to.is_empty() {
                    self.readdress(connection, to)?;
                }
                self.wait(connection, received, Standing::Waiting, books)?;
            }
        }
        self.remove_recipients(connection)?;
        // Nobody is left of one that is removed.
        remove_if_finished(connection, self.message, books)?;
        Ok(1)
    }

    /// Its recipients wait from now on, as those of a message that comes in do.
    fn wait(
        &self,
        connection: &Connection,
        received: i64,
        standing: Standing,
        books: &mut Books,
    ) -> Result<()> {
        let due = if standing == Standing::Waiting { self.now } else { NEVER };
        let mut statement = connection.prepare_cached(
            "INSERT INTO recipient (message, number, address, domain, due, attention, standing, attempts, dsn)
             SELECT message, number, address, domain, ?2, ?3 + min(max(attention - ?4, 0), ?5 - ?3), ?6, 0, dsn
             FROM quarantined WHERE message = ?1 RETURNING domain",
        )?;
        let standing = standing_number(standing);
        let values = params![self.message.into_bytes(), due, self.now, received, NEVER, standing];
        let mut rows = statement.query(values)?;
        while let Some(row) = rows.next()? {
            let domain: String = row.get(0)?;
            books.recipient_arrived(&domain, due);
        }
        Ok(())
    }

    /// It is for others.
    fn readdress(&self, connection: &Connection, to: &[NewRecipient]) -> Result<()> {
        // The wait before somebody is warned is that of those it came in for.
        let attention: Option<i64> = connection
            .prepare_cached("SELECT min(attention) FROM quarantined WHERE message = ?1")?
            .query_row([self.message.into_bytes()], |row| row.get(0))?;
        self.remove_recipients(connection)?;
        insert_recipients(connection, self.message, to)?;
        connection
            .prepare_cached("UPDATE quarantined SET attention = ?2 WHERE message = ?1")?
            .execute(params![self.message.into_bytes(), attention.unwrap_or(NEVER)])
            .map(|_| ())
    }

    fn remove_recipients(&self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached("DELETE FROM quarantined WHERE message = ?1")?
            .execute([self.message.into_bytes()])
            .map(|_| ())
    }
}

/// Quarantined messages in the order of their ids.
pub(super) fn list(
    connection: &Connection,
    filter: &QuarantineFilter,
    after: Option<MessageId>,
    most: usize,
) -> Result<QuarantinePage> {
    // By its index, whatever waits beside it.
    let mut statement = connection.prepare_cached(
        "SELECT id, received, sender, size, eight_bit, smtp_utf8, dsn, tags, quarantine, released
         FROM message INDEXED BY message_quarantined
         WHERE quarantine IS NOT NULL AND released IS NULL AND id BETWEEN ?1 AND ?2 AND (?3 IS NULL OR id > ?3)
         ORDER BY id LIMIT ?4",
    )?;
    let (first, last) = filter.ids().into_inner();
    let first = after.map_or(first, |after| first.max(after));
    let [first, last] = [first, last].map(MessageId::into_bytes);
    let values = params![first, last, after.map(MessageId::into_bytes), signed(LOOKED_AT as u64)];
    let mut rows = statement.query(values)?;
    let (mut page, mut looked_at, mut at) = (QuarantinePage::default(), 0, None);
    while let Some(row) = rows.next()? {
        if page.messages.len() >= most {
            page.next = at;
            return Ok(page);
        }
        let quarantined = quarantined(connection, row)?;
        looked_at += 1;
        at = Some(quarantined.envelope.id);
        page.messages.extend(filter.matches(&quarantined).then_some(quarantined));
    }
    page.next = at.filter(|_| looked_at == LOOKED_AT);
    Ok(page)
}

fn quarantined(connection: &Connection, row: &Row<'_>) -> Result<Quarantined> {
    let envelope: Envelope = record::envelope(row)?;
    let mut statement =
        connection.prepare_cached("SELECT address FROM quarantined WHERE message = ?1 ORDER BY number")?;
    let recipients = statement.query_map([envelope.id.into_bytes()], |row| row.get(0))?;
    Ok(Quarantined { recipients: recipients.collect::<Result<_>>()?, envelope })
}
