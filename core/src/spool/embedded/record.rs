//! Rows and the types that they stand for.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};

use crate::spool::{Envelope, LeasedRecipient, MessageId, Status};

/// A time as the database keeps it: nanoseconds since 1970, enough until the year 2262.
pub(super) fn nanoseconds(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}

/// The time of these nanoseconds since 1970.
pub(super) fn time(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or_default()
}

/// A count as the database keeps it: SQLite has signed integers only.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The count in this column.
pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let count: i64 = row.get(column)?;
    u64::try_from(count).map_err(|_| Error::IntegralValueOutOfRange(column, count))
}

/// The message id in this column.
pub(super) fn id(row: &Row<'_>, column: usize) -> Result<MessageId> {
    Ok(MessageId::from_bytes(row.get(column)?))
}

/// The columns that [`envelope`] reads.
pub(super) const ENVELOPE: &str = "id, received, sender, size, eight_bit, smtp_utf8";

/// The envelope in the columns of [`ENVELOPE`].
pub(super) fn envelope(row: &Row<'_>) -> Result<Arc<Envelope>> {
    Ok(Arc::new(Envelope {
        id: id(row, 0)?,
        received: time(row.get(1)?),
        sender: row.get(2)?,
        size: count(row, 3)?,
        eight_bit: row.get(4)?,
        smtp_utf8: row.get(5)?,
    }))
}

/// The columns that [`recipient`] reads.
pub(super) const RECIPIENT: &str = "number, address, attempts, status";

/// The recipient in the columns of [`RECIPIENT`].
pub(super) fn recipient(row: &Row<'_>) -> Result<LeasedRecipient> {
    Ok(LeasedRecipient {
        number: row.get(0)?,
        address: row.get(1)?,
        attempts: row.get(2)?,
        last: status(row, 3)?,
    })
}

/// The status in this column, if there was an attempt.
pub(super) fn status(row: &Row<'_>, column: usize) -> Result<Option<Status>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// A status as the database keeps it.
pub(super) fn status_text(status: &Status) -> Result<String> {
    serde_json::to_string(status).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}
