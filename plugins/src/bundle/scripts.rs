//! The compiled scripts of a bundle.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::hooks::Direction;
use crate::rhai::{Role, Script};
use crate::table::Words;

/// Policies by direction and name, filters in the order of their file names.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    incoming: BTreeMap<String, Script>,
    outgoing: BTreeMap<String, Script>,
    filters: Vec<Script>,
    /// The names of all policies, of those too that could not be compiled: a row that names one
    /// is not wrong.
    pub(super) words: Words,
}

impl Scripts {
    /// Compiles all scripts; what is wrong with them goes to the findings.
    pub(super) fn compile(files: &BTreeMap<Arc<str>, Arc<str>>, findings: &mut Vec<Diagnostic>) -> Self {
        let mut scripts = Self::default();
        for (path, text) in files {
            let Some((role, stem)) = role(path) else { continue };
            scripts.name(role, stem);
            match Script::compile(path, text, role) {
                Ok((script, warnings)) => {
                    findings.extend(warnings);
                    scripts.insert(role, stem, script);
                }
                Err(errors) => findings.extend(errors),
            }
        }
        scripts
    }

    pub(super) fn policy(&self, direction: Direction, name: &str) -> Option<&Script> {
        match direction {
            Direction::Incoming => self.incoming.get(name),
            Direction::Outgoing => self.outgoing.get(name),
        }
    }

    pub(super) fn policies(&self, direction: Direction) -> impl Iterator<Item = (&str, &Script)> {
        let policies = match direction {
            Direction::Incoming => &self.incoming,
            Direction::Outgoing => &self.outgoing,
        };
        policies.iter().map(|(name, script)| (name.as_str(), script))
    }

    pub(super) fn filters(&self) -> &[Script] {
        &self.filters
    }

    pub(super) fn of(&self, path: &str) -> Option<&Script> {
        let path = path.strip_suffix(".rhai").unwrap_or(path);
        match path.split_once('/')? {
            ("incoming", name) => self.incoming.get(name),
            ("outgoing", name) => self.outgoing.get(name),
            _ => self.filters.iter().find(|filter| filter.path().strip_suffix(".rhai") == Some(path)),
        }
    }

    fn name(&mut self, role: Role, stem: &str) {
        match role {
            Role::Policy(Direction::Incoming) => _ = self.words.incoming.insert(stem.to_owned()),
            Role::Policy(Direction::Outgoing) => _ = self.words.outgoing.insert(stem.to_owned()),
            Role::Filter => {}
        }
    }

    fn insert(&mut self, role: Role, stem: &str, script: Script) {
        match role {
            Role::Policy(Direction::Incoming) => _ = self.incoming.insert(stem.to_owned(), script),
            Role::Policy(Direction::Outgoing) => _ = self.outgoing.insert(stem.to_owned(), script),
            Role::Filter => self.filters.push(script),
        }
    }
}

/// What the folder makes of a file; `None` for the table and for tests.
fn role(path: &str) -> Option<(Role, &str)> {
    let (folder, file) = path.split_once('/')?;
    let stem = file.strip_suffix(".rhai")?;
    match folder {
        "incoming" => Some((Role::Policy(Direction::Incoming), stem)),
        "outgoing" => Some((Role::Policy(Direction::Outgoing), stem)),
        "filters" => Some((Role::Filter, stem)),
        _ => None,
    }
}
