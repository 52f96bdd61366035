//! T005: comparisons of a fact that always come to the same.

use std::net::IpAddr;

use ::rhai::Token;

use super::File;
use super::contexts::Context;
use super::expressions::{Argument, Call, Chain, Comparison, Literal};
use crate::diagnostic::Diagnostic;
use crate::suggest;
use crate::verdicts::{Group, Suite};

/// How a host may have been found.
const FOUND_BY: [&str; 3] = ["mx", "implicit_mx", "route"];
/// The versions that can be negotiated: what is older is forbidden (RFC 8996).
const VERSIONS: [&str; 2] = ["1.2", "1.3"];
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

/// Why a fact can never be this text. Every fact that is a text may be empty.
fn mismatch(word: &str, fact: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let one_of = |known: &[&str]| (!known.contains(&text)).then(|| suggestion(text, known));
    match (word, fact) {
        ("host", "found_by") => one_of(&FOUND_BY),
        ("client" | "host" | "handshake", "suite") => {
            one_of(&Suite::ALL.iter().map(|one| one.name()).collect::<Vec<_>>())
        }
        ("client" | "host" | "handshake", "group") => {
            one_of(&Group::ALL.iter().map(|one| one.name()).collect::<Vec<_>>())
        }
        ("client" | "host" | "handshake", "version") | ("row", "min_version") => one_of(&VERSIONS),
        ("certificate", "sha256" | "spki_sha256") => {
            (!is_digest(text)).then(|| "has 64 hexadecimal digits, in small letters".to_owned())
        }
        ("client" | "host", "address") => {
            text.parse::<IpAddr>().is_err().then(|| "is an IP address, without a port or prefix".to_owned())
        }
        ("host", "domain") | (_, "sender_domain" | "recipient_domain") => (!is_domain(text))
            .then(|| "is a domain in small letters, an international one in its form `xn--`".to_owned()),
        _ => None,
    }
}

/// `is one of mx, route`, or what was probably meant.
fn suggestion(text: &str, known: &[&str]) -> String {
    match suggest::nearest(&text.to_ascii_lowercase(), known.iter().copied()) {
        Some(meant) => format!("is never `{text}`; did you mean `{meant}`?"),
        None => format!("is never `{text}`, but one of {}", known.join(", ")),
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether a domain may be written so, as the table compares it.
fn is_domain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.'))
        && !text.ends_with('.')
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
