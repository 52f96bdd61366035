//! Lists as they were read last, kept on disk: a start whose files are gone or broken has these.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::read::Stamp;

/// Octets of a file that is copied. A larger one is linked, which costs nothing: that keeps it when it is
/// removed or replaced, though not when it is written over in its place.
const COPIED: u64 = 16 * 1024 * 1024;

/// Where lists are kept.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The file that is kept of a list, whether there is one or not.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.txt"))
    }

    /// Keeps a list that was read from this file, as it was then.
    ///
    /// # Errors
    ///
    /// It cannot be kept, or is another by now; then the one of before stays.
    pub(super) fn keep(&self, name: &str, file: &Path, read: &Stamp) -> io::Result<()> {
        let kept = self.path(name);
        if Stamp::of(&kept).is_ok_and(|kept| kept.is_like(read)) {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        if read.octets() > COPIED {
            return link(file, &kept);
        }
        let mut copy = NamedTempFile::new_in(&self.folder)?;
        let mut source = File::open(file)?;
        io::copy(&mut source, &mut copy)?;
        if Stamp::of(file)? != *read {
            return Err(io::Error::other("it has changed since it was read"));
        }
        copy.as_file().set_modified(source.metadata()?.modified()?)?;
        copy.as_file().sync_all()?;
        copy.persist(kept)?;
        Ok(())
    }

    /// Keeps a list no more.
    pub(super) fn forget(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.path(name))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(list = name, %error, "a list that is meant to be gone is still kept on disk");
        }
    }
}

/// A link beside the old one, which then takes its place.
fn link(file: &Path, kept: &Path) -> io::Result<()> {
    let beside = kept.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(file, &beside)?;
    fs::rename(&beside, kept)
}
