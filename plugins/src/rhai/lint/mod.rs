//! What is wrong with a script, found before it is used.
//!
//! The [catalogue](crate::diagnostic::catalogue) says what each code means; a file here has those of
//! one subject.

mod blank;
mod choices;
mod conditions;
mod contexts;
mod expressions;
mod facts;
mod functions;
mod hooks;
mod literals;
mod never;
mod paths;
mod syntax;
mod usage;
mod variables;
mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ::rhai::{AST, Engine, Position};

use super::{Defined, place};
use crate::decider::Role;
use crate::diagnostic::Diagnostic;
use contexts::Context;
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

/// What looks at a function as one hook reaches it.
const OF_CONTEXTS: [fn(&File<'_>, &Context<'_>) -> Vec<Diagnostic>; 6] =
    [facts::check, literals::check, never::check, choices::check, conditions::check, variables::hiding];

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
    let contexts = contexts::reached(&file, &hooks);
    for context in &contexts {
        for lint in OF_CONTEXTS {
            findings.extend(lint(&file, context));
        }
    }
    findings.extend(hooks::check_verdicts(&file, &contexts));
    findings.extend(blank::check(&file, &contexts));
    findings.extend(functions::check(&file, engine));
    findings.extend(variables::unused(&file));
    findings.extend(conditions::constant(&file));
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
