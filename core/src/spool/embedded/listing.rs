//! The queue listed for an operator.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::lease::Leases;
use super::record;
use super::schema::NEVER;
use crate::spool::{Filter, MessageId, Page, Position, Queued, QueuedDestination, Standing};

/// The most recipients that a page looks at: whoever reads for long keeps the log from being
/// written back.
const LOOKED_AT: usize = 20_000;

const COLUMNS: &str =
    "message, number, sender, address, domain, received, size, standing, due, attempts, status";

/// Recipients in the order of messages' ids.
pub(super) fn list(
    connection: &Connection,
    leases: &Leases,
    filter: &Filter,
    after: Option<Position>,
    most: usize,
) -> Result<Page> {
    // Numbers start at 0: the list starts after -1 of the least id.
    let (first, number) =
        after.map_or((MessageId::nil(), -1), |after| (after.message, i64::from(after.number)));
    let (first, number) = match filter.message {
        Some(only) if only > first => (only, -1),
        _ => (first, number),
    };
    let last = filter.message.unwrap_or(MessageId::max());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM recipient JOIN message ON message.id = recipient.message
         WHERE (message, number) > (?1, ?2) AND message <= ?3 ORDER BY message, number"
    ))?;
    let mut rows = statement.query(params![first.into_bytes(), number, last.into_bytes()])?;
    let (mut page, mut looked_at, mut at) = (Page::default(), 0, None);
    while let Some(row) = rows.next()? {
        if page.recipients.len() >= most || looked_at >= LOOKED_AT {
            page.next = at;
            break;
        }
        let queued = queued(row, leases)?;
        looked_at += 1;
        at = Some(Position { message: queued.message, number: queued.number });
        page.recipients.extend(filter.matches(&queued).then_some(queued));
    }
    Ok(page)
}

fn queued(row: &Row<'_>, leases: &Leases) -> Result<Queued> {
    let (message, number) = (record::id(row, 0)?, row.get(1)?);
    Ok(Queued {
        message,
        number,
        sender: row.get(2)?,
        address: row.get(3)?,
        domain: row.get(4)?,
        received: record::time(row.get(5)?),
        size: record::count(row, 6)?,
        standing: record::standing(row, 7)?,
        leased: leases.holds(message, number),
        due: record::time(row.get(8)?),
        attempts: row.get(9)?,
        last: record::json(row, 10)?,
    })
}

/// Destinations in the order of their names.
pub(super) fn destinations(
    connection: &Connection,
    leases: &Leases,
    filter: &Filter,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<QueuedDestination>> {
    let mut statement = connection.prepare_cached(
        "SELECT domain, until, why FROM destination WHERE domain > ?1 AND (?2 IS NULL OR domain = ?2)
         ORDER BY domain",
    )?;
    let wanted = filter.domain.as_ref().map(|domain| domain.to_ascii_lowercase());
    let mut rows = statement.query(params![after.unwrap_or_default(), wanted])?;
    let mut destinations = Vec::new();
    while destinations.len() < most
        && let Some(row) = rows.next()?
    {
        let domain: String = row.get(0)?;
        let until: Option<i64> = row.get(1)?;
        let put_off = until.map(record::time).zip(record::json(row, 2)?);
        let destination = match filter.is_of_destinations() {
            true => whole(connection, leases, &domain)?,
            false => part(connection, leases, filter, &domain)?,
        };
        let put_off = put_off.filter(|(until, _)| *until > Timestamp::now());
        destinations.extend(destination.map(|destination| QueuedDestination { put_off, ..destination }));
    }
    Ok(destinations)
}

/// A destination by the index alone: an id has the time at which its message was accepted, to the
/// millisecond.
fn whole(connection: &Connection, leases: &Leases, domain: &str) -> Result<Option<QueuedDestination>> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*), count(DISTINCT message), min(message), sum(due = ?2), min(due)
         FROM recipient WHERE domain = ?1 HAVING count(*) > 0",
    )?;
    let counted = statement.query_row(params![domain, NEVER], |row| {
        let due: i64 = row.get(4)?;
        Ok(QueuedDestination {
            domain: domain.to_owned(),
            recipients: record::count(row, 0)?,
            messages: record::count(row, 1)?,
            oldest: received(record::id(row, 2)?),
            held: record::count(row, 3)?,
            leased: leases.of_domain(domain).1 as u64,
            due: (due != NEVER).then(|| record::time(due)),
            put_off: None,
            last: None,
        })
    });
    let Some(counted) = counted.optional()? else { return Ok(None) };
    // Those that were tried wait longest: the last hundred tell.
    let mut statement = connection.prepare_cached(
        "SELECT status FROM (SELECT status FROM recipient WHERE domain = ?1 ORDER BY due DESC LIMIT 100)
         WHERE status IS NOT NULL LIMIT 1",
    )?;
    let last = statement.query_row([domain], |row| record::json(row, 0)).optional()?.flatten();
    Ok(Some(QueuedDestination { last, ..counted }))
}

fn received(id: MessageId) -> Timestamp {
    let time = id.get_timestamp().map(|time| time.to_unix());
    time.and_then(|(seconds, nanoseconds)| {
        Timestamp::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?).ok()
    })
    .unwrap_or_default()
}

/// The part of a destination that a filter takes.
fn part(
    connection: &Connection,
    leases: &Leases,
    filter: &Filter,
    domain: &str,
) -> Result<Option<QueuedDestination>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM recipient JOIN message ON message.id = recipient.message
         WHERE domain = ?1 ORDER BY due, message, number"
    ))?;
    let mut rows = statement.query([domain])?;
    let (mut part, mut messages) = (None::<QueuedDestination>, std::collections::HashSet::new());
    while let Some(row) = rows.next()? {
        let queued = queued(row, leases)?;
        if !filter.matches(&queued) {
            continue;
        }
        let part = part.get_or_insert_with(|| QueuedDestination::of(&queued));
        messages.insert(queued.message);
        part.add(queued);
        part.messages = messages.len() as u64;
    }
    Ok(part)
}

impl QueuedDestination {
    fn of(first: &Queued) -> Self {
        Self {
            domain: first.domain.clone(),
            messages: 0,
            recipients: 0,
            held: 0,
            leased: 0,
            oldest: first.received,
            due: None,
            put_off: None,
            last: None,
        }
    }

    fn add(&mut self, queued: Queued) {
        self.recipients += 1;
        self.leased += u64::from(queued.leased);
        self.held += u64::from(queued.standing == Standing::Held);
        self.oldest = self.oldest.min(queued.received);
        if queued.standing == Standing::Waiting {
            self.due = Some(self.due.map_or(queued.due, |due| due.min(queued.due)));
        }
        self.last = queued.last.or(self.last.take());
    }
}
