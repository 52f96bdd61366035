//! The table of destinations, brought up to date once for all changes of a transaction.

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::record::text;
use super::schema::NEVER;
use crate::spool::Status;

/// What a transaction changes of a destination.
#[derive(Clone, Copy, Debug)]
pub(super) struct Concern {
    /// How many recipients more there are.
    recipients: i64,
    /// The earliest due time of those that are new.
    due: i64,
    /// Whether due times of others have changed.
    others: Others,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Others {
    AsBefore,
    Changed,
}

impl Default for Concern {
    fn default() -> Self {
        Self { recipients: 0, due: NEVER, others: Others::AsBefore }
    }
}

impl Concern {
    /// A recipient is new.
    pub(super) fn arrived(&mut self, due: i64) {
        self.recipients += 1;
        self.due = self.due.min(due);
    }

    /// A recipient is due at another time.
    pub(super) fn moved(&mut self) {
        self.others = Others::Changed;
    }

    /// A recipient is gone.
    pub(super) fn left(&mut self) {
        self.recipients -= 1;
        self.others = Others::Changed;
    }

    /// Brings the table up to date, at the end of the transaction.
    pub(super) fn refresh(self, connection: &Connection, domain: &str) -> Result<()> {
        let row: Option<(i64, i64)> = connection
            .prepare_cached(
                "UPDATE destination SET recipients = recipients + ?2 WHERE domain = ?1
                 RETURNING recipients, due",
            )?
            .query_row(params![domain, self.recipients], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match row {
            None if self.recipients > 0 => insert(connection, domain, self.recipients, self.due),
            None => Ok(()),
            Some((0, _)) => remove(connection, domain),
            Some((_, before)) => {
                let due = match self.others {
                    Others::AsBefore => before.min(self.due),
                    Others::Changed => earliest(connection, domain)?,
                };
                if due == before { Ok(()) } else { set_due(connection, domain, due) }
            }
        }
    }
}

fn insert(connection: &Connection, domain: &str, recipients: i64, due: i64) -> Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT INTO destination (domain, recipients, due) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![domain, recipients, due]).map(|_| ())
}

fn remove(connection: &Connection, domain: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM destination WHERE domain = ?1")?.execute([domain]).map(|_| ())
}

fn earliest(connection: &Connection, domain: &str) -> Result<i64> {
    let mut statement = connection.prepare_cached("SELECT min(due) FROM recipient WHERE domain = ?1")?;
    statement.query_row([domain], |row| row.get::<_, Option<i64>>(0)).map(|due| due.unwrap_or(NEVER))
}

fn set_due(connection: &Connection, domain: &str, due: i64) -> Result<()> {
    let mut statement = connection.prepare_cached("UPDATE destination SET due = ?2 WHERE domain = ?1")?;
    statement.execute(params![domain, due]).map(|_| ())
}

/// Puts a destination off, or takes that back. One that nothing waits for is not known here.
pub(super) fn put_off(connection: &Connection, domain: &str, until: Option<&(i64, Status)>) -> Result<()> {
    let why = until.map(|(_, why)| text(why)).transpose()?;
    connection
        .prepare_cached("UPDATE destination SET until = ?2, why = ?3 WHERE domain = ?1")?
        .execute(params![domain, until.map(|(until, _)| until), why])
        .map(|_| ())
}
