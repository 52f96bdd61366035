//! H004 and T003: literals that can never be right.
//!
//! Both would fail when they run; but the branch they stand in may run for the first time on the
//! one message that matters.

use super::File;
use super::contexts::Context;
use super::expressions::{Argument, Call, Chain, Literal, Style};
use crate::diagnostic::Diagnostic;
use crate::facts::{Kind, UnknownVersion, Version};
use crate::rhai::{natives, speak};
use crate::spoken::{self, Setter, Word};
use crate::verdicts::edit;
use crate::verdicts::{EnhancedCode, Group, InvalidCode, Suite};

/// Those of one function, as one hook reaches it.
pub(super) fn check(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let calls = context.function.calls.iter().filter_map(|call| {
        let message = wrong_argument(call, context)?;
        Some(file.error("H004", call.position, &call.name, message))
    });
    let comparisons = context.function.comparisons.iter().filter_map(|comparison| {
        let (chain, message) = match ordered(&comparison.sides) {
            [Argument::Chain(chain), Argument::Literal(literal)] => {
                (chain, incomparable(context.kind(chain)?, literal)?)
            }
            [Argument::Chain(chain), Argument::Chain(other)] => (chain, unlike(context, chain, other)?),
            _ => return None,
        };
        let written = chain.written();
        Some(file.error("T003", chain.position, &written, format!("`{written}` is {message}")))
    });
    let clashes = context.function.chained.iter().filter_map(|calls| clash(file, calls));
    calls.chain(comparisons).chain(switches(file, context)).chain(clashes).collect()
}

/// Two facts that are never alike: their types differ. A text may name a version.
fn unlike(context: &Context<'_>, chain: &Chain, other: &Chain) -> Option<String> {
    let (one, two) = (context.kind(chain)?, context.kind(other)?);
    let name = |kind| match kind {
        Kind::Flag => Some("true or false"),
        Kind::Number => Some("a number"),
        Kind::Text => Some("a text"),
        Kind::Version => Some("a TLS version"),
        _ => None,
    };
    let (what, else_what) = (name(one)?, name(two)?);
    let may_be = matches!((one, two), (Kind::Version, Kind::Text) | (Kind::Text, Kind::Version));
    (one != two && !may_be).then(|| format!("{what}, and `{}` is {else_what}", other.written()))
}

/// H004: suites of TLS 1.2 alone, where TLS 1.3 is asked for.
fn clash(file: &File<'_>, calls: &[Call]) -> Option<Diagnostic> {
    let of = |setter: Setter| {
        let call = calls.iter().find(|call| Setter::from_word(&call.name) == Some(setter))?;
        Some((call, call.arguments.first()?))
    };
    let (_, version) = of(Setter::MinVersion)?;
    let (call, suites) = of(Setter::Suites)?;
    let version: Version = text(version)?.parse().ok()?;
    let suites = spoken::parse_all::<Suite>(texts(suites)?).ok()?;
    let left = suites.iter().any(|suite: &Suite| suite.version() >= version);
    let message = format!("none of these suites is of TLS {version}, the least version");
    (!left).then(|| file.error("H004", call.position, &call.name, message))
}

/// T003: `switch` compares by hashes, of which these have none: it takes the default, silently.
fn switches(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let switched = context.function.switched.iter().filter_map(|switched| {
        let Argument::Chain(chain) = &switched.on else { return None };
        if matches!(context.kind(chain)?, Kind::Flag | Kind::Number | Kind::Text) {
            return None;
        }
        let written = chain.written();
        let message = format!("`switch` never finds `{written}` among its cases");
        Some(file.error("T003", chain.position, &written, message).helped("compare it with `if`"))
    });
    switched.collect()
}

