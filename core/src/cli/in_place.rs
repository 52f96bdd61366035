//! What takes the place of a file or a directory: whose it is, and that it lasts.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

/// Gives a new file the owner and the group of what it takes the place of: who could read that can read this.
///
/// # Errors
///
/// They are others, and whoever runs this may not give files to them.
pub(super) fn hand_over(new: &File, like: &Metadata) -> io::Result<()> {
    let (is, user, group) = (new.metadata()?, like.uid(), like.gid());
    if (is.uid(), is.gid()) == (user, group) {
        return Ok(());
    }
    fchown(new, Some(user), Some(group)).map_err(|error| {
        let message = format!(
            "it belongs to user {user} and group {group}, and a new file cannot be given to them ({error}); \
             run this as root, or as that user with that group"
        );
        io::Error::new(error.kind(), message)
    })
}

/// A rename has happened; a crash may undo it, until its directory is on the disk.
pub(super) fn settle(directory: &Path) {
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{OpenOptionsExt, chown};

    use super::*;

    /// What belongs to somebody else: only root can make such a file, and to others root is.
    fn of_others(directory: &Path) -> Metadata {
        let file = directory.join("of_others");
        fs::write(&file, "").unwrap();
        chown(&file, Some(4321), Some(4322))
            .and_then(|()| fs::metadata(&file))
            .unwrap_or_else(|_| fs::metadata("/").unwrap())
    }

    #[test]
    fn what_belongs_to_others_is_refused_where_it_cannot_be_given() {
        let directory = tempfile::tempdir().unwrap();
        let like = of_others(directory.path());
        let path = directory.path().join("new");
        fs::write(&path, "").unwrap();
        // Through a file that is opened as a place only, root changes nothing either.
        let place = rustix::fs::OFlags::PATH.bits().cast_signed();
        let new = fs::OpenOptions::new().read(true).custom_flags(place).open(&path).unwrap();
        let said = hand_over(&new, &like).unwrap_err().to_string();
        assert!(
            said.starts_with(&format!("it belongs to user {} and group {}", like.uid(), like.gid())),
            "{said}"
        );
        hand_over(&new, &fs::metadata(&path).unwrap()).unwrap();
    }
}
