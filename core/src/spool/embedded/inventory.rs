//! What there is: the segments with what lives in them, and the sums of the queue. The writer keeps
//! it in memory; what a transaction changes of it is in the tables when it ends.

use std::collections::BTreeMap;

use rusqlite::{Connection, Result, params};

use super::record::{count, signed};
use crate::spool::Stats;

/// What there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Inventory {
    pub(super) segments: BTreeMap<u64, Segment>,
    pub(super) sums: Sums,
}

/// What lives in a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Segment {
    /// Bodies that a row names.
    pub(super) bodies: i64,
    /// Octets of their records.
    pub(super) live: i64,
    /// Octets of the file that were synced.
    pub(super) size: u64,
    /// When it was begun: nanoseconds since 1970.
    pub(super) begun: i64,
}

/// The sums of the queue; and how a transaction changes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) messages: i64,
    pub(super) recipients: i64,
    pub(super) held: i64,
    pub(super) octets: i64,
    pub(super) quarantined: i64,
    pub(super) quarantined_octets: i64,
}

impl Inventory {
    /// As the tables have it.
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let sums = Sums::load(connection)?;
        let mut statement = connection.prepare("SELECT number, bodies, live, size, begun FROM segment")?;
        let segments = statement.query_map([], |row| {
            let segment =
                Segment { bodies: row.get(1)?, live: row.get(2)?, size: count(row, 3)?, begun: row.get(4)? };
            Ok((count(row, 0)?, segment))
        })?;
        Ok(Self { segments: segments.collect::<Result<_>>()?, sums })
    }

    /// Segments that nothing lives in any more, the one that is written to aside. They are taken
    /// off the list.
    pub(super) fn take_empty(&mut self, current: Option<u64>) -> Vec<u64> {
        let is_empty = |(number, segment): (&u64, &Segment)| {
            (segment.bodies == 0 && Some(*number) != current).then_some(*number)
        };
        let empty: Vec<u64> = self.segments.iter().filter_map(is_empty).collect();
        empty.iter().for_each(|number| {
            self.segments.remove(number);
        });
        empty
    }
}

impl Sums {
    /// As the table has them.
    pub(super) fn load(connection: &Connection) -> Result<Self> {
        let sums = "SELECT messages, recipients, held, octets, quarantined, quarantined_octets FROM sums";
        connection.query_row(sums, [], |row| {
            Ok(Self {
                messages: row.get(0)?,
                recipients: row.get(1)?,
                held: row.get(2)?,
                octets: row.get(3)?,
                quarantined: row.get(4)?,
                quarantined_octets: row.get(5)?,
            })
        })
    }

    /// Writes the sums.
    pub(super) fn store(self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached(
                "UPDATE sums SET messages = ?1, recipients = ?2, held = ?3, octets = ?4, quarantined = ?5,
                     quarantined_octets = ?6",
            )?
            .execute(params![
                self.messages,
                self.recipients,
                self.held,
                self.octets,
                self.quarantined,
                self.quarantined_octets,
            ])
            .map(|_| ())
    }

    #[must_use]
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            recipients: self.recipients + other.recipients,
            held: self.held + other.held,
            octets: self.octets + other.octets,
            quarantined: self.quarantined + other.quarantined,
            quarantined_octets: self.quarantined_octets + other.quarantined_octets,
        }
    }

    /// The sums in words.
    pub(super) fn stats(self, due: u64) -> Stats {
        let count = |sum: i64| sum.max(0).unsigned_abs();
        Stats {
            messages: count(self.messages),
            recipients: count(self.recipients),
            due,
            held: count(self.held),
            octets: count(self.octets),
            quarantined: count(self.quarantined),
            quarantined_octets: count(self.quarantined_octets),
        }
    }
}

/// Removes the row of a segment whose file is gone.
pub(super) fn remove_row(connection: &Connection, number: u64) -> Result<()> {
    connection.prepare_cached("DELETE FROM segment WHERE number = ?1")?.execute([signed(number)]).map(|_| ())
}

impl Segment {
    /// Writes what lives in it.
    pub(super) fn store(self, connection: &Connection, number: u64) -> Result<()> {
        connection
            .prepare_cached(
                "INSERT INTO segment (number, bodies, live, size, begun) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET bodies = excluded.bodies, live = excluded.live, size = excluded.size",
            )?
            .execute(params![signed(number), self.bodies, self.live, signed(self.size), self.begun])
            .map(|_| ())
    }
}
