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
    let variables = context.function.variables.iter();
    let findings = variables.filter_map(|variable| {
        let name = &variable.name;
        let word = context.given(name)?.word;
        let message = format!("`{name}` hides the facts of the {word} from here on");
        let finding = file.warning("F010", variable.position, name, message);
        Some(finding.helped("give the variable a name of its own"))
    });
    findings.collect()
}
