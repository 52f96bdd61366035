//! F: functions, the script's own and native ones.

use std::collections::{BTreeMap, BTreeSet};

use ::rhai::Engine;

use super::expressions::{Call, Style};
use super::{File, hooks};
use crate::diagnostic::Diagnostic;
use crate::hooks::HookName;
use crate::spoken::Word;
use crate::suggest;

/// Names that the parser knows, and no function table lists.
const KEYWORDS: [&str; 9] =
    ["print", "debug", "type_of", "Fn", "call", "curry", "is_shared", "is_def_var", "is_def_fn"];

/// All native functions, each with the numbers of parameters it may take.
type Natives = BTreeMap<String, BTreeSet<usize>>;

/// F001, F003, F004 and F005.
pub(super) fn check(file: &File<'_>, engine: &Engine) -> Vec<Diagnostic> {
    let natives = natives(engine);
    let calls = file.functions.iter().flat_map(|function| &function.calls);
    let wrong_calls = calls.filter_map(|call| check_call(file, call, &natives));
    wrong_calls.chain(shadowing(file, &natives)).chain(unused(file)).collect()
}

fn natives(engine: &Engine) -> Natives {
    let mut natives = Natives::new();
    let all = engine.collect_fn_metadata(
        None,
        |function| Some((function.metadata.name.to_string(), function.metadata.num_params)),
        true,
    );
    for (name, arity) in all {
        natives.entry(name).or_default().insert(arity);
    }
    natives
}

fn check_call(file: &File<'_>, call: &Call, natives: &Natives) -> Option<Diagnostic> {
    if KEYWORDS.contains(&call.name.as_str()) {
        return None;
    }
    let given = call.arguments.len();
    // A method of a native function is its first parameter; of a script's own it is `this`.
    let native = if call.style == Style::Method { given + 1 } else { given };
    let arities: BTreeSet<usize> = (file.functions.iter())
        .filter(|function| function.name == call.name)
        .map(|function| function.parameters.len())
        .collect();
    let native_arities = natives.get(&call.name);
    if arities.contains(&given) || native_arities.is_some_and(|arities| arities.contains(&native)) {
        return None;
    }
    if arities.is_empty() && native_arities.is_none() {
        return Some(unknown(file, call, natives));
    }
    let method = native - given;
    let known = native_arities.into_iter().flatten().map(|arity| arity.saturating_sub(method));
    Some(wrong_count(file, call, &arities.iter().copied().chain(known).collect()))
}

/// F003.
fn unknown(file: &File<'_>, call: &Call, natives: &Natives) -> Diagnostic {
    let name = &call.name;
    let own = file.functions.iter().map(|function| function.name.as_str());
    let words = Word::ALL.iter().map(|word| word.word());
    let known = words.chain(own).chain(natives.keys().map(String::as_str));
    let finding = file.error("F003", call.position, name, format!("there is no function `{name}`"));
    match suggest::nearest(name, known) {
        Some(meant) => finding.helped(format!("did you mean `{meant}`?")),
        None => finding,
    }
}

/// F004.
fn wrong_count(file: &File<'_>, call: &Call, known: &BTreeSet<usize>) -> Diagnostic {
    let known: Vec<_> = known.iter().map(ToString::to_string).collect();
    let (name, known) = (&call.name, known.join(" or "));
    let noun = if known == "1" { "argument" } else { "arguments" };
    let message = format!("`{name}` takes {known} {noun}, but is given {}", call.arguments.len());
    file.error("F004", call.position, name, message)
}

/// F005: the script's own function would be called wherever the native one is meant.
fn shadowing(file: &File<'_>, natives: &Natives) -> Vec<Diagnostic> {
    let shadows = |name: &str, arity: usize| {
        // Called as a method it has one parameter more, what stands before the dot.
        let taken = |arities: &BTreeSet<usize>| arities.contains(&arity) || arities.contains(&(arity + 1));
        let native = natives.get(name).is_some_and(taken);
        // A hook is called by us, and may be named as a function on ranges is (`start`).
        Word::from_word(name).is_some() || native && HookName::from_word(name).is_none()
    };
    let functions = file.functions.iter().filter(|one| shadows(&one.name, one.parameters.len()));
    let findings = functions.map(|function| {
        let name = &function.name;
        let message = format!("`{name}` takes the place of the function that every script has");
        file.error("F005", function.position, name, message).helped("give it another name")
    });
    findings.collect()
}

/// F001.
fn unused(file: &File<'_>) -> Vec<Diagnostic> {
    let named = file.functions.iter().filter(|function| !function.name.is_empty());
    let unused = named.filter(|function| !file.uses(&function.name) && !hooks::is_meant(file, function));
    let findings = unused.map(|function| {
        let name = &function.name;
        file.warning("F001", function.position, name, format!("`{name}` is no hook, and nothing calls it"))
    });
    findings.collect()
}
