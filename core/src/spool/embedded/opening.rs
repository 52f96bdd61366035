//! Opening the spool: what may be chosen, and what may go wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, Row};
use tokio::sync::mpsc;

use super::destinations::Concerned;
use super::folder::Folder;
use super::health::Condition;
use super::lease::Leases;
use super::readers::Readers;
use super::steering::{Lent, Steering};
use super::{Embedded, record, schema, writer};
use crate::spool::{Control, Position};

/// How the engine works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most pages of the database, 8 KiB each.
    pub pages: u32,
    /// Octets of the disk that are left to settlements: with less, no message is accepted.
    pub reserve: u64,
}

impl Default for Options {
    fn default() -> Self {
        // The pages are SQLite's own limit. On a disk that is really full what was delivered could
        // not be recorded; the reserve is twice what the database's log grows to before it is
        // written back and used again.
        Self { pages: u32::MAX - 1, reserve: 64 * 1024 * 1024 }
    }
}

/// Why the spool could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "the spool `{}` is in use by another process: one relay to a spool; stop the other relay, or give this \
         one a `data_dir` of its own",
        folder.display()
    )]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be made, read or locked.
    #[error("cannot use the spool's folder `{}`: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the spool's database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A newer Waxseal has used it.
    #[error("the spool is of version {found}, and this relay knows version {known}: a newer one has used it")]
    TooNew {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It is to be read as it is, but only a relay that starts brings it to our version.
    #[error(
        "the spool is of version {found}, and this program reads version {known}: use the one that belongs to it, or start the relay"
    )]
    OtherVersion {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The writer's thread cannot be started.
    #[error("cannot start the spool's writer: {0}")]
    Thread(#[source] io::Error),
}

impl Embedded {
    /// Opens the spool in a folder, which is made if need be.
    ///
    /// # Errors
    ///
    /// Another process uses it, or the disk does not let us.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::open_with(folder, Options::default())
    }

    /// Opens the spool with options.
    ///
    /// # Errors
    ///
    /// As [`Embedded::open`].
    pub fn open_with(folder: &Path, options: Options) -> Result<Self, OpenError> {
        let (folder, lock) = Folder::take(folder)?;
        let (connection, found) = schema::open_writer(&folder.database(), &options)?;
        if found > schema::VERSION {
            return Err(OpenError::TooNew { found, known: schema::VERSION });
        }
        folder.sync()?;
        removed_while_leased(&connection)?;
        folder.remove_orphans(&connection)?;
        let leases = Arc::new(Leases::none(schema::open_reader(&folder.database())?));
        let condition = Arc::new(Condition::good());
        let (sender, requests) = mpsc::channel(writer::QUEUE);
        let writer = writer::Writer {
            connection,
            requests,
            folder: folder.clone(),
            condition: Arc::clone(&condition),
            leases: Arc::clone(&leases),
            lock,
        };
        Ok(Self {
            writer: Mutex::new(Some(writer.start().map_err(OpenError::Thread)?)),
            readers: Readers::new(folder.clone()),
            requests: Mutex::new(Some(sender)),
            folder,
            options,
            condition,
            leases,
        })
    }
}

/// Removes what the operator wanted to be gone while it was being delivered.
fn removed_while_leased(connection: &Connection) -> rusqlite::Result<()> {
    let position = |row: &Row<'_>| {
        Ok(Position { message: record::id(row, 0)?, number: row.get(1)? }).map(|at| (at, Lent::Free))
    };
    let recipients = connection
        .prepare("SELECT message, number FROM recipient WHERE standing >= 2 AND standing = 3")?
        .query_map([], position)?
        .collect::<rusqlite::Result<_>>()?;
    let transaction = connection.unchecked_transaction()?;
    let mut concerned = Concerned::default();
    Steering { what: Control::Remove, recipients, now: 0 }.make(&transaction, &mut concerned)?;
    concerned.refresh(&transaction)?;
    transaction.commit()
}
