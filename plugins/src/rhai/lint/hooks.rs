//! H: hooks, their parameters and their verdicts.

use super::File;
use super::contexts::Context;
use super::expressions::{Call, Style};
use super::usage::Function;
use crate::decider::Role;
use crate::diagnostic::Diagnostic;
use crate::hooks::{Direction, HookName};
use crate::rhai::Defined;
use crate::rhai::schema::{self, Signature};
use crate::spoken::{self, Setter, Word};
use crate::suggest;

/// A hook that a script has, the index of its function, and what the hook is.
pub(super) type Found = (Defined, usize, &'static Signature);

/// The hooks of a script, and what is wrong with them.
pub(super) fn check(file: &File<'_>) -> (Vec<Found>, Vec<Diagnostic>) {
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    for (index, function) in file.functions.iter().enumerate().filter(|(_, one)| !one.name.is_empty()) {
        let Some(hook) = HookName::from_word(&function.name) else {
            findings.extend(unknown(file, function));
            continue;
        };
        match signatures(file, function, hook) {
            Ok(signatures) => {
                findings.extend(signatures.first().and_then(|one| misnamed(file, function, one)));
                found.extend(signatures.into_iter().map(|signature| {
                    let direction = signature.direction;
                    (Defined { direction, hook, position: function.position }, index, signature)
                }));
            }
            Err(finding) => findings.push(*finding),
        }
    }
    (found, findings)
}

/// H005: a parameter that is named after what another is given, or after the other direction's peer.
fn misnamed(file: &File<'_>, function: &Function, signature: &Signature) -> Option<Diagnostic> {
    let words: Vec<&str> = signature.parameters.iter().map(|table| table.word).collect();
    let peers = [Direction::Incoming, Direction::Outgoing].map(Direction::peer);
    let known: Vec<&str> = words.iter().copied().chain(peers).collect();
    let mut pairs = function.parameters.iter().zip(&words);
    let (name, word) = pairs.find(|(name, word)| name != *word && known.contains(&name.as_str()))?;
    let message = format!("the parameter `{name}` of {} is given the {word}", signature.title());
    let finding = file.warning("H005", function.position, &function.name, message);
    Some(finding.helped(format!("write `fn {}`", signature.usage())))
}

/// H003: verdicts, and what is chained to them, that no hook which reaches them has. A helper of several
/// hooks may well have what only one of them takes, as it may ask what only one can tell (T004).
pub(super) fn check_verdicts(file: &File<'_>, contexts: &[Context<'_>]) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for context in contexts {
        let all = contexts.iter().filter(|one| std::ptr::eq(one.function, context.function));
        let all: Vec<&Signature> = all.map(|one| one.signature).collect();
        let calls = context.function.calls.iter().filter(|call| !is_of_one(file.role, call, &all));
        findings.extend(calls.filter_map(|call| {
            let message = lacking(file.role, call, context.signature)?;
            Some(file.error("H003", call.position, &call.name, message))
        }));
    }
    findings
}

/// Whether one of the hooks takes what a call says. A filter's hook of both directions is one hook, which
/// does not know in which it is asked: it takes what both take.
fn is_of_one(role: Role, call: &Call, signatures: &[&Signature]) -> bool {
    signatures.iter().any(|one| {
        let mut same = signatures.iter().filter(|other| other.hook == one.hook);
        same.all(|signature| lacking(role, call, signature).is_none())
    })
}

/// What a hook lacks of what a call says.
fn lacking(role: Role, call: &Call, signature: &Signature) -> Option<String> {
    match call.style {
        Style::Function => {
            let word = Word::from_word(&call.name)?;
            let has = signature.words.contains(&word) && (word != Word::Require || role == Role::Filter);
            (!has).then(|| no_verdict(role, word, signature))
        }
        Style::Method => no_setter(role, Setter::from_word(&call.name)?, signature),
    }
}

fn no_verdict(role: Role, word: Word, signature: &Signature) -> String {
    let words: Vec<_> = (signature.words.iter().copied())
        .filter(|word| *word != Word::Require || role == Role::Filter)
        .collect();
    spoken::no_verdict(word, &words, &signature.title())
}

