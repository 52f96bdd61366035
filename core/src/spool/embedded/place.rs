//! Where bodies are, and how a record of a segment looks.
//!
//! A record is a head and a body. The head has the body's length and its CRC-32C, four octets each,
//! little-endian, and the message's id, 16 octets. Nothing else marks where records begin: the index
//! knows.

use std::sync::Arc;

use rusqlite::{Result, Row};

use super::record::{count, signed};
use crate::spool::{MessageId, SpoolError};

/// Octets of a record's head.
pub(super) const HEAD: usize = 24;

/// Where a body is, and what it was when it was written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::spool) struct Place {
    pub(super) at: At,
    /// Octets.
    pub(super) length: u64,
    /// CRC-32C.
    pub(super) checksum: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum At {
    /// In a segment, with others: where its record begins.
    Segment { number: u64, offset: u64 },
    /// In a file of its own, of this name.
    File(Arc<str>),
    /// In the database: it came in alone, or nearly so.
    Table,
}

/// The head of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) id: MessageId,
    pub(super) length: u32,
    pub(super) checksum: u32,
}

impl Head {
    pub(super) fn to_octets(self) -> [u8; HEAD] {
        let mut octets = [0; HEAD];
        let (numbers, id) = octets.split_at_mut(8);
        numbers.copy_from_slice(&(u64::from(self.checksum) << 32 | u64::from(self.length)).to_le_bytes());
        id.copy_from_slice(self.id.as_bytes());
        octets
    }

    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let (numbers, rest) = octets.split_first_chunk::<8>()?;
        let id = rest.first_chunk::<16>()?;
        let numbers = u64::from_le_bytes(*numbers);
        let [length, checksum] = [numbers & u64::from(u32::MAX), numbers >> 32].map(u32::try_from);
        Some(Self { id: MessageId::from_bytes(*id), length: length.ok()?, checksum: checksum.ok()? })
    }

    /// Octets of the whole record.
    pub(super) fn record(self) -> u64 {
        HEAD as u64 + u64::from(self.length)
    }
}

impl Place {
    /// The segment, if it is in one.
    pub(super) fn segment(&self) -> Option<u64> {
        match self.at {
            At::Segment { number, .. } => Some(number),
            At::File(_) | At::Table => None,
        }
    }

    /// The place in five columns: `segment, offset, file, length, checksum`.
    pub(super) fn of_row(row: &Row<'_>, first: usize) -> Result<Self> {
        let (segment, file): (Option<i64>, Option<String>) = (row.get(first)?, row.get(first + 2)?);
        let at = match (segment, file) {
            (Some(_), _) => At::Segment { number: count(row, first)?, offset: count(row, first + 1)? },
            (None, Some(name)) => At::File(name.into()),
            (None, None) => At::Table,
        };
        Ok(Self { at, length: count(row, first + 3)?, checksum: row.get(first + 4)? })
    }

    /// The first three of the five columns.
    pub(super) fn columns(&self) -> (Option<i64>, Option<i64>, Option<&str>) {
        match &self.at {
            At::Segment { number, offset } => (Some(signed(*number)), Some(signed(*offset)), None),
            At::File(name) => (None, None, Some(name)),
            At::Table => (None, None, None),
        }
    }

    /// Compares what was read with what was written.
    pub(super) fn compare(
        &self,
        message: MessageId,
        length: u64,
        checksum: u32,
    ) -> std::result::Result<(), SpoolError> {
        if (length, checksum) == (self.length, self.checksum) {
            return Ok(());
        }
        Err(SpoolError::Damaged(format!(
            "the body of {message} is damaged: {length} octets with checksum {checksum:08x}, but {} with {:08x} \
             were written; the disk or somebody has changed it",
            self.length, self.checksum,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let head = Head { id: MessageId::now_v7(), length: 0x0102_0304, checksum: 0xA0B0_C0D0 };
        let octets = head.to_octets();
        assert_eq!(octets[..8], [4, 3, 2, 1, 0xD0, 0xC0, 0xB0, 0xA0]);
        assert_eq!(Head::read(&octets), Some(head));
        assert_eq!(Head::read(&octets[..HEAD - 1]), None);
    }
}
