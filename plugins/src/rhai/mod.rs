//! The host of scripts.

mod compare;
pub(crate) mod deadline;
pub(crate) mod engine;

use std::sync::Arc;

use crate::decision::Answer;
use crate::diagnostic::Diagnostic;
use crate::hooks::{Direction, Hook, HookName};

/// What a script is: the folder says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A policy of one direction.
    Policy(Direction),
    /// A filter; its hooks' first parameter says the direction: `client` incoming, `host`
    /// outgoing, `peer` both.
    Filter,
}

/// A compiled script: immutable, shared by all threads.
#[derive(Debug)]
pub struct Script {}

impl Script {
    /// Compiles and lints a script. Warnings come with it; errors come instead of it.
    pub fn compile(
        path: &Arc<str>,
        source: &str,
        role: Role,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let _ = (path, source, role);
        todo!()
    }

    /// Its file, relative to the policies' directory.
    pub fn path(&self) -> &Arc<str> {
        todo!()
    }

    /// Whether it has this hook in this direction.
    pub fn has(&self, direction: Direction, hook: HookName) -> bool {
        let _ = (direction, hook);
        todo!()
    }

    /// Asks it: `None` where it has no such hook, or has no opinion.
    pub fn ask<H: Hook>(&self, peer: &Arc<H::Peer>, subject: &Arc<H::Subject>) -> Option<Answer<H::Verdict>> {
        let _ = (peer, subject);
        todo!()
    }
}
