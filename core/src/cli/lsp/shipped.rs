//! The shipped policies as files that an editor can open.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;
use waxseal_plugins::bundle::SHIPPED;

/// Copies in a directory of their own, which goes with the server. Nobody can write them: a site
/// changes a shipped policy by a file of its own.
#[derive(Debug, Default)]
pub(super) struct Shipped {
    directory: Option<TempDir>,
}

impl Shipped {
    /// Where the copies are; `None` while there are none.
    pub(super) fn directory(&self) -> Option<&Path> {
        self.directory.as_ref().map(TempDir::path)
    }

    /// The copy of a shipped file.
    ///
    /// # Errors
    ///
    /// There is no such file, or it cannot be written.
    pub(super) fn file(&mut self, path: &str) -> anyhow::Result<PathBuf> {
        let (_, text) =
            SHIPPED.iter().find(|(shipped, _)| *shipped == path).context("no such file is shipped")?;
        let directory = match &self.directory {
            Some(directory) => directory,
            None => {
                let new = tempfile::Builder::new().prefix("waxseal-shipped-").tempdir();
                self.directory.insert(new.context("making a directory for shipped policies")?)
            }
        };
        let file = directory.path().join(path);
        if !file.exists() {
            let write = || -> std::io::Result<()> {
                fs::create_dir_all(file.parent().unwrap_or(directory.path()))?;
                fs::write(&file, text)?;
                let mut permissions = fs::metadata(&file)?.permissions();
                permissions.set_readonly(true);
                fs::set_permissions(&file, permissions)
            };
            write().with_context(|| format!("writing {}", file.display()))?;
        }
        Ok(file)
    }
}
