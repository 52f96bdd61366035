//! When destinations that are put off must be looked at: for one of their recipients a warning or
//! its end is due.
//!
//! The tables have no order of times of attention, since it would cost every message something, and
//! few destinations are put off. Of these the next time is kept in memory, and a look goes over what
//! waits for the destination; one that takes long is not repeated soon.

use std::collections::HashMap;
use std::time::Instant;

use rusqlite::{Connection, Result, params};

use super::lease::Leases;
use super::record;
use super::schema::NEVER;
use crate::spool::{MessageId, Status};

/// A look at a destination is not repeated before it has been left alone so many times as long.
const PAUSE: u32 = 100;

/// When destinations that are put off must be looked at: nanoseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Attention(HashMap<String, i64>);

/// Whether there was something to note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Noted {
    Nothing,
    Something,
}

/// What needs attention for one destination.
#[derive(Debug)]
pub(super) struct Overdue {
    pub(super) domain: String,
    pub(super) why: Status,
    pub(super) recipients: Vec<(MessageId, u32)>,
}

impl Attention {
    /// All destinations that are put off must be looked at.
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let mut statement = connection.prepare("SELECT domain FROM destination WHERE until IS NOT NULL")?;
        let domains = statement.query_map([], |row| Ok((row.get(0)?, 0)))?;
        domains.collect::<Result<_>>().map(Self)
    }

    /// A destination is put off. If it was before, it has been looked at: nothing more needs attention
    /// for being put off again.
    pub(super) fn put_off(&mut self, domain: &str) {
        self.0.entry(domain.to_owned()).or_insert(0);
    }

    /// A destination is not put off any more.
    pub(super) fn resume(&mut self, domain: &str) {
        self.0.remove(domain);
    }

    /// Much may have changed.
    pub(super) fn look_at_all(&mut self) {
        self.0.values_mut().for_each(|at| *at = 0);
    }

    /// A recipient is new or has changed: if its destination is put off, it must be looked at then.
    pub(super) fn note(&mut self, domain: &str, attention: i64) -> Noted {
        if self.0.is_empty() {
            return Noted::Nothing;
        }
        let Some(at) = self.0.get_mut(domain) else { return Noted::Nothing };
        *at = attention.min(*at);
        Noted::Something
    }

    /// When the first must be looked at.
    pub(super) fn next(&self) -> Option<i64> {
        self.0.values().min().copied().filter(|next| *next < NEVER)
    }

    /// What needs attention, of at most `most` recipients.
    pub(super) fn look(
        &mut self,
        connection: &Connection,
        leases: &Leases,
        most: usize,
        now: i64,
    ) -> Result<Vec<Overdue>> {
        let mut found = Vec::new();
        let mut left = most;
        let due: Vec<String> =
            self.0.iter().filter(|(_, at)| **at <= now).map(|(domain, _)| domain.clone()).collect();
        for domain in due {
            if left == 0 {
                break;
            }
            let Some(why) = why(connection, &domain, now)? else {
                self.resume(&domain);
                continue;
            };
            let (recipients, next) = look_at(connection, leases, &domain, left, now)?;
            self.0.insert(domain.clone(), next);
            left -= recipients.len();
            found.push(Overdue { domain, why, recipients });
        }
        Ok(found)
    }
}

/// Why a destination is put off, if it still is.
fn why(connection: &Connection, domain: &str, now: i64) -> Result<Option<Status>> {
    let mut statement =
        connection.prepare_cached("SELECT why FROM destination WHERE domain = ?1 AND until > ?2")?;
    let mut rows = statement.query(params![domain, now])?;
    rows.next()?.map_or(Ok(None), |row| record::json(row, 0))
}

/// At most `most` recipients that need attention, and when to look again.
fn look_at(
    connection: &Connection,
    leases: &Leases,
    domain: &str,
    most: usize,
    now: i64,
) -> Result<(Vec<(MessageId, u32)>, i64)> {
    let begun = Instant::now();
    let mut statement = connection.prepare_cached(
        "SELECT message, number, attention FROM recipient WHERE domain = ?1 AND due < ?2
         ORDER BY due, message, number",
    )?;
    let mut rows = statement.query(params![domain, NEVER])?;
    let (mut found, mut next) = (Vec::new(), NEVER);
    while let Some(row) = rows.next()? {
        let attention: i64 = row.get(2)?;
        if attention > now {
            next = next.min(attention);
            continue;
        }
        let key = (record::id(row, 0)?, row.get(1)?);
        if leases.holds(key.0, key.1) {
            continue;
        }
        if found.len() == most {
            return Ok((found, now));
        }
        found.push(key);
    }
    let pause = i64::try_from((begun.elapsed() * PAUSE).as_nanos()).unwrap_or(i64::MAX);
    Ok((found, next.max(now.saturating_add(pause))))
}
