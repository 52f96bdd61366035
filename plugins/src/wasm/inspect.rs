//! A plugin looked at before it is used: what it is, what it asks for, and what it answers on facts as
//! they are met every day.

mod said;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

pub use said::Said;

use super::{Exports, Files, Grant, Host, Plugin};
use crate::decider::{Decider, Role};
use crate::decision::Answer;
use crate::diagnostic::Diagnostic;
use crate::hooks::{Direction, Hook, HookName};
use crate::state::Trial;
use crate::trial::{self, Witness};

/// What a plugin is and does.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// Its name: the stem of its file.
    pub name: Arc<str>,
    /// What it is.
    pub role: Role,
    /// The versions of the contract that it was built for: one, as a rule.
    pub contract: Vec<String>,
    /// What it asks the site to grant.
    pub grants: Vec<Grant>,
    /// The facts it reads, as in `host.offers_tls`.
    pub reads: Vec<String>,
    /// The lists that it has looked into and that were imagined: a site needs them.
    pub lists: Vec<String>,
    /// The hooks it has, in the order in which they are asked, with what it answers.
    pub hooks: Vec<Answers>,
}

/// A hook, and what is answered there.
#[derive(Clone, Debug, Serialize)]
pub struct Answers {
    /// The direction.
    pub direction: Direction,
    /// The hook.
    pub hook: HookName,
    /// Each answer once, in the order in which they came.
    pub answers: Vec<Said>,
}

/// Loads a component as the relay does, with all granted that it asks for, and tries it. Nothing of it
/// lasts. Without a role it has the one that its hooks suggest. Without a folder of lists each that it asks for is
/// imagined, with nothing in it. Blocks.
///
/// # Errors
///
/// What is wrong with it, and what would be right: what the relay says when it loads it.
pub fn inspect(path: &Arc<str>, role: Option<Role>, files: Files<'_>) -> Result<Inspection, Vec<Diagnostic>> {
    let name = super::load::stem(path);
    let granted = BTreeMap::from([(name.to_string(), Grant::ALL.into())]);
    let host = Host::imagining(granted);
    let load = |role| {
        host.load(path, role, files).map_err(|mut errors| {
            // One wrong version is wrong of every interface.
            errors.dedup();
            errors
        })
    };
    let plugin = match role {
        Some(role) => load(role)?,
        None => {
            // A filter may have any hook.
            let plugin = load(Role::Filter)?;
            load(plugin.exports().suggested_role())?
        }
    };
    Ok(Inspection::of(&plugin))
}

impl Inspection {
    fn of(plugin: &Arc<Plugin>) -> Self {
        let exports = plugin.exports();
        let hooks = tried(plugin);
        Self {
            name: Arc::clone(plugin.name()),
            role: plugin.role(),
            contract: exports.versions().map(str::to_owned).collect(),
            grants: exports.asks().collect(),
            reads: exports.reads().map(str::to_owned).collect(),
            lists: plugin.imagined_lists(),
            hooks,
        }
    }

    /// Whether it failed at any hook: the relay would not take it.
    pub fn fails(&self) -> bool {
        self.hooks.iter().flat_map(|hook| &hook.answers).any(|said| said.failure.is_some())
    }
}

impl Exports {
    /// What a plugin with these hooks is, if nobody says it: a policy where it has those of one
    /// direction, a filter where it has others besides, or such as only filters are asked.
    fn suggested_role(&self) -> Role {
        let mut hooks = self.hooks();
        let Some((direction, first)) = hooks.next() else { return Role::Filter };
        let fits = |(of, hook): (Direction, HookName)| of == direction && !hook.is_for_filters();
        if fits((direction, first)) && hooks.all(fits) { Role::Policy(direction) } else { Role::Filter }
    }
}

fn tried(plugin: &Arc<Plugin>) -> Vec<Answers> {
    plugin.begin_trial(&Trial::begin());
    let mut tried = Tried::default();
    let rows = [trial::example_row(plugin.name())];
    let decider = Decider::Plugin(Arc::clone(plugin));
    for direction in [Direction::Incoming, Direction::Outgoing] {
        trial::run(&decider, direction, &rows, &mut tried);
    }
    tried.0
}

/// The answers of a trial, which asks one hook after the other.
#[derive(Default)]
struct Tried(Vec<Answers>);

impl Witness for Tried {
    fn see<H: Hook>(&mut self, answer: Option<Answer<H::Verdict>>) {
        let said = Said::of(answer);
        match self.0.last_mut().filter(|last| (last.direction, last.hook) == (H::DIRECTION, H::NAME)) {
            Some(last) => last.note(said),
            None => {
                self.0.push(Answers { direction: H::DIRECTION, hook: H::NAME, answers: vec![said] });
            }
        }
    }
}

impl Answers {
    fn note(&mut self, said: Said) {
        match self.answers.iter_mut().find(|one| one.is_alike(&said)) {
            Some(alike) => alike.times += 1,
            None => self.answers.push(said),
        }
    }
}
