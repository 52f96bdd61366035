//! What a text stands in: the other files of its directory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::tokens::head_comment;
use crate::bundle::{SHIPPED, Snapshot};
use crate::decider::Role;
use crate::hooks::Direction;
use crate::table::Words;

/// The files of a policies' directory, as they are on the disk or in the editor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    texts: BTreeMap<Arc<str>, Arc<str>>,
    plugins: BTreeSet<String>,
}

/// Who made a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It stands in the site's directory.
    Site,
    /// It came with the program.
    Shipped,
}

/// A file that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Its path in the directory.
    pub(super) path: String,
    pub(super) origin: Origin,
    /// Its text; a plugin has none.
    pub(super) text: Option<&'a str>,
}

impl Surroundings {
    /// Adds a text, or takes it as it is now. Its path is relative to the directory, with `/` between
    /// its parts.
    pub fn put(&mut self, path: &str, text: &str) {
        self.texts.insert(path.into(), text.into());
    }

    /// Adds a plugin, of which nothing but its name is known.
    pub fn put_plugin(&mut self, path: &str) {
        self.plugins.insert(path.to_owned());
    }

    /// The paths of the site's texts.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(|path| &**path)
    }

    /// A text of the site.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(|text| &**text)
    }

    /// The words that name a policy.
    pub fn words(&self) -> Words {
        Words { incoming: self.stems("incoming"), outgoing: self.stems("outgoing") }
    }

    /// Whether there are plugins, which an editor does not load.
    pub(super) fn has_plugins(&self) -> bool {
        !self.plugins.is_empty()
    }

    /// All texts as a candidate for a bundle.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.texts.iter().map(|(path, text)| (&**path, &**text)))
    }

    /// The policy of this name.
    pub(super) fn policy(&self, direction: Direction, name: &str) -> Option<Found<'_>> {
        self.decider(Role::Policy(direction).folder(), name)
    }

    /// A policy or filter, as a test names it: `outgoing/require`.
    pub(super) fn named(&self, file: &str) -> Option<Found<'_>> {
        let (folder, name) = file.split_once('/')?;
        self.decider(folder, name)
    }

    /// All policies and filters, as tests name them.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let of =
            |folder: &'static str| self.stems(folder).into_iter().map(move |stem| format!("{folder}/{stem}"));
        of("incoming").chain(of("outgoing")).chain(of("filters")).collect()
    }

    fn decider(&self, folder: &str, name: &str) -> Option<Found<'_>> {
        let script = format!("{folder}/{name}.rhai");
        if let Some(text) = self.text(&script) {
            return Some(Found { path: script, origin: Origin::Site, text: Some(text) });
        }
        let plugin = format!("{folder}/{name}.wasm");
        if self.plugins.contains(&plugin) {
            return Some(Found { path: plugin, origin: Origin::Site, text: None });
        }
        let (_, text) = SHIPPED.iter().find(|(path, _)| *path == script)?;
        Some(Found { path: script, origin: Origin::Shipped, text: Some(text) })
    }

    fn stems(&self, folder: &str) -> BTreeSet<String> {
        let shipped = SHIPPED.iter().map(|(path, _)| *path);
        let all = shipped.chain(self.paths()).chain(self.plugins.iter().map(String::as_str));
        let stem = |path: &str| {
            let (of, file) = path.split_once('/')?;
            let stem = file.strip_suffix(".rhai").or_else(|| file.strip_suffix(".wasm"))?;
            (of == folder).then(|| stem.to_owned())
        };
        all.filter_map(stem).collect()
    }
}

impl Found<'_> {
    /// What the comment at the head of its file says, without the file's name.
    pub(super) fn about(&self) -> String {
        match self.text {
            Some(text) => {
                let about = head_comment(text);
                let named = about.strip_prefix(&*self.path).and_then(|rest| rest.strip_prefix(':'));
                named.unwrap_or(&about).trim_start().to_owned()
            }
            None => "A WebAssembly plugin: `waxseal plugin inspect` shows what it has.".to_owned(),
        }
    }
}
