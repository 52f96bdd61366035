//! What is due: chosen oldest first, and fairly between domains.
//!
//! Every domain that something is due for gives its oldest message first, then every domain its
//! second oldest, and so on; and a domain has only so many leases at once. So one dead domain,
//! whatever waits for it, never keeps the others waiting.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::lease::Leases;
use super::record::{self, ENVELOPE, RECIPIENT};
use crate::spool::{Lease, LeasedRecipient, MessageId};

/// Chooses at most `most` leases of what is due at `now` (nanoseconds since 1970), with at most
/// `cap` leases at once for a domain.
pub(super) fn choose(
    connection: &Connection,
    leases: &Leases,
    (most, cap): (usize, usize),
    now: i64,
) -> Result<Vec<Lease>> {
    let mut candidates = Vec::new();
    let mut statement =
        connection.prepare_cached("SELECT domain FROM destination WHERE due <= ?1 ORDER BY due, domain")?;
    let mut rows = statement.query([now])?;
    let mut domains = 0;
    while domains < most
        && let Some(row) = rows.next()?
    {
        let domain: String = row.get(0)?;
        let room = cap.saturating_sub(leases.of_domain(&domain)).min(most);
        let due = due_messages(connection, leases, &domain, room, now)?;
        domains += usize::from(!due.is_empty());
        candidates.extend(due.into_iter().enumerate().map(|(rank, message)| Candidate {
            rank,
            domain: domain.clone(),
            message,
        }));
    }
    // Stable: within a rank the domains stay in the order of their oldest.
    candidates.sort_by_key(|candidate| candidate.rank);
    candidates
        .iter()
        .take(most)
        .filter_map(|candidate| candidate.lease(connection, leases, now).transpose())
        .collect()
}

/// The earliest time at which something may be due that can be leased: nanoseconds since 1970. A
/// domain that has all its leases is left out: it is looked at again when one of them ends.
pub(super) fn next_due(connection: &Connection, leases: &Leases, cap: usize) -> Result<Option<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT domain, due FROM destination ORDER BY due, domain")?;
    let mut rows = statement.query([])?;
    let mut earliest: Option<i64> = None;
    while let Some(row) = rows.next()? {
        let (domain, bound): (String, i64) = (row.get(0)?, row.get(1)?);
        if earliest.is_some_and(|earliest| earliest <= bound) {
            break;
        }
        let due = match leases.of_domain(&domain) {
            0 => Some(bound),
            all if all >= cap => None,
            _ => first_free(connection, leases, &domain)?,
        };
        earliest = [earliest, due].into_iter().flatten().min();
    }
    Ok(earliest)
}

struct Candidate {
    rank: usize,
    domain: String,
    message: MessageId,
}

impl Candidate {
    /// The lease of all recipients of the message in the domain that are due and free.
    fn lease(&self, connection: &Connection, leases: &Leases, now: i64) -> Result<Option<Lease>> {
        let envelope = connection
            .prepare_cached(&format!("SELECT {ENVELOPE} FROM message WHERE id = ?1"))?
            .query_row([self.message.into_bytes()], record::envelope)
            .optional()?;
        let Some(envelope) = envelope else { return Ok(None) };
        let recipients = self.recipients(connection, leases, now)?;
        let lease = Lease { envelope, domain: self.domain.clone(), recipients };
        Ok((!lease.recipients.is_empty()).then_some(lease))
    }

    fn recipients(&self, connection: &Connection, leases: &Leases, now: i64) -> Result<Vec<LeasedRecipient>> {
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {RECIPIENT} FROM recipient WHERE message = ?1 AND domain = ?2 AND due <= ?3 ORDER BY number"
        ))?;
        let rows =
            statement.query_map(params![self.message.into_bytes(), self.domain, now], record::recipient)?;
        let is_leased = |recipient: &LeasedRecipient| leases.holds(self.message, recipient.number);
        rows.filter(|recipient| !recipient.as_ref().is_ok_and(is_leased)).collect()
    }
}

/// At most `most` messages that are due for a domain and free, oldest first.
fn due_messages(
    connection: &Connection,
    leases: &Leases,
    domain: &str,
    most: usize,
    now: i64,
) -> Result<Vec<MessageId>> {
    let mut statement = connection.prepare_cached(
        "SELECT message, number FROM recipient WHERE domain = ?1 AND due <= ?2 ORDER BY due, message, number",
    )?;
    let mut rows = statement.query(params![domain, now])?;
    let (mut seen, mut messages) = (HashSet::new(), Vec::new());
    while messages.len() < most
        && let Some(row) = rows.next()?
    {
        let message = record::id(row, 0)?;
        if !leases.holds(message, row.get(1)?) && seen.insert(message) {
            messages.push(message);
        }
    }
    Ok(messages)
}

fn first_free(connection: &Connection, leases: &Leases, domain: &str) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT message, number, due FROM recipient WHERE domain = ?1 ORDER BY due, message, number",
    )?;
    let mut rows = statement.query([domain])?;
    while let Some(row) = rows.next()? {
        if !leases.holds(record::id(row, 0)?, row.get(1)?) {
            return row.get(2).map(Some);
        }
    }
    Ok(None)
}
