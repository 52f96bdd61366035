//! The compiled scripts and plugins of a bundle.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Settings, Snapshot};
use crate::decider::{Decider, Role};
use crate::diagnostic::Diagnostic;
use crate::facts::{Facts as _, Message, Reads};
use crate::hooks::{Direction, Hook as _, incoming};
use crate::rhai::{Counter, Script};
use crate::table::Words;
use crate::wasm::Files;

/// Policies by direction and name, filters in the order of their file names.
#[derive(Debug, Default)]
pub(super) struct Deciders {
    incoming: BTreeMap<String, Decider>,
    outgoing: BTreeMap<String, Decider>,
    filters: Vec<Decider>,
    /// What the filters may read of a message.
    pub(super) reads: Reads<Message>,
    /// The names of all policies, of those too that could not be compiled: a row that names one
    /// is not wrong.
    pub(super) words: Words,
}

impl Deciders {
    /// Compiles all scripts and plugins; what is wrong with them goes to the findings.
    pub(super) fn compile(snapshot: &Snapshot, settings: &Settings, findings: &mut Vec<Diagnostic>) -> Self {
        let (host, lists) = (&settings.plugins, settings.lists.as_deref());
        let mut deciders = Self::default();
        for (path, text) in &snapshot.files() {
            let Some((role, stem)) = role(path, ".rhai") else { continue };
            deciders.name(role, stem);
            match Script::compile(path, text, role) {
                Ok((script, warnings)) => {
                    findings.extend(warnings);
                    deciders.insert(role, stem, Decider::Script(script.reaching(host.state(), lists)));
                }
                Err(errors) => findings.extend(errors),
            }
        }
        for (path, wasm) in snapshot.plugins() {
            let Some((role, stem)) = role(path, ".wasm") else { continue };
            deciders.name(role, stem);
            match host.load(path, role, Files { wasm, config: snapshot.config_of(path), lists }) {
                Ok(plugin) => deciders.insert(role, stem, Decider::Plugin(plugin)),
                Err(errors) => findings.extend(errors),
            }
        }
        deciders.filters.sort_by(|one, other| one.path().cmp(other.path()));
        deciders.reads = deciders.reads();
        deciders
    }

    pub(super) fn policy(&self, direction: Direction, name: &str) -> Option<&Decider> {
        match direction {
            Direction::Incoming => self.incoming.get(name),
            Direction::Outgoing => self.outgoing.get(name),
        }
    }

    pub(super) fn policies(&self, direction: Direction) -> impl Iterator<Item = (&str, &Decider)> {
        let policies = match direction {
            Direction::Incoming => &self.incoming,
            Direction::Outgoing => &self.outgoing,
        };
        policies.iter().map(|(name, decider)| (name.as_str(), decider))
    }

    pub(super) fn filters(&self) -> &[Decider] {
        &self.filters
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Decider> {
        self.incoming.values().chain(self.outgoing.values()).chain(&self.filters)
    }

    /// The same with copies of the scripts, whose statements are counted.
    pub(super) fn counted(&self, files: &BTreeMap<Arc<str>, Arc<str>>) -> (Self, Vec<Arc<Counter>>) {
        let mut counters = Vec::new();
        let mut count = |decider: &Decider| {
            let Decider::Script(script) = decider else { return decider.clone() };
            let copy = files.get(script.path()).and_then(|source| script.counted(source));
            copy.map_or_else(
                || decider.clone(),
                |(copy, counter)| {
                    counters.push(counter);
                    Decider::Script(copy)
                },
            )
        };
        let mut of = |policies: &BTreeMap<String, Decider>| {
            policies.iter().map(|(name, policy)| (name.clone(), count(policy))).collect()
        };
        let (incoming, outgoing) = (of(&self.incoming), of(&self.outgoing));
        let filters = self.filters.iter().map(&mut count).collect();
        (Self { incoming, outgoing, filters, reads: self.reads, words: self.words.clone() }, counters)
    }

    fn reads(&self) -> Reads<Message> {
        let asked = |filter: &&Decider| filter.has(incoming::Message::DIRECTION, incoming::Message::NAME);
        let asked = self.filters.iter().filter(asked);
        Reads::which(|fact| asked.clone().any(|filter| filter.may_read(Message::WORD, fact)))
    }

    fn name(&mut self, role: Role, stem: &str) {
        match role {
            Role::Policy(Direction::Incoming) => _ = self.words.incoming.insert(stem.to_owned()),
            Role::Policy(Direction::Outgoing) => _ = self.words.outgoing.insert(stem.to_owned()),
            Role::Filter => {}
        }
    }

    fn insert(&mut self, role: Role, stem: &str, decider: Decider) {
        match role {
            Role::Policy(Direction::Incoming) => _ = self.incoming.insert(stem.to_owned(), decider),
            Role::Policy(Direction::Outgoing) => _ = self.outgoing.insert(stem.to_owned(), decider),
            Role::Filter => self.filters.push(decider),
        }
    }
}

/// What the folder makes of a file; `None` for the table, for tests, and for other kinds of files.
pub(super) fn role<'a>(path: &'a str, extension: &str) -> Option<(Role, &'a str)> {
    let (folder, file) = path.split_once('/')?;
    let stem = file.strip_suffix(extension)?;
    match folder {
        "incoming" => Some((Role::Policy(Direction::Incoming), stem)),
        "outgoing" => Some((Role::Policy(Direction::Outgoing), stem)),
        "filters" => Some((Role::Filter, stem)),
        _ => None,
    }
}
