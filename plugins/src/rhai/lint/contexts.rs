//! Which functions a hook reaches, and which facts they are given.

use super::File;
use super::expressions::{Argument, Chain};
use super::usage::Function;
use crate::facts::Kind;
use crate::rhai::Defined;
use crate::rhai::schema::{self, FactTable, Signature};

/// A function as one hook reaches it: its parameters' facts, where they are known.
pub(super) struct Context<'a> {
    pub(super) function: &'a Function,
    pub(super) signature: &'static Signature,
    facts: Vec<Option<&'static FactTable>>,
}

/// As many short names may stand for one another.
const ALIASES: usize = 8;

impl Context<'_> {
    /// The facts behind a variable: of a parameter that no variable hides, or of what the variable is
    /// a short name for.
    pub(super) fn facts(&self, variable: &str) -> Option<&'static FactTable> {
        self.end_of(&Chain::named(variable))
    }

    fn seen(&self, parameter: &str) -> Option<&'static FactTable> {
        if self.function.hides(parameter) { None } else { self.given(parameter) }
    }

    /// The facts that a parameter is given.
    pub(super) fn given(&self, parameter: &str) -> Option<&'static FactTable> {
        let index = self.function.parameters.iter().position(|one| one == parameter)?;
        self.facts.get(index).copied().flatten()
    }

    /// The facts that a chain leads to, if it leads to some.
    fn end_of(&self, chain: &Chain) -> Option<&'static FactTable> {
        let chain = self.spelt_out(chain);
        if chain.properties.is_empty() {
            return self.seen(&chain.variable);
        }
        self.kind(&chain).and_then(schema::behind)
    }

    /// The type of the fact that a chain ends with, if it ends with one.
    pub(super) fn kind(&self, chain: &Chain) -> Option<Kind> {
        self.fact(chain).map(|(.., kind)| kind)
    }

    /// The fact that a chain ends with, if it ends with one: whose it is, its name, its type.
    pub(super) fn fact(&self, chain: &Chain) -> Option<(&'static FactTable, &'static str, Kind)> {
        let chain = self.spelt_out(chain);
        let ((last, _), before) = chain.properties.split_last()?;
        let table = before.iter().try_fold(self.seen(&chain.variable)?, |table, (property, _)| {
            table.kind(property).and_then(schema::behind)
        });
        let table = table?;
        let (name, kind) = table.fact(last)?;
        Some((table, name, kind))
    }

    /// The chain from its parameter on, where it begins with a short name.
    fn spelt_out(&self, chain: &Chain) -> Chain {
        let mut spelt_out = chain.clone();
        for _ in 0..ALIASES {
            let Some(alias) = self.function.alias(&spelt_out.variable) else { break };
            spelt_out = spelt_out.behind(alias);
        }
        spelt_out
    }

    fn same(&self, other: &Context<'_>) -> bool {
        let words = |context: &Context<'_>| -> Vec<Option<&'static str>> {
            context.facts.iter().map(|table| table.map(|table| table.word)).collect()
        };
        std::ptr::eq(self.function, other.function)
            && std::ptr::eq(self.signature, other.signature)
            && words(self) == words(other)
    }
}

/// Every function that a hook reaches, the hooks' own first.
pub(super) fn reached<'a>(
    file: &'a File<'_>,
    hooks: &[(Defined, usize, &'static Signature)],
) -> Vec<Context<'a>> {
    let mut contexts: Vec<Context<'a>> = Vec::new();
    let mut open: Vec<Context<'a>> = hooks
        .iter()
        .filter_map(|(_, function, signature)| {
            let facts = signature.parameters.iter().copied().map(Some).collect();
            Some(Context { function: file.functions.get(*function)?, signature, facts })
        })
        .collect();
    while let Some(context) = open.pop() {
        if contexts.iter().any(|known| known.same(&context)) {
            continue;
        }
        open.extend(calls(file, &context));
        contexts.push(context);
    }
    contexts
}

fn calls<'a>(file: &'a File<'_>, context: &Context<'a>) -> Vec<Context<'a>> {
    let helpers = context.function.calls.iter().filter_map(|call| {
        let function = file.function(&call.name, call.arguments.len())?;
        let facts = call.arguments.iter().map(|argument| match argument {
            Argument::Chain(chain) => context.end_of(chain),
            _ => None,
        });
        let facts = facts.collect();
        Some(Context { function, signature: context.signature, facts })
    });
    helpers.collect()
}
