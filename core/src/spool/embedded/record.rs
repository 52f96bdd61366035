//! Rows and the types that they stand for.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::spool::{Envelope, LeasedRecipient, MessageId, Quarantine, Standing};

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

/// Reads a message: its [`envelope`], and the place of its body.
pub(super) const MESSAGE: &str =
    "SELECT id, received, sender, size, eight_bit, smtp_utf8, dsn, tags, quarantine, released,
    segment, offset, file, length, checksum FROM message WHERE id = ?1";

/// The column of [`MESSAGE`] with which the place of the body begins.
pub(super) const PLACE: usize = 10;

/// The envelope in the first columns of [`MESSAGE`].
pub(super) fn envelope(row: &Row<'_>) -> Result<Envelope> {
    let released = row.get::<_, Option<i64>>(9)?.map(time);
    let quarantine: Option<Quarantine> = json(row, 8)?;
    Ok(Envelope {
        id: id(row, 0)?,
        received: time(row.get(1)?),
        sender: row.get(2)?,
        size: count(row, 3)?,
        eight_bit: row.get(4)?,
        smtp_utf8: row.get(5)?,
        dsn: json(row, 6)?.unwrap_or_default(),
        tags: json(row, 7)?.unwrap_or_default(),
        quarantine: quarantine.map(|quarantine| Quarantine { released, ..quarantine }),
    })
}

/// Reads a [`recipient`].
pub(super) const RECIPIENT: &str = "SELECT number, address, attempts, status, dsn, attention
    FROM recipient WHERE message = ?1 AND number = ?2";

/// The recipient in the columns of [`RECIPIENT`].
pub(super) fn recipient(row: &Row<'_>) -> Result<LeasedRecipient> {
    Ok(LeasedRecipient {
        number: row.get(0)?,
        address: row.get(1)?,
        attempts: row.get(2)?,
        last: json(row, 3)?,
        dsn: json(row, 4)?.unwrap_or_default(),
        attention: time(row.get(5)?),
    })
}

/// What the text in this column says, if there is one.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    let read = serde_json::from_str(text).map(Some);
    read.map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// A value as the database keeps it.
pub(super) fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}

/// A value as the database keeps it: nothing where it is what most have.
pub(super) fn unusual<T: Serialize + Default + PartialEq>(value: &T) -> Result<Option<String>> {
    if *value == T::default() { Ok(None) } else { text(value).map(Some) }
}

/// A standing as the database keeps it. The index of those given up has the number too.
pub(super) fn standing_number(standing: Standing) -> i64 {
    match standing {
        Standing::Waiting => 0,
        Standing::Held => 1,
        Standing::GivenUp => 2,
        Standing::Removed => 3,
    }
}

/// The standing in this column.
pub(super) fn standing(row: &Row<'_>, column: usize) -> Result<Standing> {
    match row.get(column)? {
        0 => Ok(Standing::Waiting),
        1 => Ok(Standing::Held),
        2 => Ok(Standing::GivenUp),
        3 => Ok(Standing::Removed),
        other => Err(Error::IntegralValueOutOfRange(column, other)),
    }
}
