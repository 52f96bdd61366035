//! The changes that the writer makes, each within a transaction of the batch that it rides in.

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::destinations::{self, Concerned};
use super::record::{nanoseconds, signed, standing_number, text, unusual};
use super::schema::NEVER;
use super::steering::Steering;
use crate::spool::{
    Body, Envelope, MessageId, NewMessage, NewRecipient, Outcome, Settlement, Standing, Status,
};

/// A change of the queue.
#[derive(Debug)]
pub(super) enum Change {
    /// A message is new.
    Add(Box<Added>),
    /// Recipients have an outcome.
    Settle(Settlement, Attempt),
    /// A destination is put off, or not any more.
    PutOff { destination: String, until: Option<(i64, Status)> },
    /// The operator has said something.
    Steer(Steering),
}

/// Whether a settlement counts as an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// A host was tried.
    Made,
    /// The lease was for something else.
    None,
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

/// What a change came to.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// How many recipients it concerned.
    pub(super) recipients: u64,
    /// Names of body files that no row names any more: they are removed after the transaction.
    pub(super) unnamed: Vec<String>,
}

impl Change {
    /// How much of the batch's room it takes. Octets.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Add(added) => added.body.inline().len(),
            Self::Settle(settlement, _) => settlement.notices.iter().map(|notice| notice.body.len()).sum(),
            Self::PutOff { .. } | Self::Steer(_) => 0,
        }
    }

    /// Makes the change.
    pub(super) fn make(&mut self, connection: &Connection, concerned: &mut Concerned) -> Result<Made> {
        match self {
            Self::Add(added) => added.make(connection, concerned).map(|()| Made::default()),
            Self::Settle(settlement, attempt) => settle(connection, settlement, *attempt, concerned),
            Self::PutOff { destination, until } => {
                destinations::put_off(connection, destination, until.as_ref()).map(|()| Made::default())
            }
            Self::Steer(steering) => steering.make(connection, concerned),
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
    fn make(&mut self, connection: &Connection, concerned: &mut Concerned) -> Result<()> {
        // For nobody: it is finished already.
        if self.recipients.is_empty() || !insert_message(connection, &self.envelope, &self.body)? {
            return Ok(());
        }
        // Before the transaction ends: once it may be durable, its file must not go.
        self.body.keep_file(Keep::Forever);
        insert_recipients(connection, self.envelope.id, &self.recipients, self.due, concerned)
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
        .prepare_cached(
            "INSERT OR IGNORE INTO message
                 (id, received, sender, size, eight_bit, smtp_utf8, dsn, checksum, length, file)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            envelope.id.into_bytes(),
            nanoseconds(envelope.received),
            envelope.sender,
            signed(envelope.size),
            envelope.eight_bit,
            envelope.smtp_utf8,
            unusual(&envelope.dsn)?,
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
    concerned: &mut Concerned,
) -> Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO recipient (message, number, address, domain, due, attention, standing, attempts, dsn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7)",
    )?;
    for (number, recipient) in (0_u32..).zip(recipients) {
        let NewRecipient { address, domain, dsn, attention } = recipient;
        let attention = nanoseconds(*attention);
        statement.execute(params![
            id.into_bytes(),
            number,
            address,
            domain,
            due,
            attention,
            unusual(dsn)?
        ])?;
        concerned.arrived(domain, due);
    }
    Ok(())
}

fn settle(
    connection: &Connection,
    settlement: &Settlement,
    attempt: Attempt,
    concerned: &mut Concerned,
) -> Result<Made> {
    for (number, outcome) in &settlement.outcomes {
        apply(connection, (settlement.message, *number), outcome, attempt, concerned)?;
    }
    for notice in &settlement.notices {
        insert_notice(connection, notice, concerned)?;
    }
    let unnamed = remove_if_finished(connection, settlement.message)?.into_iter().collect();
    Ok(Made { recipients: settlement.outcomes.len() as u64, unnamed })
}

/// Applies an outcome. What the operator has said meanwhile stays so.
fn apply(
    connection: &Connection,
    key: (MessageId, u32),
    outcome: &Outcome,
    attempt: Attempt,
    concerned: &mut Concerned,
) -> Result<()> {
    match outcome {
        Outcome::Delivered | Outcome::Failed { .. } => {
            remove_recipient(connection, key, concerned)?;
        }
        Outcome::Deferred { due, status, attention } => {
            let domain: Option<String> = connection
                .prepare_cached(
                    "UPDATE recipient SET attempts = attempts + ?3, attention = ?4, status = ?5,
                         due = CASE standing WHEN 0 THEN ?6 ELSE due END
                     WHERE message = ?1 AND number = ?2 AND standing != 3 RETURNING domain",
                )?
                .query_row(
                    params![
                        key.0.into_bytes(),
                        key.1,
                        attempt == Attempt::Made,
                        nanoseconds(*attention),
                        text(status)?,
                        nanoseconds(*due).min(NEVER - 1),
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            match domain {
                Some(domain) => concerned.moved(&domain),
                None => {
                    remove_recipient(connection, key, concerned)?;
                }
            }
        }
        Outcome::Abandoned if standing_is(connection, key, Standing::Removed)? => {
            remove_recipient(connection, key, concerned)?;
        }
        Outcome::Abandoned => {}
    }
    Ok(())
}

fn standing_is(connection: &Connection, (id, number): (MessageId, u32), standing: Standing) -> Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM recipient WHERE message = ?1 AND number = ?2 AND standing = ?3")?
        .exists(params![id.into_bytes(), number, standing_number(standing)])
}

/// Removes a recipient. Answers with its domain.
pub(super) fn remove_recipient(
    connection: &Connection,
    (id, number): (MessageId, u32),
    concerned: &mut Concerned,
) -> Result<Option<String>> {
    let domain: Option<String> = connection
        .prepare_cached("DELETE FROM recipient WHERE message = ?1 AND number = ?2 RETURNING domain")?
        .query_row(params![id.into_bytes(), number], |row| row.get(0))
        .optional()?;
    domain.iter().for_each(|domain| concerned.left(domain));
    Ok(domain)
}

fn insert_notice(connection: &Connection, notice: &NewMessage, concerned: &mut Concerned) -> Result<()> {
    let NewMessage { envelope, recipients, body } = notice;
    if !recipients.is_empty() && insert_message(connection, envelope, &Body::Inline(body.clone()))? {
        let due = nanoseconds(envelope.received);
        insert_recipients(connection, envelope.id, recipients, due, concerned)?;
    }
    Ok(())
}

/// Removes a message that has no recipients left. Answers with the name of its body's file.
pub(super) fn remove_if_finished(connection: &Connection, id: MessageId) -> Result<Option<String>> {
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
