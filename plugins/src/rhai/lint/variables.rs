//! F008 and F010: variables that nothing reads, and those that hide the facts.

use super::File;
use super::contexts::Context;
use super::usage::Function;
use crate::diagnostic::Diagnostic;

/// F008 of all functions.
pub(super) fn unused(file: &File<'_>) -> Vec<Diagnostic> {
    file.functions.iter().flat_map(|function| of_function(file, function)).collect()
}

fn of_function(file: &File<'_>, function: &Function) -> Vec<Diagnostic> {
    let made = function.variables.iter().filter(|variable| {
        // The counter of a loop is often not wanted.
        variable.initial.is_some()
            && !variable.name.starts_with('_')
            && !function.mentions.contains(&variable.name)
    });
    let findings = made.map(|variable| {
        let name = &variable.name;
        let finding = file.warning("F008", variable.position, name, format!("nothing reads `{name}`"));
        finding.helped(format!("if that is meant, call it `_{name}`"))
    });
    findings.collect()
}

/// F010 of one function, as one hook reaches it.
pub(super) fn hiding(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let function = context.function;
    let hidden = |name: &str, position, help| {
        let word = context.given(name)?.word;
        let message = format!("`{name}` hides the facts of the {word} from here on");
        Some(file.warning("F010", position, name, message).helped(help))
    };
    let variables = function.variables.iter().filter_map(|variable| {
        hidden(&variable.name, variable.position, "give the variable a name of its own")
    });
    // Where a variable has its name too, that is what is given another value.
    let parameters = function.parameters.iter().filter(|name| !function.makes(name));
    let changed = parameters
        .filter_map(|name| hidden(name, function.changed(name)?, "make a variable of your own with `let`"));
    variables.chain(changed).collect()
}
