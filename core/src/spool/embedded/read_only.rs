//! The spool of a relay that does not run, to be looked at: nothing is locked, and nothing changed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::attention::Attention;
use super::folder::Folder;
use super::lease::Leases;
use super::readers::Readers;
use super::reading::Bodies;
use super::{OpenError, clock, schema};
use crate::spool::{
    Body, BodyReader, BodyRef, BodyWriter, Control, Envelope, Filter, Health, Lease, MessageId, NewRecipient,
    Page, Position, QuarantineFilter, QuarantinePage, Queued, QueuedDestination, Room, Settlement, Spool,
    SpoolError, Stats, Status, Unquarantine,
};

/// A spool that is only read. Whatever would change it fails.
#[derive(Debug)]
pub struct ReadOnly {
    readers: Readers,
    bodies: Bodies,
    /// None are held: it stands still.
    leases: Arc<Leases>,
}

impl ReadOnly {
    /// Opens the spool in a folder, for reading. A relay may not run there: what it does meanwhile
    /// would not be seen, or half.
    ///
    /// # Errors
    ///
    /// There is no spool, or it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let there = Folder::at(folder);
        let missing = |source| OpenError::Folder { folder: folder.to_owned(), source };
        fs::metadata(there.database()).map_err(missing)?;
        let connection = open(&there.database())?;
        let found = schema::version(&connection)?;
        if found != schema::VERSION {
            return Err(OpenError::OtherVersion { found, known: schema::VERSION });
        }
        let leases = Arc::new(Leases::none(Connection::open_in_memory()?, Attention::default()));
        let bodies = Bodies::new(there.clone());
        Ok(Self { readers: Readers::over(there, connection), bodies, leases })
    }

    fn refuse<T>() -> Result<T, SpoolError> {
        Err(SpoolError::Failed("it is only open for reading".to_owned()))
    }
}

/// A relay that has ended well leaves no log: then the file alone is read, and SQLite makes no
/// files beside it. After a crash the log has what was acknowledged last, and is read too; for
/// that SQLite makes its index of it.
fn open(database: &Path) -> rusqlite::Result<Connection> {
    let log = database.with_extension("sqlite-wal");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        return Connection::open_with_flags(database, flags);
    }
    let path = database.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Connection::open_with_flags(format!("file:{path}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)
}

#[async_trait]
impl Spool for ReadOnly {
    async fn begin(&self) -> Result<Box<dyn BodyWriter>, SpoolError> {
        Self::refuse()
    }

    async fn commit(&self, _: Envelope, _: Vec<NewRecipient>, _: Body) -> Result<(), SpoolError> {
        Self::refuse()
    }

    async fn lease(&self, _: usize, _: Arc<dyn Room>) -> Result<Vec<Lease>, SpoolError> {
        Self::refuse()
    }

    async fn wait_due(&self) {
        std::future::pending::<()>().await;
    }

    async fn settle(&self, _: Settlement) -> Result<(), SpoolError> {
        Self::refuse()
    }

    async fn put_off(&self, _: &str, _: Option<(Timestamp, Status)>) -> Result<(), SpoolError> {
        Self::refuse()
    }

    async fn open_body(&self, body: &BodyRef) -> Result<Box<dyn BodyReader>, SpoolError> {
        self.readers.open_body(&self.bodies, body).await
    }

    async fn message(
        &self,
        id: MessageId,
    ) -> Result<Option<(Arc<Envelope>, Vec<Queued>, BodyRef)>, SpoolError> {
        self.readers.message(&self.leases, id).await
    }

    async fn list(&self, filter: &Filter, after: Option<Position>, most: usize) -> Result<Page, SpoolError> {
        self.readers.list(&self.leases, filter, after, most).await
    }

    async fn destinations(
        &self,
        filter: &Filter,
        after: Option<String>,
        most: usize,
    ) -> Result<Vec<QueuedDestination>, SpoolError> {
        self.readers.destinations(&self.leases, filter, after, most).await
    }

    async fn control(&self, _: &Filter, _: Control) -> Result<u64, SpoolError> {
        Self::refuse()
    }

    async fn quarantined(
        &self,
        filter: &QuarantineFilter,
        after: Option<MessageId>,
        most: usize,
    ) -> Result<QuarantinePage, SpoolError> {
        self.readers.quarantined(filter, after, most).await
    }

    async fn unquarantine(&self, _: MessageId, _: Unquarantine) -> Result<(), SpoolError> {
        Self::refuse()
    }

    async fn stats(&self) -> Result<Stats, SpoolError> {
        Ok(self.readers.sums().await?.stats(self.readers.due(clock::now()).await?))
    }

    fn health(&self) -> Health {
        Health::Good
    }

    async fn shutdown(&self) {}
}
