//! The spool's folder: who may use it, and the files of bodies: `small` has segments, `big` has a
//! file for each large one.
//!
//! A large body's file is written under the name that it keeps. It belongs to the spool only when a row
//! names it, so that a crash at any point leaves at most a file that nobody names; the next start
//! removes it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};
use tempfile::TempPath;

use super::OpenError;
use super::health::of_opening;
use super::inventory::Inventory;

/// How often a lock that is taken is looked at again, and how long after: a process that has just
/// ended may still hold it for a moment.
const PATIENCE: u32 = 20;
const LOOK: Duration = Duration::from_millis(25);

/// The folder. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: Arc<Path>,
    names: Option<Arc<Names>>,
}

/// The folders of bodies, open: a name can be synced even when no file more can be opened.
#[derive(Debug)]
struct Names {
    small: File,
    big: File,
}

impl Folder {
    /// Makes the folder if need be, and takes it for this process as long as the answered file
    /// lives.
    pub(super) fn take(root: &Path) -> Result<(Self, File), OpenError> {
        let mut folder = Self::at(root);
        let failed = |source| OpenError::Folder { folder: root.to_owned(), source };
        // Mail is private: nobody but the relay's own user reads the spool.
        for bodies in [folder.bodies(), folder.segments()] {
            DirBuilder::new().recursive(true).mode(0o700).create(bodies).map_err(failed)?;
        }
        if let Some(parent) = root.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync(parent).map_err(failed)?;
        }
        let names = Names::open(&folder).map_err(failed)?;
        folder.names = Some(Arc::new(names));
        let lock = File::create(root.join("lock")).map_err(failed)?;
        for _ in 1..PATIENCE {
            match lock.try_lock() {
                Err(TryLockError::WouldBlock) => thread::sleep(LOOK),
                _ => break,
            }
        }
        match lock.try_lock() {
            Ok(()) => Ok((folder, lock)),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { folder: root.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// The folder as it is: nothing is made or taken.
    pub(super) fn at(root: &Path) -> Self {
        Self { root: root.into(), names: None }
    }

    /// The database's file.
    pub(super) fn database(&self) -> PathBuf {
        self.root.join("queue.sqlite")
    }

    /// The database's log.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("queue.sqlite-wal")
    }

    /// The file of a body by its name.
    pub(super) fn body(&self, name: &str) -> PathBuf {
        self.bodies().join(name)
    }

    /// The file of a segment by its number.
    pub(super) fn segment(&self, number: u64) -> PathBuf {
        self.segments().join(format!("{number:016x}.segment"))
    }

    /// A new segment, whose name is on stable storage.
    pub(super) fn create_segment(&self, number: u64) -> io::Result<File> {
        let file = create(&self.segment(number)).map_err(of_opening)?;
        match &self.names {
            Some(names) => names.small.sync_all()?,
            None => sync(&self.segments())?,
        }
        Ok(file)
    }

    /// Removes a segment in which nothing lives. What cannot be removed now is removed at the next
    /// start.
    pub(super) fn remove_segment(&self, number: u64) {
        if let Err(error) = fs::remove_file(self.segment(number)) {
            tracing::warn!(number, %error, "cannot remove a segment in which nothing lives");
        }
    }

    /// The numbers of all segments.
    fn segment_numbers(&self) -> Result<Vec<u64>, OpenError> {
        let number = |entry: io::Result<fs::DirEntry>| {
            let name = entry?.file_name();
            Ok(name.to_str().and_then(|name| u64::from_str_radix(name.strip_suffix(".segment")?, 16).ok()))
        };
        let entries = fs::read_dir(self.segments()).map_err(|source| self.failed(source))?;
        let numbers: io::Result<Vec<Option<u64>>> = entries.map(number).collect();
        Ok(numbers.map_err(|source| self.failed(source))?.into_iter().flatten().collect())
    }

    /// Removes all segments: to be called only where no row names one.
    pub(super) fn remove_segments(&self) -> Result<(), OpenError> {
        for number in self.segment_numbers()? {
            fs::remove_file(self.segment(number)).map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    /// The number of the last segment that there is.
    pub(super) fn last_segment(&self) -> Result<u64, OpenError> {
        Ok(self.segment_numbers()?.into_iter().max().unwrap_or(0))
    }

    /// How many octets the disk has left; `None` where it does not say.
    pub(super) fn free(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&*self.root).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Puts the names of the database and of the folder of bodies on stable storage.
    pub(super) fn sync(&self) -> Result<(), OpenError> {
        sync(&self.root).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> OpenError {
        OpenError::Folder { folder: self.root.to_path_buf(), source }
    }

    /// A new file for a body, removed when its path is dropped.
    pub(super) fn create_body(&self) -> io::Result<(File, TempPath)> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("").suffix(".body").rand_bytes(20);
        // Not `tempfile_in`: it does not say what the system has answered.
        Ok(builder.make_in(self.bodies(), create).map_err(of_opening)?.into_parts())
    }

    /// Puts the names of the bodies' files on stable storage: without it a synced file may have
    /// lost its name after a power loss.
    pub(super) fn sync_bodies(&self) -> io::Result<()> {
        match &self.names {
            Some(names) => names.big.sync_all(),
            None => sync(&self.bodies()),
        }
    }

    /// Removes a body's file that no row names any more. What cannot be removed now is removed at
    /// the next start.
    pub(super) fn remove_body(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.body(name)) {
            tracing::warn!(file = name, %error, "cannot remove the body of a finished message");
        }
    }

    /// Removes the files and segments that no row names.
    pub(super) fn remove_orphans(&self, connection: &Connection, named: &Inventory) -> Result<(), OpenError> {
        for number in self.segment_numbers()? {
            if !named.segments.contains_key(&number) {
                fs::remove_file(self.segment(number)).map_err(|source| self.failed(source))?;
            }
        }
        let failed = |source| OpenError::Folder { folder: self.bodies(), source };
        for entry in fs::read_dir(self.bodies()).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if !is_named(connection, &name.to_string_lossy()).map_err(OpenError::Database)? {
                fs::remove_file(entry.path()).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn bodies(&self) -> PathBuf {
        self.root.join("big")
    }

    fn segments(&self) -> PathBuf {
        self.root.join("small")
    }
}

impl Names {
    fn open(folder: &Folder) -> io::Result<Self> {
        Ok(Self { small: File::open(folder.segments())?, big: File::open(folder.bodies())? })
    }
}

/// To be read too: a body is looked at before it belongs to a message.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

fn is_named(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM message WHERE file = ?1")?;
    Ok(statement.query_row([name], |_| Ok(())).optional()?.is_some())
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
