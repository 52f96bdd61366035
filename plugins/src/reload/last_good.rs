//! The last good policies, kept on disk: a start with broken ones uses them.
//!
//! Each kept snapshot has a folder of its own, named by its hash; the file `current` names the one
//! that counts, and is replaced in one rename. A crash leaves the old one or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use crate::bundle::Snapshot;

const CURRENT: &str = "current";
/// The folder of lists, which are kept as they are read, and belong to no snapshot.
const LISTS: &str = "lists";

/// Where snapshots are kept.
#[derive(Clone, Debug)]
pub(super) struct LastGood {
    directory: PathBuf,
}

impl LastGood {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Where lists are kept.
    pub(super) fn lists(&self) -> PathBuf {
        self.directory.join(LISTS)
    }

    /// What was kept last; `None` where nothing was, or it cannot be read.
    pub(super) fn read(&self) -> Option<Snapshot> {
        let name = fs::read_to_string(self.directory.join(CURRENT)).ok()?;
        Snapshot::read(&self.directory.join(name.trim())).ok()
    }

    /// Keeps a snapshot in the place of the last.
    ///
    /// # Errors
    ///
    /// It cannot be written; then the last one stays.
    pub(super) fn keep(&self, snapshot: &Snapshot) -> io::Result<()> {
        let name = snapshot.hash();
        fs::create_dir_all(&self.directory)?;
        if !self.directory.join(&name).is_dir() {
            self.write(snapshot, &name)?;
        }
        let mut current = NamedTempFile::new_in(&self.directory)?;
        current.write_all(name.as_bytes())?;
        current.as_file().sync_all()?;
        current.persist(self.directory.join(CURRENT))?;
        File::open(&self.directory)?.sync_all()?;
        self.prune(&name)
    }

    /// Writes the files beside the others, and gives them their name when they are complete.
    fn write(&self, snapshot: &Snapshot, name: &str) -> io::Result<()> {
        let folder = TempDir::new_in(&self.directory)?;
        let texts = snapshot.site().iter().map(|(path, text)| (path, text.as_bytes()));
        let others = snapshot.plugins().iter().chain(snapshot.messages());
        for (path, content) in texts.chain(others.map(|(path, octets)| (path, &**octets))) {
            let path = folder.path().join(&**path);
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut file = File::create(path)?;
            file.write_all(content)?;
            file.sync_all()?;
        }
        let path = folder.keep();
        fs::rename(&path, self.directory.join(name)).inspect_err(|_| _ = fs::remove_dir_all(&path))
    }

    /// Removes all but what counts.
    fn prune(&self, name: &str) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let goes = ![name, LISTS].iter().any(|kept| entry.file_name() == **kept);
            if goes && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_kept_is_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let kept = LastGood::new(&directory.path().join("last-good"));
        assert_eq!(kept.read(), None);
        let first = Snapshot::of([("outgoing/own.rhai", "// first")]);
        let second = Snapshot::of([("domains.rhai", "// second"), ("filters/a.rhai", "")])
            .with_message("tests/a.eml", b"Subject: a\r\n\r\n");
        for snapshot in [&first, &second, &second, &first] {
            kept.keep(snapshot).expect("kept");
            assert_eq!(kept.read().as_ref(), Some(snapshot));
        }
        assert_eq!(fs::read_dir(&kept.directory).expect("readable").count(), 2);
    }

    #[test]
    fn a_crash_before_the_rename_leaves_the_old_one() {
        let directory = tempfile::tempdir().expect("a directory");
        let kept = LastGood::new(directory.path());
        let first = Snapshot::of([("outgoing/own.rhai", "// first")]);
        kept.keep(&first).expect("kept");
        let second = Snapshot::of([("outgoing/own.rhai", "// second")]);
        kept.write(&second, &second.hash()).expect("written");
        assert_eq!(kept.read(), Some(first));
    }
}
