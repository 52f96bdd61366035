//! Which functions a hook reaches, and which facts they are given.

use ::rhai::Position;

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
    given: Vec<Option<Given>>,
}

/// What a parameter is given.
#[derive(Clone, Copy, Debug)]
enum Given {
    /// Facts.
    Facts(&'static FactTable),
    /// A list, each element of which has these.
    Each(&'static FactTable),
}

/// As many short names may stand for one another.
const ALIASES: usize = 8;

impl Context<'_> {
    /// The facts behind a variable: of a parameter that no variable hides, or of what the variable is
    /// a short name for.
    pub(super) fn facts(&self, variable: &str) -> Option<&'static FactTable> {
        self.end_of(&Chain::named(variable))
    }

    /// The facts of a parameter, or of each element of a list.
    fn seen(&self, name: &str) -> Option<&'static FactTable> {
        match self.unhidden(name) {
            Some(Given::Facts(table)) => Some(table),
            Some(Given::Each(_)) => None,
            None => self.element(name),
        }
    }

    fn unhidden(&self, parameter: &str) -> Option<Given> {
        if self.function.hides(parameter) { None } else { self.argument(parameter) }
    }

    /// The facts that a parameter is given.
    pub(super) fn given(&self, parameter: &str) -> Option<&'static FactTable> {
        match self.argument(parameter)? {
            Given::Facts(table) => Some(table),
            Given::Each(_) => None,
        }
    }

    fn argument(&self, parameter: &str) -> Option<Given> {
        let index = self.function.parameters.iter().position(|one| one == parameter)?;
        self.given.get(index).copied().flatten()
    }

    /// The facts of what is always an element of such lists: all have them.
    fn element(&self, name: &str) -> Option<&'static FactTable> {
        let lists = self.function.lists_of(name);
        let mut tables = lists.into_iter().map(|list| self.of_each(list));
        let first = tables.next()??;
        tables.all(|table| table.is_some_and(|table| std::ptr::eq(table, first))).then_some(first)
    }

    /// The facts of each element of a list that a parameter is given or has.
    fn of_each(&self, list: &Chain) -> Option<&'static FactTable> {
        let list = self.spelt_out(list);
        match (self.unhidden(&list.variable)?, list.properties.as_slice()) {
            (Given::Each(table), []) => Some(table),
            (Given::Facts(table), properties) => {
                walk(table, properties).and_then(|(.., kind)| schema::of_each(kind))
            }
            (Given::Each(_), _) => None,
        }
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
        walk(self.seen(&chain.variable)?, &chain.properties)
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
        std::ptr::eq(self.function, other.function)
            && std::ptr::eq(self.signature, other.signature)
            && self.given == other.given
    }
}

impl PartialEq for Given {
    /// Each hook has tables of its own, which have the same facts if they have the same word.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Facts(one), Self::Facts(other)) | (Self::Each(one), Self::Each(other)) => {
                one.word == other.word
            }
            (Self::Facts(_), Self::Each(_)) | (Self::Each(_), Self::Facts(_)) => false,
        }
    }
}

/// The fact to which properties lead from these facts.
fn walk(
    table: &'static FactTable,
    properties: &[(String, Position)],
) -> Option<(&'static FactTable, &'static str, Kind)> {
    let ((last, _), before) = properties.split_last()?;
    let behind = |table: &'static FactTable, (property, _): &(String, Position)| {
        table.kind(property).and_then(schema::behind)
    };
    let table = before.iter().try_fold(table, behind)?;
    let (name, kind) = table.fact(last)?;
    Some((table, name, kind))
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
            let given = signature.parameters.iter().map(|table| Some(Given::Facts(table))).collect();
            Some(Context { function: file.functions.get(*function)?, signature, given })
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
        let given = call.arguments.iter().map(|argument| match argument {
            Argument::Chain(chain) => {
                let facts = context.end_of(chain).map(Given::Facts);
                facts.or_else(|| context.of_each(chain).map(Given::Each))
            }
            _ => None,
        });
        let given = given.collect();
        Some(Context { function, signature: context.signature, given })
    });
    helpers.collect()
}
