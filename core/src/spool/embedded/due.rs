//! What is due: chosen oldest first, and fairly between domains.
//!
//! Every domain that something is due for gives its oldest message first, then every domain its
//! second oldest, and so on; a domain has only as many leases at once as it has room for; and where
//! there are more domains than leases, the next choice goes on with those that had no turn. So one
//! dead domain, whatever waits for it, never keeps the others waiting.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::lease::Leases;
use super::record;
use crate::spool::{MessageId, Room};

/// After which domain the next choice goes on: it stands in the order of (next, domain).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    next: i64,
    domain: String,
}

impl Default for Turn {
    fn default() -> Self {
        Self { next: i64::MIN, domain: String::new() }
    }
}

/// What is due for a domain.
#[derive(Debug)]
pub(super) struct Candidate {
    rank: usize,
    pub(super) domain: String,
    pub(super) message: MessageId,
    /// The recipients' numbers.
    pub(super) numbers: Vec<u32>,
}

/// What a choice looks at.
pub(super) struct Choice<'a> {
    pub(super) connection: &'a Connection,
    pub(super) leases: &'a Leases,
    pub(super) room: &'a dyn Room,
    /// Nanoseconds since 1970.
    pub(super) now: i64,
    /// When something may be due that is not chosen: nanoseconds since 1970.
    pub(super) next: Option<i64>,
}

impl Choice<'_> {
    /// At most `most` messages that are due, each for a domain.
    pub(super) fn candidates(&mut self, turn: &mut Turn, most: usize) -> Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        let mut left = most;
        let begun = std::mem::take(turn);
        // From where the last choice ended, and then from the start to there.
        let stopped = match self.over_domains(&begun, None, (&mut left, most), &mut candidates)? {
            None if begun != Turn::default() => {
                self.over_domains(&Turn::default(), Some(&begun), (&mut left, most), &mut candidates)?
            }
            stopped => stopped,
        };
        *turn = stopped.unwrap_or_default();
        // Stable: within a rank the domains stay in their order.
        candidates.sort_by_key(|candidate| candidate.rank);
        if candidates.len() >= most {
            self.note(self.now);
        }
        candidates.truncate(most);
        Ok(candidates)
    }

    /// Looks at domains in their order, until so many of them have something. Answers with where it
    /// has stopped, if it was before the end.
    fn over_domains(
        &mut self,
        from: &Turn,
        to: Option<&Turn>,
        (left, most): (&mut usize, usize),
        candidates: &mut Vec<Candidate>,
    ) -> Result<Option<Turn>> {
        let connection = self.connection;
        let mut statement = connection.prepare_cached(
            "SELECT next, domain, recipients FROM destination
             WHERE next <= ?1 AND (next, domain) > (?2, ?3) ORDER BY next, domain",
        )?;
        let mut rows = statement.query(params![self.now, from.next, from.domain])?;
        while let Some(row) = rows.next()? {
            let (at, recipients) = (Turn { next: row.get(0)?, domain: row.get(1)? }, record::count(row, 2)?);
            if to.is_some_and(|to| (at.next, &at.domain) > (to.next, &to.domain)) {
                break;
            }
            let found = self.of_domain((&at.domain, recipients), most, candidates)?;
            *left = left.saturating_sub(usize::from(found));
            if *left == 0 {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Whether a domain has something.
    fn of_domain(
        &mut self,
        (domain, recipients): (&str, u64),
        most: usize,
        candidates: &mut Vec<Candidate>,
    ) -> Result<bool> {
        let (leases, leased) = self.leases.of_domain(domain);
        if leased as u64 >= recipients {
            return Ok(false);
        }
        let room = self.room.leases(domain).saturating_sub(leases);
        if room == 0 {
            return Ok(false);
        }
        let due = self.messages(domain, room.min(most))?;
        if due.len() < room {
            // All that is due is chosen or leased already: what else is there?
            let later = self.later(domain)?;
            later.into_iter().for_each(|later| self.note(later));
        }
        let found = !due.is_empty();
        let candidate =
            |(rank, (message, numbers))| Candidate { rank, domain: domain.to_owned(), message, numbers };
        candidates.extend(due.into_iter().enumerate().map(candidate));
        Ok(found)
    }

    /// At most `most` messages that are due for a domain, oldest first, with their recipients that
    /// are free.
    fn messages(&self, domain: &str, most: usize) -> Result<Vec<(MessageId, Vec<u32>)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT message, number FROM recipient WHERE domain = ?1 AND due <= ?2 ORDER BY due, message, number",
        )?;
        let mut rows = statement.query(params![domain, self.now])?;
        let (mut places, mut messages) = (HashMap::new(), Vec::<(MessageId, Vec<u32>)>::new());
        while let Some(row) = rows.next()? {
            let (message, number) = (record::id(row, 0)?, row.get(1)?);
            if self.leases.holds(message, number) {
                continue;
            }
            if messages.len() == most && !places.contains_key(&message) {
                break;
            }
            let at = *places.entry(message).or_insert(messages.len());
            match messages.get_mut(at) {
                Some((_, numbers)) => numbers.push(number),
                None => messages.push((message, vec![number])),
            }
        }
        Ok(messages)
    }

    fn later(&self, domain: &str) -> Result<Option<i64>> {
        self.connection
            .prepare_cached("SELECT min(due) FROM recipient WHERE domain = ?1 AND due > ?2")?
            .query_row(params![domain, self.now], |row| row.get(0))
    }

    /// The first destination whose time has not come yet.
    pub(super) fn note_next(&mut self) -> Result<()> {
        let next: Option<i64> = self
            .connection
            .prepare_cached("SELECT next FROM destination WHERE next > ?1 ORDER BY next LIMIT 1")?
            .query_row([self.now], |row| row.get(0))
            .optional()?;
        next.into_iter().for_each(|next| self.note(next));
        Ok(())
    }

    /// Something may be due then.
    pub(super) fn note(&mut self, next: i64) {
        self.next = Some(self.next.map_or(next, |noted| noted.min(next)));
    }
}
