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
    pub(super) plugins: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// The messages that tests read.
    pub(super) messages: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// What is wrong with files that could not be read, or do not belong there.
    pub(super) findings: Vec<Diagnostic>,
}

impl Snapshot {
    /// A snapshot of texts that are in no directory, by path.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let site = files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        Self { site, ..Self::default() }
    }

    /// With a plugin besides.
    #[must_use]
    pub fn with_plugin(mut self, path: &str, wasm: &[u8]) -> Self {
        self.plugins.insert(path.into(), wasm.into());
        self
    }

    /// With a message for tests besides.
    #[must_use]
    pub fn with_message(mut self, path: &str, octets: &[u8]) -> Self {
        self.messages.insert(path.into(), octets.into());
        self
    }

    /// All texts that hold: the site's, and the shipped ones in the place of which it has nothing.
    pub fn files(&self) -> BTreeMap<Arc<str>, Arc<str>> {
        let mut files: BTreeMap<Arc<str>, Arc<str>> = SHIPPED
            .iter()
            .filter(|(path, _)| !self.replaces(path))
            .map(|&(path, text)| (path.into(), text.into()))
            .collect();
        files.extend(self.site.iter().map(|(path, text)| (path.clone(), text.clone())));
        files
    }

    /// The site's plugins, by path.
    pub fn plugins(&self) -> &BTreeMap<Arc<str>, Arc<[u8]>> {
        &self.plugins
    }

    /// The messages that the site's tests read, by path.
    pub fn messages(&self) -> &BTreeMap<Arc<str>, Arc<[u8]>> {
        &self.messages
    }

    /// The text of the `.toml` beside a plugin.
    pub(super) fn config_of(&self, plugin: &str) -> Option<&Arc<str>> {
        self.site.get(format!("{}.toml", plugin.strip_suffix(".wasm")?).as_str())
    }

    /// The site's own texts, by path.
    pub fn site(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.site
    }

    /// The shipped files in the place of which the site has one of its own, a script or a plugin.
    pub fn overrides(&self) -> BTreeSet<&str> {
        SHIPPED.iter().map(|(path, _)| *path).filter(|path| self.replaces(path)).collect()
    }

    /// The paths of all the site's files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.site.keys().chain(self.plugins.keys()).chain(self.messages.keys())
    }

    /// What a file of the site has.
    pub(crate) fn content(&self, path: &str) -> Option<&[u8]> {
        let text = || self.site.get(path).map(|text| text.as_bytes());
        text().or_else(|| self.plugins.get(path).map(|wasm| &**wasm))
    }

    fn replaces(&self, shipped: &str) -> bool {
        let plugin = |stem| self.plugins.contains_key(format!("{stem}.wasm").as_str());
        self.site.contains_key(shipped) || shipped.strip_suffix(".rhai").is_some_and(plugin)
    }

    /// The SHA-256 of everything that is read, in lower-case hexadecimal.
    pub fn hash(&self) -> String {
        let mut context = digest::Context::new(&SHA256);
        let files = self.files();
        let texts = files.iter().map(|(path, text)| (path, text.as_bytes()));
        let others = self.plugins.iter().chain(&self.messages).map(|(path, octets)| (path, &**octets));
        for (path, content) in texts.chain(others) {
            for part in [path.as_bytes(), content] {
                context.update(&part.len().to_be_bytes());
                context.update(part);
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
            Snapshot::default().with_message("tests/a.eml", b"").hash(),
            Snapshot::default().with_message("tests/a.eml", b"x").hash(),
        ];
        assert_eq!(hashes.iter().collect::<BTreeSet<_>>().len(), hashes.len());
    }
}
