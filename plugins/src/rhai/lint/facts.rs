//! T001 and T002: facts, read and changed.

use super::File;
use super::contexts::Context;
use super::expressions::{Call, Chain};
use crate::diagnostic::Diagnostic;
use crate::facts::Kind;
use crate::rhai::schema::{self, FactTable};
use crate::suggest;

/// Methods that change what they are called on, and give nothing back.
const CHANGES_LIST: [&str; 9] =
    ["push", "append", "insert", "clear", "reverse", "sort", "truncate", "chop", "pad"];
const CHANGES_TEXT: [&str; 9] =
    ["trim", "make_upper", "make_lower", "replace", "append", "clear", "truncate", "crop", "pad"];

/// Those of one function, as one hook reaches it.
pub(super) fn check(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let unknown = context.function.chains.iter().filter_map(|chain| {
        let table = context.facts(&chain.variable)?;
        unknown_fact(file, table, chain)
    });
    let assigned = context.function.assigned.iter().filter_map(|chain| {
        // A variable may be given another value, be it a parameter or a short name for facts.
        if chain.is_variable() {
            return None;
        }
        context.facts(&chain.variable)?;
        let message = format!("`{}` is a fact: it can be read, not changed", chain.written());
        let finding = file.error("T002", chain.position, &chain.written(), message);
        Some(finding.helped("make a variable of your own with `let`"))
    });
    let copied =
        context.function.methods.iter().filter_map(|(chain, call)| copied(file, context, chain, call));
    unknown.chain(assigned).chain(copied).collect()
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

/// Reading a fact gives a copy. `host.ehlo.trim() == "x"` compares nothing with a text, and is
/// silently false.
fn copied(file: &File<'_>, context: &Context<'_>, chain: &Chain, call: &Call) -> Option<Diagnostic> {
    let changes: &[&str] = match context.kind(chain)? {
        Kind::Texts => &CHANGES_LIST,
        Kind::Text => &CHANGES_TEXT,
        _ => return None,
    };
    // A variable of the script's own is no copy.
    if chain.properties.is_empty() || !changes.contains(&call.name.as_str()) {
        return None;
    }
    let message = format!("`{}` changes a copy of `{}`, and gives nothing back", call.name, chain.written());
    let finding = file.error("T002", call.position, &call.name, message);
    Some(finding.helped(format!("make a variable of your own first: `let own = {};`", chain.written())))
}
