//! T: facts, read and assigned to.

use super::File;
use super::contexts::Context;
use super::usage::Chain;
use crate::diagnostic::Diagnostic;
use crate::rhai::schema::{self, FactTable};
use crate::suggest;

/// T001 and T002 of one function, as one hook reaches it.
pub(super) fn check(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let unknown = context.function.chains.iter().filter_map(|chain| {
        let table = context.facts(&chain.variable)?;
        unknown_fact(file, table, chain)
    });
    let assigned = context.function.assigned.iter().filter_map(|chain| {
        context.facts(&chain.variable)?;
        let message = format!("`{}` is a fact: it can be read, not changed", chain.written());
        let finding = file.error("T002", chain.position, &chain.written(), message);
        Some(finding.helped("make a variable of your own with `let`"))
    });
    unknown.chain(assigned).collect()
}

/// The first property of a chain that is no fact.
fn unknown_fact(file: &File<'_>, table: &'static FactTable, chain: &Chain) -> Option<Diagnostic> {
    let mut table = table;
    for (property, position) in &chain.properties {
        match table.kind(property) {
            Some(kind) => table = schema::behind(kind)?,
            None => {
                let message = format!("`{}` has no fact `{property}`", table.word);
                let finding = file.error("T001", *position, property, message);
                return Some(finding.helped(suggest::help(property, &table.names())));
            }
        }
    }
    None
}

impl Chain {
    /// As it stands in the file.
    pub(super) fn written(&self) -> String {
        let properties = self.properties.iter().map(|(property, _)| property.as_str());
        std::iter::once(self.variable.as_str()).chain(properties).collect::<Vec<_>>().join(".")
    }
}
