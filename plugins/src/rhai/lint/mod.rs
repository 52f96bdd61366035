//! What is wrong with a script, found before it is used.
//!
//! | code | finding |
//! |---|---|
//! | P001, P002 | syntax; an error while the top level runs |
//! | H001, H002, H003 | unknown hook; wrong parameters; a verdict that the hook does not have |
//! | H004 | a verdict given what it cannot take |
//! | T001, T002, T003 | unknown fact; assignment to a fact; comparison with a value of another type |
//! | F001, F002 | unused function; unreachable code |
//! | F003, F004, F005 | unknown function; wrong number of arguments; a native function shadowed |
//! | F006, F007 | a policy's hook that may end without a verdict; a verdict thrown away |

mod contexts;
mod facts;
mod functions;
mod hooks;
mod literals;
mod paths;
mod syntax;
mod usage;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::rhai::{AST, Engine, Position};

use super::{Defined, place};
use crate::decider::Role;
use crate::diagnostic::Diagnostic;
use usage::Function;

pub(crate) use syntax::syntax;
pub(super) use syntax::top_level;

/// A script as the lints see it.
pub(super) struct File<'a> {
    path: &'a Arc<str>,
    source: Arc<str>,
    role: Role,
    functions: Vec<Function>,
}

/// The hooks that a script has, and all findings, in the order of the file.
pub(super) fn check(
    engine: &Engine,
    ast: &AST,
    path: &Arc<str>,
    source: &str,
    role: Role,
) -> (Vec<Defined>, Vec<Diagnostic>) {
    let file = File { path, source: source.into(), role, functions: usage::collect(ast, source) };
    let (hooks, mut findings) = hooks::check(&file);
    for context in contexts::reached(&file, &hooks) {
        findings.extend(hooks::check_verdicts(&file, &context));
        findings.extend(facts::check(&file, &context));
        findings.extend(literals::check(&file, &context));
    }
    findings.extend(functions::check(&file, engine));
    findings.extend(paths::check(&file, ast, &hooks));
    // A helper is looked at once for each hook that reaches it.
    findings.sort();
    findings.dedup();
    (hooks.into_iter().map(|(defined, ..)| defined).collect(), findings)
}

impl File<'_> {
    /// An error at a name in the file.
    fn error(&self, code: &'static str, at: Position, name: &str, message: String) -> Diagnostic {
        Diagnostic::error(code, place(self.path, at), message)
            .spanning(name.chars().count())
            .within(self.source.clone())
    }

    /// A warning at a name in the file.
    fn warning(&self, code: &'static str, at: Position, name: &str, message: String) -> Diagnostic {
        Diagnostic::warning(code, place(self.path, at), message)
            .spanning(name.chars().count())
            .within(self.source.clone())
    }

    /// The function of this name and number of parameters.
    fn function(&self, name: &str, arity: usize) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name && function.parameters.len() == arity)
    }

    /// Whether a function is called or mentioned anywhere in the file.
    fn uses(&self, name: &str) -> bool {
        self.functions.iter().any(|function| {
            function.calls.iter().any(|call| call.name == name)
                || function.mentions.iter().any(|one| one == name)
        })
    }
}
