//! T005: comparisons of a fact that always come to the same.

use ::rhai::Token;

use super::File;
use super::contexts::Context;
use super::expressions::{Argument, Call, Chain, Comparison, Literal};
use super::words::mismatch;
use crate::diagnostic::Diagnostic;

/// Numbers that may be below 0: dates before 1970.
const DATES: [&str; 2] = ["valid_from", "valid_until"];

/// Those of one function, as one hook reaches it.
pub(super) fn check(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let comparisons = context.function.comparisons.iter().filter_map(|comparison| {
        let (chain, literal, operator) = sides(comparison)?;
        let (table, fact, _) = context.fact(chain)?;
        let (always, why) = match literal {
            Literal::Text(text) => (is_unequal(operator)?, mismatch(table.word, fact, text)?),
            Literal::Number(number) if !DATES.contains(&fact) => below_zero(operator, *number)?,
            _ => return None,
        };
        Some(finding(file, chain, always, &why))
    });
    let methods = context.function.methods.iter().filter_map(|(chain, call)| {
        let why = never_contained(context.fact(chain)?.1, call)?;
        Some(finding(file, chain, false, &why))
    });
    comparisons.chain(methods).collect()
}

fn finding(file: &File<'_>, chain: &Chain, always: bool, why: &str) -> Diagnostic {
    let written = chain.written();
    let message = format!("this is always {always}: `{written}` {why}");
    file.warning("T005", chain.position, &written, message)
}

/// The fact, the literal, and how they are compared, the fact on the left.
fn sides(comparison: &Comparison) -> Option<(&Chain, &Literal, Token)> {
    match &comparison.sides {
        [Argument::Chain(chain), Argument::Literal(literal)] => {
            Some((chain, literal, comparison.operator.clone()))
        }
        [Argument::Literal(literal), Argument::Chain(chain)] => {
            Some((chain, literal, mirrored(&comparison.operator)))
        }
        _ => None,
    }
}

fn mirrored(operator: &Token) -> Token {
    match operator {
        Token::LessThan => Token::GreaterThan,
        Token::LessThanEqualsTo => Token::GreaterThanEqualsTo,
        Token::GreaterThan => Token::LessThan,
        Token::GreaterThanEqualsTo => Token::LessThanEqualsTo,
        other => other.clone(),
    }
}

/// What `==` and `!=` say of two that are never alike.
#[expect(clippy::needless_pass_by_value, reason = "it is made for this")]
fn is_unequal(operator: Token) -> Option<bool> {
    match operator {
        Token::EqualsTo => Some(false),
        Token::NotEqualsTo => Some(true),
        _ => None,
    }
}

/// Counts, sizes and ports are not below 0.
#[expect(clippy::needless_pass_by_value, reason = "it is made for this")]
fn below_zero(operator: Token, number: i64) -> Option<(bool, String)> {
    let always = match operator {
        Token::LessThan if number <= 0 => false,
        Token::LessThanEqualsTo | Token::EqualsTo if number < 0 => false,
        Token::GreaterThanEqualsTo if number <= 0 => true,
        Token::GreaterThan | Token::NotEqualsTo if number < 0 => true,
        _ => return None,
    };
    Some((always, "is never below 0".to_owned()))
}

/// The keywords of EHLO are told in capitals (RFC 5321 section 2.4: they are compared in any size).
fn never_contained(fact: &str, call: &Call) -> Option<String> {
    let ("contains", "extensions", [Argument::Literal(Literal::Text(text))]) =
        (call.name.as_str(), fact, call.arguments.as_slice())
    else {
        return None;
    };
    let small = text.bytes().any(|byte| byte.is_ascii_lowercase());
    small.then(|| format!("has the keywords in capitals, as `{}`", text.to_ascii_uppercase()))
}
