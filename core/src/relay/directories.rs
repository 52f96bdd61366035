//! The directory of what must survive.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::StartError;

/// For this user only: mail, decisions and the control socket are nobody else's business.
const PRIVATE: u32 = 0o700;

/// Makes a directory, and makes it private.
pub(super) fn private(path: &Path) -> Result<(), StartError> {
    make(path).map_err(|error| StartError::DataDir(path.to_owned(), error))
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE).create(path)?;
    let mode = fs::metadata(path)?.permissions().mode();
    // Only what is too open is changed: an owner's stricter choice stays.
    if mode & 0o077 == 0 { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(mode & PRIVATE)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_directory_is_closed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data/waxseal");
        private(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        private(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = private(&file.path().join("data")).unwrap_err().to_string();
        assert!(error.contains("data_dir"), "{error}");
    }
}
