//! The ways in which editors and deployments save a file.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;

/// A way to save a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Opened, emptied and written: nano, `cp`, most scripts.
    InPlace,
    /// Written beside, and renamed over: vim, configuration management.
    RenameOver,
    /// Emptied, and written in two parts: an editor that is caught in the middle.
    TruncateFirst,
    /// A symbolic link that is made to point to a new file: Kubernetes, certbot.
    SymlinkSwap,
    /// Overwritten with what is no policy at all, then saved again.
    GarbageFirst,
}

impl Style {
    /// All of them. The link comes last: what is then written through it gives no event in the
    /// policies' directory, and is seen by looking only, every ten seconds.
    pub const ALL: [Self; 5] =
        [Self::InPlace, Self::RenameOver, Self::TruncateFirst, Self::GarbageFirst, Self::SymlinkSwap];

    /// Saves a file in this way.
    pub fn save(self, path: &Path, content: impl AsRef<[u8]>) {
        let content = content.as_ref();
        match self {
            Self::InPlace => fs::write(path, content),
            Self::RenameOver => {
                let beside = path.with_extension("rhai~");
                fs::write(&beside, content).and_then(|()| fs::rename(beside, path))
            }
            Self::TruncateFirst => in_two_parts(path, content),
            Self::SymlinkSwap => swap_link(path, content),
            Self::GarbageFirst => fs::write(path, "fn (((").and_then(|()| fs::write(path, content)),
        }
        .expect("the file is saved");
    }
}

fn in_two_parts(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    let (first, second) = content.split_at(content.len() / 2);
    file.write_all(first)?;
    file.sync_all()?;
    file.write_all(second)
}

/// The target lies outside the policies' directory, under a name of its own.
fn swap_link(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let targets = path.parent().and_then(Path::parent).unwrap_or(Path::new("/")).join("link-targets");
    fs::create_dir_all(&targets)?;
    let (_, target) = tempfile::Builder::new().suffix(".rhai").tempfile_in(&targets)?.keep()?;
    fs::write(&target, content)?;
    let link = path.with_extension("link~");
    // What an earlier swap may have left.
    let _ = fs::remove_file(&link);
    symlink(&target, &link)?;
    fs::rename(link, path)
}
