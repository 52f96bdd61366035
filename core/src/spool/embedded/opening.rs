//! Opening the spool: what may be chosen, and what may go wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;

use super::attention::Attention;
use super::books::Books;
use super::change::{remove_if_finished, remove_recipient};
use super::checkpoint::Checkpoints;
use super::clock::Watch;
use super::compaction::Compaction;
use super::folder::Folder;
use super::health::Condition;
use super::inventory::{self, Inventory};
use super::lease::Leases;
use super::quarantine::Room;
use super::readers::Readers;
use super::reading::Bodies;
use super::segments::{self, Segments};
use super::space::Space;
use super::writer::Writer;
use super::{Embedded, Shared, migration, record, recovery, schema};
use crate::spool::{MessageId, QuarantineLimits};

/// How the engine works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most pages of the database, 8 KiB each.
    pub pages: u32,
    /// Octets of the disk that are left to settlements: with less, no message is accepted.
    pub reserve: u64,
    /// A segment of this size is followed by the next one. Octets.
    pub segment_size: u64,
    /// Bodies that came in together and are no larger than this, all of them, go into the tables: one
    /// sync less for who brings few. Octets.
    pub in_tables: usize,
    /// How old a segment is before what is left in it is copied; `None` for an hour.
    pub compact_after: Option<Duration>,
    /// How much may be quarantined.
    pub quarantine: QuarantineLimits,
}

impl Default for Options {
    fn default() -> Self {
        // The pages are SQLite's own limit. On a disk that is really full what was delivered could
        // not be recorded; the reserve is twice what the database's log grows to before it is
        // written back and used again.
        Self {
            pages: u32::MAX - 1,
            reserve: 64 * 1024 * 1024,
            segment_size: segments::FULL,
            in_tables: 32 * 1024,
            compact_after: None,
            quarantine: QuarantineLimits::default(),
        }
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
    /// Its log cannot be read, or not be written again.
    #[error("cannot bring the log of the spool's database to the disk: {0}")]
    Log(#[source] io::Error),
    /// A newer Waxseal has used it.
    #[error("the spool is of version {found}, and this relay knows version {known}: a newer one has used it")]
    TooNew {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Bodies of a spool of an earlier version cannot be moved.
    #[error("cannot move the bodies of an earlier version's spool: {0}")]
    Bodies(#[source] io::Error),
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
    /// The writer's threads cannot be started.
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
        recovery::write_again(&folder.log()).map_err(OpenError::Log)?;
        let (mut connection, found) = schema::open_writer(&folder.database(), &options)?;
        match found {
            0 | schema::VERSION => {}
            1..=3 => migration::migrate(&mut connection, &folder, found)?,
            found => return Err(OpenError::TooNew { found, known: schema::VERSION }),
        }
        folder.sync()?;
        let inventory = clean_up(&mut connection, &folder)?;
        let database = folder.database();
        let reader = schema::open_reader(&database)?;
        let attention = Attention::load(&reader)?;
        let leases = Arc::new(Leases::none(reader, attention));
        let condition = Arc::new(Condition::good());
        let bodies = Bodies::new(folder.clone());
        let shared = Arc::new(Shared::new(inventory.sums));
        let checkpoints = schema::open_checkpoints(&database)?;
        let checkpoints =
            Checkpoints::start(checkpoints, Arc::clone(&condition)).map_err(OpenError::Thread)?;
        let last = inventory.segments.last_key_value().map_or(0, |(number, _)| *number);
        let (sender, requests) = channel();
        let writer = Writer {
            connection,
            requests,
            next: None,
            in_tables: options.in_tables,
            segments: Segments::from(
                folder.clone(),
                folder.last_segment()?.max(last) + 1,
                options.segment_size,
            ),
            folder: folder.clone(),
            inventory,
            gone: vec![],
            bodies: bodies.clone(),
            condition: Arc::clone(&condition),
            leases: Arc::clone(&leases),
            shared: Arc::clone(&shared),
            checkpoints,
            compaction: Compaction::new(options.compact_after),
            lock,
        };
        let space = Space::new(folder.clone(), options.reserve);
        // A start on a full disk says so, before the first mail is refused.
        space.left();
        Ok(Self {
            writer: Mutex::new(Some(writer.start().map_err(OpenError::Thread)?)),
            readers: Readers::new(folder.clone()),
            requests: Mutex::new(Some(sender)),
            quarantine: Room::new(options.quarantine),
            space: Arc::new(space),
            folder,
            condition,
            leases,
            bodies,
            shared,
            watch: Watch::begin(),
        })
    }
}

/// Removes what the last run has left behind, and answers with what there is.
fn clean_up(connection: &mut Connection, folder: &Folder) -> Result<Inventory, OpenError> {
    let before = Inventory::load(connection)?;
    let transaction = connection.transaction()?;
    let mut books = Books::default();
    remove_removed(&transaction, &mut books)?;
    let after = books.close(&transaction, &before, None, 0)?;
    let mut inventory = before;
    inventory.segments.extend(after.segments);
    inventory.sums = after.sums;
    for number in inventory.take_empty(None) {
        inventory::remove_row(&transaction, number)?;
    }
    transaction.commit()?;
    // Only now: what is gone is gone on the disk too.
    folder.remove_orphans(connection, &inventory)?;
    Ok(inventory)
}

/// Removes what the operator wanted to be gone while it was being delivered.
fn remove_removed(connection: &Connection, books: &mut Books) -> rusqlite::Result<()> {
    let recipients: Vec<(MessageId, u32)> = connection
        .prepare("SELECT message, number FROM recipient WHERE standing >= 2 AND standing = 3")?
        .query_map([], |row| Ok((record::id(row, 0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (message, number) in recipients {
        remove_recipient(connection, (message, number), books)?;
        remove_if_finished(connection, message, books)?;
    }
    Ok(())
}
