//! Who decides: the scripts and plugins of a bundle, behind one face.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::decision::Answer;
use crate::hooks::{Direction, Hook, HookName};
use crate::rhai::Script;
use crate::state::{Manner, Trial};
use crate::wasm::Plugin;

/// What a script or plugin is: the folder says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A policy of one direction.
    Policy(Direction),
    /// A filter. The first parameter of a script's function says the direction: `client` incoming,
    /// `host` outgoing, `peer` both. A plugin's hooks have it in their names.
    Filter,
}

impl Role {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Policy(direction) => direction.word(),
            Self::Filter => "filter",
        }
    }

    /// The folder of the policies' directory that makes a file this.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Policy(direction) => direction.word(),
            Self::Filter => "filters",
        }
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// A script or a plugin. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Decider {
    /// A script.
    Script(Script),
    /// A plugin.
    Plugin(Arc<Plugin>),
}

impl Decider {
    /// Its file, relative to the policies' directory.
    pub fn path(&self) -> &Arc<str> {
        match self {
            Self::Script(script) => script.path(),
            Self::Plugin(plugin) => plugin.path(),
        }
    }

    /// Its file without the extension, as in `outgoing/require`: what tests and people call it.
    pub fn stem(&self) -> &str {
        let path = self.path();
        path.rsplit_once('.').map_or(path, |(stem, _)| stem)
    }

    /// What it is.
    pub fn role(&self) -> Role {
        match self {
            Self::Script(script) => script.role(),
            Self::Plugin(plugin) => plugin.role(),
        }
    }

    /// Whether it has this hook in this direction.
    pub fn has(&self, direction: Direction, hook: HookName) -> bool {
        match self {
            Self::Script(script) => script.has(direction, hook),
            Self::Plugin(plugin) => plugin.has(direction, hook),
        }
    }

    /// Asks it: `None` where it has no such hook, or has no opinion.
    pub async fn ask<H: Hook>(
        &self,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Option<Answer<H::Verdict>> {
        match self {
            // Boxed, and only where it is needed: the others pay nothing for it.
            Self::Script(script) if script.waits() => Box::pin(script.ask_waiting::<H>(peer, subject)).await,
            Self::Script(script) => script.ask::<H>(peer, subject),
            Self::Plugin(plugin) if plugin.has(H::DIRECTION, H::NAME) => {
                Box::pin(plugin.ask::<H>(Manner::Asked, peer, subject)).await
            }
            Self::Plugin(_) => None,
        }
    }

    /// Asks it what it would answer. Nothing has happened: it is not heard, remembers it only for the
    /// [trial](Self::begin_trial), and reaches nothing. Blocks: for loading, checks and tests.
    pub fn try_out<H: Hook>(
        &self,
        peer: &Arc<H::Peer>,
        subject: &Arc<H::Subject>,
    ) -> Option<Answer<H::Verdict>> {
        match self {
            Self::Script(script) => script.try_out::<H>(peer, subject),
            Self::Plugin(plugin) => pollster::block_on(plugin.ask::<H>(Manner::Tried, peer, subject)),
        }
    }

    /// Begins a trial, with nothing remembered of earlier ones.
    pub(crate) fn begin_trial(&self, trial: &Arc<Trial>) {
        match self {
            Self::Script(script) => script.begin_trial(trial),
            Self::Plugin(plugin) => plugin.begin_trial(trial),
        }
    }
}
