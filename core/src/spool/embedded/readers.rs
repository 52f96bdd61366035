//! Queries beside the writer.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Result};
use tokio::sync::Semaphore;

use super::clock::Due;
use super::folder::Folder;
use super::inventory::Sums;
use super::lease::Leases;
use super::place::{At, Place};
use super::reading::Bodies;
use super::{blocking, choosing, clock, listing, quarantine, reading, record, schema};
use crate::spool::{
    BodyReader, BodyRef, Envelope, Filter, MessageId, Page, Position, QuarantineFilter, QuarantinePage,
    Queued, QueuedDestination, SpoolError,
};

/// How many connections read at once. Each has a cache of its own.
const CONNECTIONS: usize = 4;

/// The most due recipients that are counted.
const DUE: i64 = 10_000;

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

    /// A message's envelope, and where its body is.
    pub(super) async fn about(&self, id: MessageId) -> Result<Option<(Arc<Envelope>, Place)>, SpoolError> {
        self.read(move |connection| choosing::about(connection, id)).await
    }

    /// How many recipients are due, counted up to a limit.
    pub(super) async fn due(&self, now: i64) -> Result<u64, SpoolError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT count(*) FROM (
                         SELECT 1 FROM destination JOIN recipient USING (domain)
                         WHERE destination.next <= ?1 AND recipient.due <= ?1 LIMIT ?2)",
                )?
                .query_row([now, DUE], |row| record::count(row, 0))
        })
        .await
    }

    /// The sums, as the tables have them.
    pub(super) async fn sums(&self) -> Result<Sums, SpoolError> {
        self.read(Sums::load).await
    }

    /// A message, with all its recipients that wait.
    pub(super) async fn message(
        &self,
        leases: &Arc<Leases>,
        id: MessageId,
    ) -> Result<Option<(Arc<Envelope>, Vec<Queued>, BodyRef)>, SpoolError> {
        let Some((envelope, place)) = self.about(id).await? else { return Ok(None) };
        let only = Filter { message: Some(id), ..Filter::default() };
        let (mut queued, mut after) = (Vec::new(), None);
        loop {
            let page = self.list(leases, &only, after, usize::MAX).await?;
            queued.extend(page.recipients);
            after = page.next;
            if after.is_none() {
                return Ok(Some((envelope, queued, BodyRef::at(id, place))));
            }
        }
    }

    /// A page of what waits, and what of it is leased.
    pub(super) async fn list(
        &self,
        leases: &Arc<Leases>,
        filter: &Filter,
        after: Option<Position>,
        most: usize,
    ) -> Result<Page, SpoolError> {
        let (leases, filter) = (Arc::clone(leases), filter.clone());
        self.read(move |connection| listing::list(connection, &leases, &filter, after, most)).await
    }

    /// A page of what is quarantined.
    pub(super) async fn quarantined(
        &self,
        filter: &QuarantineFilter,
        after: Option<MessageId>,
        most: usize,
    ) -> Result<QuarantinePage, SpoolError> {
        let filter = filter.clone();
        self.read(move |connection| quarantine::list(connection, &filter, after, most)).await
    }

    /// A page of destinations.
    pub(super) async fn destinations(
        &self,
        leases: &Arc<Leases>,
        filter: &Filter,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<QueuedDestination>, SpoolError> {
        let (leases, filter) = (Arc::clone(leases), filter.clone());
        let list = move |connection: &Connection| {
            listing::destinations(connection, &leases, &filter, after.as_deref(), most)
        };
        self.read(list).await
    }

    /// Opens a body where it is said to be, or else where it is now: it may have been copied
    /// elsewhere, or is gone.
    pub(super) async fn open_body(
        &self,
        bodies: &Bodies,
        body: &BodyRef,
    ) -> Result<Box<dyn BodyReader>, SpoolError> {
        if let Some(content) = &body.content {
            return Ok(reading::in_memory(content.clone()));
        }
        let error = match &body.place {
            Some(place) => match self.open(bodies, body.message(), place).await {
                Ok(reader) => return Ok(reader),
                Err(error) => Some(error),
            },
            None => None,
        };
        let Some((_, place)) = self.about(body.message()).await? else { return Err(SpoolError::Unknown) };
        match error {
            Some(error) if body.place.as_ref() == Some(&place) => Err(error),
            _ => self.open(bodies, body.message(), &place).await,
        }
    }

    async fn open(
        &self,
        bodies: &Bodies,
        message: MessageId,
        place: &Place,
    ) -> Result<Box<dyn BodyReader>, SpoolError> {
        if place.at != At::Table {
            return bodies.open(message, place).await;
        }
        let octets = self.read(move |connection| {
            let mut content = connection.prepare_cached("SELECT octets FROM content WHERE message = ?1")?;
            content.query_row([message.into_bytes()], |row| row.get(0)).optional()
        });
        match octets.await? {
            Some(octets) => reading::from_table(message, place, octets),
            None => Err(SpoolError::Damaged(format!("the body of {message} is not in the database"))),
        }
    }

    /// The first destination after a name.
    pub(super) async fn destination(&self, after: Option<String>) -> Result<Option<String>, SpoolError> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT min(domain) FROM destination WHERE domain > ?1")?
                .query_row([after.unwrap_or_default()], |row| row.get(0))
        })
        .await
    }

    /// The next recipients of a destination in the order of their due times.
    pub(super) async fn due_after(
        &self,
        destination: String,
        after: Due,
        most: usize,
    ) -> Result<Vec<Due>, SpoolError> {
        self.read(move |connection| clock::due_after(connection, &destination, after, most)).await
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
            answer
        });
        answer.await?.map_err(|error| unreadable(&error))
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
