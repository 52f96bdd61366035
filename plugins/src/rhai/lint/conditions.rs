//! T006 and F009: conditions that are neither true nor false, and those that are always the same.

use super::File;
use super::contexts::Context;
use super::expressions::{Argument, Comparison, Literal};
use super::usage::Function;
use crate::diagnostic::Diagnostic;
use crate::facts::Kind;

/// T006 of one function, as one hook reaches it: a text is not true because it is not empty.
pub(super) fn check(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let findings = context.function.conditions.iter().filter_map(|(condition, _)| {
        let Argument::Chain(chain) = condition else { return None };
        let (what, right) = match context.kind(chain)? {
            Kind::Flag => return None,
            Kind::Number => ("a number", format!("`{} > 0`", chain.written())),
            Kind::Text => ("a text", format!("`{} != \"\"`", chain.written())),
            Kind::Version => ("a TLS version", format!("`{} >= \"1.2\"`", chain.written())),
            Kind::Texts => ("a list", format!("`!{}.is_empty()`", chain.written())),
            Kind::Parameters => ("a map", format!("`{}.contains(\"name\")`", chain.written())),
            Kind::Fields => ("a list of fields", format!("`{}.contains(\"name\")`", chain.written())),
            Kind::Parts => ("a list", format!("`!{}.is_empty()`", chain.written())),
            Kind::Body => ("a body", format!("`{}.size > 0`", chain.written())),
            Kind::Row | Kind::Certificate => ("no single value", "a fact of its own".to_owned()),
        };
        let written = chain.written();
        let message = format!("`{written}` is {what}, and no condition");
        let finding = file.error("T006", chain.position, &written, message);
        Some(finding.helped(format!("write {right}, if that is meant")))
    });
    findings.collect()
}

/// F009 of all functions.
pub(super) fn constant(file: &File<'_>) -> Vec<Diagnostic> {
    file.functions.iter().flat_map(|function| of_function(file, function)).collect()
}

fn of_function(file: &File<'_>, function: &Function) -> Vec<Diagnostic> {
    let conditions = function.conditions.iter().filter_map(|(condition, position)| {
        let Argument::Literal(Literal::Flag(flag)) = condition else { return None };
        let (word, message) = (flag.to_string(), format!("this condition is always {flag}"));
        Some(file.warning("F009", *position, &word, message))
    });
    let comparisons = function.comparisons.iter().filter_map(|comparison| compared(file, comparison));
    conditions.chain(comparisons).collect()
}

fn compared(file: &File<'_>, comparison: &Comparison) -> Option<Diagnostic> {
    let operator = comparison.operator.literal_syntax();
    let (position, word, message) = match &comparison.sides {
        [Argument::Chain(one), Argument::Chain(other)] if one.written() == other.written() => {
            let written = one.written();
            let message = format!("`{written}` is compared with itself");
            (one.position, written, message)
        }
        [Argument::Literal(_), Argument::Literal(_)] => {
            let message = "two values that stand here are compared: it is always the same".to_owned();
            (comparison.position, operator.to_owned(), message)
        }
        _ => return None,
    };
    Some(file.warning("F009", position, &word, message))
}