/// What is wrong with what a verdict, or what is chained to it, is given.
fn wrong_argument(call: &Call, context: &Context<'_>) -> Option<String> {
    if let Some(message) = wrong_native(call) {
        return Some(message);
    }
    match (call.style, Word::from_word(&call.name), Setter::from_word(&call.name)) {
        (Style::Function, Some(word), _) => match (word, call.arguments.as_slice()) {
            (Word::Refuse | Word::Defer, [code, _]) => wrong_code(text(code)?, word, context),
            (Word::Redirect, [address]) => edit::check_address(text(address)?).err(),
            (Word::Require, [level]) => speak::floor(text(level)?).err(),
            _ => None,
        },
        (Style::Method, _, Some(setter)) => wrong_term(setter, call.arguments.first()?),
        _ => None,
    }
}

/// A time, a rate or a pattern that is none, the name of a counter that cannot be.
fn wrong_native(call: &Call) -> Option<String> {
    // What a method is called on is its first argument.
    let first = usize::from(call.style == Style::Method);
    let places = (first..).zip(&call.arguments);
    let mut texts = places.filter_map(|(place, argument)| Some((place, text(argument)?)));
    texts.find_map(|(place, text)| natives::wrong_text(&call.name, place, text))
}

fn wrong_code(code: &str, word: Word, context: &Context<'_>) -> Option<String> {
    match code.parse::<EnhancedCode>() {
        Ok(code) => spoken::wrong_code(code, word, context.signature.codes),
        Err(invalid @ InvalidCode(_)) => Some(invalid.to_string()),
    }
}

fn wrong_term(setter: Setter, value: &Argument) -> Option<String> {
    match setter {
        Setter::MinVersion => wrong_version(text(value)?),
        Setter::ClientCertificate => speak::client_certificate(text(value)?).err(),
        Setter::Suites | Setter::Groups | Setter::Roots if is_empty(value) => {
            Some(format!("`{}` with an empty list would allow nothing", setter.word()))
        }
        Setter::Suites => spoken::parse_all::<Suite>(texts(value)?).err(),
        Setter::Groups => spoken::parse_all::<Group>(texts(value)?).err(),
        Setter::AddRecipient | Setter::RemoveRecipient => edit::check_address(text(value)?).err(),
        Setter::Source => speak::source(text(value)?).err(),
        _ => None,
    }
}

fn is_empty(value: &Argument) -> bool {
    matches!(value, Argument::List(items) if items.is_empty())
}

/// The sides of a comparison, a chain of names first.
fn ordered([one, other]: &[Argument; 2]) -> [&Argument; 2] {
    if matches!(one, Argument::Chain(_)) { [one, other] } else { [other, one] }
}

/// What a fact is, and why the literal cannot be compared with it.
fn incomparable(kind: Kind, literal: &Literal) -> Option<String> {
    let what = match (kind, literal) {
        (Kind::Flag, Literal::Flag(_))
        | (Kind::Number, Literal::Number(_) | Literal::Decimal(_))
        | (Kind::Text, Literal::Text(_)) => return None,
        (Kind::Version, Literal::Text(text)) if text.is_empty() => return None,
        (Kind::Version, Literal::Text(text)) => {
            return wrong_version(text).map(|message| format!("a TLS version, and {message}"));
        }
        (Kind::Version, _) => "a TLS version: compare it with a text like \"1.2\"",
        (Kind::Flag, _) => "true or false: compare it with neither, or with one of these",
        (Kind::Number, _) => "a number: compare it with one",
        (Kind::Text, _) => "a text: compare it with one",
        (Kind::Texts | Kind::Parts | Kind::Fields, _) => "a list: ask whether it `contains` one",
        (Kind::Parameters | Kind::Row | Kind::Certificate | Kind::Body, _) => {
            "no single value: compare one of its own"
        }
    };
    Some(what.to_owned())
}

fn wrong_version(text: &str) -> Option<String> {
    text.parse::<Version>().err().map(|unknown: UnknownVersion| unknown.to_string())
}

fn text(argument: &Argument) -> Option<&str> {
    match argument {
        Argument::Literal(Literal::Text(text)) => Some(text),
        _ => None,
    }
}

fn texts(argument: &Argument) -> Option<Vec<String>> {
    let Argument::List(items) = argument else { return None };
    items.iter().map(|item| text(item).map(str::to_owned)).collect()
}
