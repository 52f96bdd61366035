//! The changes that the writer makes, each within a transaction of the batch that it rides in.

use std::collections::BTreeSet;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::record::{nanoseconds, signed, status_text};
use crate::spool::{Body, Envelope, MessageId, NewMessage, NewRecipient, Outcome, Settlement};

/// A change of the queue.
#[derive(Debug)]
pub(super) enum Change {
    /// A message is new.
    Add(Box<Added>),
    /// Recipients have an outcome.
    Settle(Settlement),
}

/// A new message.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) envelope: Envelope,
    pub(super) recipients: Vec<NewRecipient>,
    pub(super) body: Body,
    /// When it is due: nanoseconds since 1970.
    pub(super) due: i64,
}

impl Change {
    /// How much of the batch's room it takes. Octets.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Add(added) => added.body.inline().len(),
            Self::Settle(settlement) => settlement.bounce.as_ref().map_or(0, |bounce| bounce.body.len()),
        }
    }

    /// Makes the change. Answers with the names of body files that no row names any more: they are
    /// removed after the transaction.
    pub(super) fn make(&mut self, connection: &Connection) -> Result<Option<String>> {
        match self {
            Self::Add(added) => added.make(connection).map(|()| None),
            Self::Settle(settlement) => settle(connection, settlement),
        }
    }

    /// Takes back what the change did beside the database, after a transaction that was surely
    /// rolled back.
    pub(super) fn unmake(&mut self) {
        if let Self::Add(added) = self {
            added.body.keep_file(Keep::UntilDropped);
        }
    }
}

impl Added {
    /// A message that is there already is left as it is: a commit may be repeated.
    fn make(&mut self, connection: &Connection) -> Result<()> {
        // For nobody: it is finished already.
        if self.recipients.is_empty() || !insert_message(connection, &self.envelope, &self.body)? {
            return Ok(());
        }
        // Before the transaction ends: once it may be durable, its file must not go.
        self.body.keep_file(Keep::Forever);
        insert_recipients(connection, self.envelope.id, &self.recipients, self.due)
    }
}

#[derive(Clone, Copy)]
enum Keep {
    UntilDropped,
    Forever,
}

impl Body {
    fn inline(&self) -> &[u8] {
        match self {
            Self::Inline(content) => content,
            Self::File(_) => &[],
        }
    }

    fn keep_file(&mut self, keep: Keep) {
        if let Self::File(file) = self {
            file.path_mut().disable_cleanup(matches!(keep, Keep::Forever));
        }
    }
}

/// Whether the message is new.
fn insert_message(connection: &Connection, envelope: &Envelope, body: &Body) -> Result<bool> {
    let (length, checksum, file) = match body {
        Body::Inline(content) => (content.len() as u64, crc32c::crc32c(content), None),
        Body::File(file) => (file.size(), file.checksum(), file.name()),
    };
    let inserted = connection
        .prepare_cached("INSERT OR IGNORE INTO message VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute(params![
            envelope.id.into_bytes(),
            nanoseconds(envelope.received),
            envelope.sender,
            signed(envelope.size),
            envelope.eight_bit,
            envelope.smtp_utf8,
            checksum,
            signed(length),
            file,
        ])?;
    if let (1, Body::Inline(content)) = (inserted, body) {
        insert_content(connection, envelope.id, content)?;
    }
    Ok(inserted == 1)
}

fn insert_content(connection: &Connection, id: MessageId, content: &Bytes) -> Result<()> {
    let mut statement = connection.prepare_cached("INSERT INTO body VALUES (?1, ?2)")?;
    statement.execute(params![id.into_bytes(), content.as_ref()]).map(|_| ())
}

fn insert_recipients(
    connection: &Connection,
    id: MessageId,
    recipients: &[NewRecipient],
    due: i64,
) -> Result<()> {
    let mut statement =
        connection.prepare_cached("INSERT INTO recipient VALUES (?1, ?2, ?3, ?4, ?5, 0, NULL)")?;
    for (number, recipient) in (0_u32..).zip(recipients) {
        statement.execute(params![id.into_bytes(), number, recipient.address, recipient.domain, due])?;
    }
    let domains = recipients.iter().map(|recipient| recipient.domain.clone()).collect();
    refresh_destinations(connection, &domains)
}

fn settle(connection: &Connection, settlement: &Settlement) -> Result<Option<String>> {
    let mut domains = BTreeSet::new();
    for (number, outcome) in &settlement.outcomes {
        domains.extend(apply(connection, settlement.message, *number, outcome)?);
    }
    refresh_destinations(connection, &domains)?;
    if let Some(bounce) = &settlement.bounce {
        insert_bounce(connection, bounce)?;
    }
    remove_if_finished(connection, settlement.message)
}

/// Applies an outcome. Answers with the recipient's domain if its due time has changed.
fn apply(connection: &Connection, id: MessageId, number: u32, outcome: &Outcome) -> Result<Option<String>> {
    let key = (id.into_bytes(), number);
    let domain = |sql| connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional();
    match outcome {
        Outcome::Delivered | Outcome::Failed { .. } => {
            domain("DELETE FROM recipient WHERE message = ?1 AND number = ?2 RETURNING domain")
        }
        Outcome::Deferred { due, status } => connection
            .prepare_cached(
                "UPDATE recipient SET attempts = attempts + 1, due = ?3, status = ?4
                 WHERE message = ?1 AND number = ?2 RETURNING domain",
            )?
            .query_row(params![key.0, key.1, nanoseconds(*due), status_text(status)?], |row| row.get(0))
            .optional(),
        Outcome::Abandoned => Ok(None),
    }
}

fn insert_bounce(connection: &Connection, bounce: &NewMessage) -> Result<()> {
    let body = Body::Inline(bounce.body.clone());
    if !bounce.recipients.is_empty() && insert_message(connection, &bounce.envelope, &body)? {
        let due = nanoseconds(bounce.envelope.received);
        insert_recipients(connection, bounce.envelope.id, &bounce.recipients, due)?;
    }
    Ok(())
}

/// Brings the earliest due times of these domains up to date.
fn refresh_destinations(connection: &Connection, domains: &BTreeSet<String>) -> Result<()> {
    for domain in domains {
        let due: Option<i64> = connection
            .prepare_cached("SELECT min(due) FROM recipient WHERE domain = ?1")?
            .query_row([domain], |row| row.get(0))?;
        match due {
            Some(due) => connection
                .prepare_cached(
                    "INSERT INTO destination VALUES (?1, ?2) ON CONFLICT DO UPDATE SET due = excluded.due",
                )?
                .execute(params![domain, due])?,
            None => {
                connection.prepare_cached("DELETE FROM destination WHERE domain = ?1")?.execute([domain])?
            }
        };
    }
    Ok(())
}

/// Removes a message that has no recipients left. Answers with the name of its body's file.
fn remove_if_finished(connection: &Connection, id: MessageId) -> Result<Option<String>> {
    let file: Option<Option<String>> = connection
        .prepare_cached(
            "DELETE FROM message WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM recipient WHERE message = ?1) RETURNING file",
        )?
        .query_row([id.into_bytes()], |row| row.get(0))
        .optional()?;
    if file.is_some() {
        connection.prepare_cached("DELETE FROM body WHERE message = ?1")?.execute([id.into_bytes()])?;
    }
    Ok(file.flatten())
}
