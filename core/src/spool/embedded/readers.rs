//! Reading beside the writer: what waits, and bodies.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Result};
use tokio::sync::Semaphore;

use super::body::{Expected, FileReader, MemoryReader};
use super::folder::Folder;
use super::{blocking, record, schema};
use crate::spool::{BodyReader, BodyRef, Envelope, MessageId, SpoolError, Stats};

/// How many connections read at once. Each has a cache of its own.
const CONNECTIONS: usize = 4;

/// Connections that read, opened when they are needed.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    folder: Folder,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(folder: Folder) -> Self {
        Self { folder, permits: Arc::new(Semaphore::new(CONNECTIONS)), idle: Arc::default() }
    }

    /// Readers that have this one connection.
    pub(super) fn over(folder: Folder, connection: Connection) -> Self {
        Self { folder, permits: Arc::new(Semaphore::new(1)), idle: Arc::new(Mutex::new(vec![connection])) }
    }

    pub(super) async fn stats(&self, now: i64) -> Result<Stats, SpoolError> {
        self.read(move |connection| stats(connection, now)).await
    }

    pub(super) async fn envelope(&self, id: MessageId) -> Result<Option<Arc<Envelope>>, SpoolError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {} FROM message WHERE id = ?1", record::ENVELOPE))?;
            statement.query_row([id.into_bytes()], record::envelope).optional()
        })
        .await
    }

    pub(super) async fn open_body(&self, body: &BodyRef) -> Result<Box<dyn BodyReader>, SpoolError> {
        let (folder, message) = (self.folder.clone(), body.message());
        let stored = self.read(move |connection| stored(connection, &folder, message)).await?;
        match stored {
            None => Err(SpoolError::Unknown),
            Some((expected, Content::Inline(content))) => Ok(Box::new(MemoryReader::new(content, expected)?)),
            Some((expected, Content::File(Ok(file)))) => Ok(Box::new(FileReader::new(file, expected))),
            Some((_, Content::File(Err(error)))) => {
                Err(SpoolError::Damaged(format!("cannot open the body of {message}: {error}")))
            }
        }
    }

    /// Runs a query on a thread for blocking work.
    pub(super) async fn read<T: Send + 'static>(
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

/// The most due recipients that are counted.
const DUE: i64 = 10_000;

fn stats(connection: &Connection, now: i64) -> Result<Stats> {
    let (messages, octets) = connection
        .prepare_cached("SELECT count(*), coalesce(sum(length), 0) FROM message")?
        .query_row([], |row| Ok((record::count(row, 0)?, record::count(row, 1)?)))?;
    let (recipients, held) = connection
        .prepare_cached("SELECT count(*), coalesce(sum(standing = 1), 0) FROM recipient")?
        .query_row([], |row| Ok((record::count(row, 0)?, record::count(row, 1)?)))?;
    let due = connection
        .prepare_cached(
            "SELECT count(*) FROM (
                 SELECT 1 FROM destination JOIN recipient USING (domain)
                 WHERE destination.next <= ?1 AND recipient.due <= ?1 LIMIT ?2)",
        )?
        .query_row([now, DUE], |row| record::count(row, 0))?;
    Ok(Stats { messages, recipients, due, held, octets })
}
