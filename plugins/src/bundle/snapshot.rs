//! The files of a policies' directory, as they were at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_lc_rs::digest::{self, SHA256};
use data_encoding::HEXLOWER;

use super::shipped::SHIPPED;
use crate::diagnostic::Diagnostic;

/// The files of a site and the shipped ones beneath them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub(super) site: BTreeMap<Arc<str>, Arc<str>>,
    /// What is wrong with files that could not be read, or do not belong there.
    pub(super) findings: Vec<Diagnostic>,
}

impl Snapshot {
    /// A snapshot of texts that are in no directory, by path.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let site = files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        Self { site, findings: Vec::new() }
    }

    /// All files that hold: the site's, and the shipped ones of other paths.
    pub fn files(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        let mut files: BTreeMap<Arc<str>, Arc<str>> =
            SHIPPED.iter().map(|&(path, text)| (path.into(), text.into())).collect();
        files.extend(self.site.iter().map(|(path, text)| (path.clone(), text.clone())));
        files
    }

    /// The site's own files, by path.
    pub fn site(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.site
    }

    /// The site's files that take the place of a shipped one.
    pub fn overrides(&self) -> BTreeSet<&str> {
        SHIPPED.iter().map(|(path, _)| *path).filter(|path| self.site.contains_key(*path)).collect()
    }

    /// The SHA-256 of everything that is read, in lower-case hexadecimal.
    pub fn hash(&self) -> String {
        let mut context = digest::Context::new(&SHA256);
        for (path, text) in self.files() {
            for part in [&*path, &*text] {
                context.update(&part.len().to_be_bytes());
                context.update(part.as_bytes());
            }
        }
        // A file that cannot be read makes another candidate than one that is not there.
        for finding in &self.findings {
            context.update(finding.message.as_bytes());
        }
        HEXLOWER.encode(context.finish().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_tells_every_change() {
        let hash = |files: &[(&str, &str)]| Snapshot::of(files.iter().copied()).hash();
        let hashes = [
            hash(&[]),
            hash(&[("filters/a.rhai", "")]),
            hash(&[("filters/b.rhai", "")]),
            hash(&[("filters/a.rhai", "x")]),
        ];
        assert_eq!(hashes.iter().collect::<BTreeSet<_>>().len(), hashes.len());
    }
}