fn no_setter(role: Role, setter: Setter, signature: &Signature) -> Option<String> {
    if !signature.setters.contains(&setter) {
        return Some(spoken::no_setter(setter, Word::Accept, signature.setters, &signature.title()));
    }
    let forbidden = role == Role::Filter && setter.is_for_policies();
    forbidden.then(|| spoken::for_policies(setter))
}

/// The hooks that a function is: one, or for a filter's `peer` one of each direction.
fn signatures(
    file: &File<'_>,
    function: &Function,
    hook: HookName,
) -> Result<Vec<&'static Signature>, Box<Diagnostic>> {
    let directions = directions(file, function, hook)?;
    let signatures: Vec<_> =
        directions.iter().filter_map(|&direction| schema::hook(direction, hook)).collect();
    let error = |code, message| Box::new(file.error(code, function.position, &function.name, message));
    if matches!(file.role, Role::Policy(_)) && hook.is_for_filters() {
        return Err(error("H001", format!("`{hook}` is asked of filters only: a policy decides TLS")));
    }
    let Some(first) = signatures.first() else {
        let words: Vec<_> = directions.iter().map(|direction| direction.word()).collect();
        return Err(error("H001", format!("there is no hook `{hook}` for {} mail", suggest::list(&words))));
    };
    if first.parameters.len() != function.parameters.len() {
        let message = format!(
            "`{hook}` is given {} parameters, but this takes {}",
            first.parameters.len(),
            function.parameters.len()
        );
        return Err(Box::new(error("H002", message).helped(format!("write `fn {}`", first.usage()))));
    }
    Ok(signatures)
}

/// The directions in which a function is asked.
fn directions(
    file: &File<'_>,
    function: &Function,
    hook: HookName,
) -> Result<Vec<Direction>, Box<Diagnostic>> {
    let both = [Direction::Incoming, Direction::Outgoing];
    if let Role::Policy(direction) = file.role {
        return Ok(vec![direction]);
    }
    let first = function.parameters.first().map_or("", String::as_str);
    if first == "peer" {
        return Ok(both.to_vec());
    }
    both.into_iter().find(|direction| direction.peer() == first).map(|direction| vec![direction]).ok_or_else(
        || {
            let message =
                format!("the first parameter of a filter's `{}` says when it is asked", function.name);
            let finding = file.error("H002", function.position, &function.name, message);
            Box::new(finding.helped(who_is_asked(hook)))
        },
    )
}

/// What a filter's first parameter may be at a hook.
fn who_is_asked(hook: HookName) -> String {
    let both = [Direction::Incoming, Direction::Outgoing];
    match both.map(|direction| schema::hook(direction, hook)) {
        [Some(one), None] | [None, Some(one)] => format!("write `fn {}`", one.usage()),
        _ => "write `client` for incoming mail, `host` for outgoing, `peer` for both".to_owned(),
    }
}

/// H001: a function that is no hook, is called by none, and looks like one.
fn unknown(file: &File<'_>, function: &Function) -> Option<Diagnostic> {
    if file.uses(&function.name) {
        return None;
    }
    let name = function.name.as_str();
    let known = known_hooks(file.role);
    let meant = suggest::nearest(name, known.iter().copied())?;
    let message = format!("there is no hook `{name}`");
    Some(file.error("H001", function.position, name, message).helped(format!("did you mean `{meant}`?")))
}

fn known_hooks(role: Role) -> Vec<&'static str> {
    let hooks: Vec<_> = match role {
        Role::Policy(direction) => {
            schema::hooks(direction).filter(|signature| !signature.hook.is_for_filters()).collect()
        }
        Role::Filter => {
            schema::hooks(Direction::Incoming).chain(schema::hooks(Direction::Outgoing)).collect()
        }
    };
    hooks.into_iter().map(|signature| signature.hook.word()).collect()
}

/// Whether a function is a hook, or was meant to be one: then it is not unused.
pub(super) fn is_meant(file: &File<'_>, function: &Function) -> bool {
    HookName::from_word(&function.name).is_some() || unknown(file, function).is_some()
}
