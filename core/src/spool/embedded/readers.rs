//! Reading beside the writer: what waits, and bodies.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, params};
use serde::Serialize;
use tokio::sync::Semaphore;

use super::body::{Expected, FileReader, MemoryReader};
use super::folder::Folder;
use super::{blocking, record, schema};
use crate::spool::{BodyReader, MessageId, SpoolError, Stats, Status};

/// How many connections read at once. Each has a cache of its own.
const CONNECTIONS: usize = 4;

/// Connections that read, opened when they are needed.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    folder: Folder,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// A recipient that waits, for lists of the queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Queued {
    /// The message.
    pub message: MessageId,
    /// The recipient's number in the message.
    pub number: u32,
    /// The reverse-path; empty for the null sender.
    pub sender: String,
    /// The forward-path.
    pub address: String,
    /// When the message was accepted.
    pub received: Timestamp,
    /// The size of the message in octets.
    pub size: u64,
    /// When the next attempt is due.
    pub due: Timestamp,
    /// How many attempts were made.
    pub attempts: u32,
    /// What the last attempt came to.
    pub last: Option<Status>,
}

/// A place in the list of the queue: a message and the number of a recipient.
pub type Position = (MessageId, u32);

impl Readers {
    pub(super) fn new(folder: Folder) -> Self {
        Self { folder, permits: Arc::new(Semaphore::new(CONNECTIONS)), idle: Arc::default() }
    }

    pub(super) async fn stats(&self, now: i64) -> Result<Stats, SpoolError> {
        self.read(move |connection| stats(connection, now)).await
    }

    pub(super) async fn list(&self, after: Option<Position>, most: usize) -> Result<Vec<Queued>, SpoolError> {
        self.read(move |connection| list(connection, after, most)).await
    }

    pub(super) async fn open_body(&self, message: MessageId) -> Result<Box<dyn BodyReader>, SpoolError> {
        let folder = self.folder.clone();
        let stored = self.read(move |connection| stored(connection, &folder, message)).await?;
        match stored {
            None => Err(SpoolError::Unknown),
            Some((expected, Content::Inline(content))) => Ok(Box::new(MemoryReader::new(content, expected)?)),
            Some((expected, Content::File(Ok(file)))) => Ok(Box::new(FileReader::new(file, expected))),
            Some((_, Content::File(Err(error)))) => {
                Err(SpoolError::Failed(format!("cannot open the body of {message}: {error}")))
            }
        }
    }

    /// Runs a query on a thread for blocking work.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let this = self.clone();
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| super::closed())?;
        let answer = blocking(move || {
            let _permit = permit;
            let connection = this.take()?;
            let answer = query(&connection);
            this.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            Ok(answer)
        });
        answer.await?.and_then(|answer| answer).map_err(|error| unreadable(&error))
    }

    fn take(&self) -> Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| schema::open_reader(&self.folder.database()), Ok)
    }
}

/// A query has failed. That alone does not stop the spool.
pub(super) fn unreadable(error: &rusqlite::Error) -> SpoolError {
    SpoolError::Failed(format!("cannot read the database: {error}"))
}

enum Content {
    Inline(Vec<u8>),
    File(std::io::Result<File>),
}

fn stored(
    connection: &Connection,
    folder: &Folder,
    message: MessageId,
) -> Result<Option<(Expected, Content)>> {
    let mut statement = connection.prepare_cached(
        "SELECT length, checksum, file, content FROM message LEFT JOIN body ON body.message = id WHERE id = ?1",
    )?;
    let stored = statement.query_row([message.into_bytes()], |row| {
        let expected = Expected { message, length: record::count(row, 0)?, checksum: row.get(1)? };
        let content = match row.get::<_, Option<String>>(2)? {
            Some(name) => Content::File(File::open(folder.body(&name))),
            None => Content::Inline(row.get::<_, Option<Vec<u8>>>(3)?.unwrap_or_default()),
        };
        Ok((expected, content))
    });
    stored.optional()
}

fn stats(connection: &Connection, now: i64) -> Result<Stats> {
    let (messages, octets) = connection
        .prepare_cached("SELECT count(*), coalesce(sum(length), 0) FROM message")?
        .query_row([], |row| Ok((record::count(row, 0)?, record::count(row, 1)?)))?;
    let (recipients, due) = connection
        .prepare_cached("SELECT count(*), coalesce(sum(due <= ?1), 0) FROM recipient")?
        .query_row([now], |row| Ok((record::count(row, 0)?, record::count(row, 1)?)))?;
    Ok(Stats { messages, recipients, due, octets })
}

fn list(connection: &Connection, after: Option<Position>, most: usize) -> Result<Vec<Queued>> {
    // Numbers start at 0: the list starts after -1 of the least id.
    let (message, number) = after.map_or((MessageId::nil(), -1), |(id, number)| (id, i64::from(number)));
    let mut statement = connection.prepare_cached(
        "SELECT message, number, sender, address, received, size, due, attempts, status
         FROM recipient JOIN message ON message.id = recipient.message
         WHERE (message, number) > (?1, ?2) ORDER BY message, number LIMIT ?3",
    )?;
    let rows =
        statement.query_map(params![message.into_bytes(), number, record::signed(most as u64)], |row| {
            Ok(Queued {
                message: record::id(row, 0)?,
                number: row.get(1)?,
                sender: row.get(2)?,
                address: row.get(3)?,
                received: record::time(row.get(4)?),
                size: record::count(row, 5)?,
                due: record::time(row.get(6)?),
                attempts: row.get(7)?,
                last: record::status(row, 8)?,
            })
        })?;
    rows.collect()
}
