//! What is to say of what stands at a place of a script.

use super::chain::{Chain, Root};
use super::complete::one_paragraph;
use super::scope::{Meaning, Scope};
use crate::editor::document::{Document, Explanation, Sort};
use crate::editor::outline::{Function, around, functions};
use crate::editor::tokens::Tokens;
use crate::editor::words::{self, Native};
use crate::rhai::schema::{FactTable, Signature};
use crate::spoken::meaning::of_setter;
use crate::spoken::{Setter, Word};

/// What is to say of what stands at this octet.
pub(in crate::editor) fn explanation(document: &Document<'_>, sort: Sort, at: usize) -> Option<Explanation> {
    let tokens = Tokens::new(document.text);
    let index = tokens.beneath(at)?;
    let about = tokens.range(index);
    if let Some(file) = tokens.quoted(index) {
        let found = document.around.named(file).filter(|_| sort == Sort::Tests)?;
        return Some(Explanation { text: found.in_words(), about });
    }
    let word = tokens.word(index)?;
    let functions = functions(&tokens, document.text);
    if let Some(function) = functions.iter().find(|function| function.name_at == about) {
        return Some(Explanation { text: of_head(function, &tokens, sort), about });
    }
    let scope = Scope::new(&tokens, around(&functions, at), sort);
    let is_behind_dot = tokens.before(index).is_some_and(|dot| tokens.is(dot, '.'));
    let is_called = tokens.after(index).is_some_and(|next| tokens.is(next, '('));
    let text = match (is_behind_dot, is_called) {
        (false, true) => of_function(&functions, word, &scope, sort),
        (true, true) => of_method(&tokens, word, index, &scope),
        _ => of_chain(&tokens, &scope, index),
    };
    text.map(|text| Explanation { text, about })
}

/// A function where it is defined.
fn of_head(function: &Function<'_>, tokens: &Tokens<'_>, sort: Sort) -> String {
    let scope = Scope::new(tokens, Some(function), sort);
    let hooks: Vec<_> = scope.signatures.iter().filter(|one| one.hook.word() == function.name).collect();
    if hooks.is_empty() || sort == Sort::Tests {
        return of_own(function);
    }
    let said: Vec<_> = hooks.into_iter().map(|signature| of_hook(signature)).collect();
    said.join("\n\n---\n\n")
}

fn of_hook(signature: &Signature) -> String {
    let asked = one_paragraph(signature.doc);
    let verdicts = signature.words.iter().map(|word| {
        let meaning = words::of_verdict(&[signature], *word);
        format!("- {}: {meaning}", words::usage_of_verdict(*word))
    });
    let verdicts: Vec<_> = verdicts.collect();
    format!("**{}**: `{}`\n\n{asked}\n\n{}", signature.title(), signature.usage(), verdicts.join("\n"))
}

fn of_own(function: &Function<'_>) -> String {
    format!("```rhai\nfn {}\n```\n\n{}", function.usage(), function.about)
}

fn of_function(functions: &[Function<'_>], word: &str, scope: &Scope<'_, '_>, sort: Sort) -> Option<String> {
    if let Some(function) = functions.iter().find(|function| function.name == word) {
        return Some(of_own(function));
    }
    if sort == Sort::Tests {
        return native(&words::OF_TESTS, word).or_else(|| native(&words::OF_TRIALS, word));
    }
    let Some(verdict) = Word::from_word(word) else {
        let all = [&words::ALONE[..], &words::OF_STATE, &words::OF_NAMES];
        return all.into_iter().find_map(|natives| native(natives, word));
    };
    let meaning = words::of_verdict(&scope.signatures, verdict);
    let meaning = if meaning.is_empty() { "It is no verdict of this hook." } else { &meaning };
    Some(format!("{}\n\n{meaning}", words::usage_of_verdict(verdict)))
}

fn of_method(tokens: &Tokens<'_>, word: &str, index: usize, scope: &Scope<'_, '_>) -> Option<String> {
    let dot = tokens.before(index)?;
    let chain = tokens.before(dot).and_then(|last| Chain::ending(tokens, last));
    if chain.is_some_and(|chain| chain.root == Root::Verdict) {
        let setter = Setter::from_word(word)?;
        let (usage, about) = of_setter(setter);
        let is_there = scope.signatures.iter().any(|one| one.setters.contains(&setter));
        let note = if is_there { "" } else { "\n\nThis hook takes it not." };
        return Some(format!("`.{usage}`\n\n{about}{note}"));
    }
    let all = [&words::OF_TEXTS[..], &words::OF_LISTS, &words::OF_ROWS, &words::OF_PARAMETERS];
    all.into_iter().find_map(|natives| native(natives, word))
}

fn native(natives: &[Native], word: &str) -> Option<String> {
    let native = natives.iter().find(|native| native.name == word)?;
    Some(format!("`{}`\n\n{}", native.usage, native.about))
}

/// A fact, or the facts behind a variable.
fn of_chain(tokens: &Tokens<'_>, scope: &Scope<'_, '_>, index: usize) -> Option<String> {
    let chain = Chain::ending(tokens, index)?;
    let Some((last, before)) = chain.properties.split_last() else {
        let Meaning::Facts(tables) = scope.meaning(&chain, index)? else { return None };
        return Some(
            tables.iter().map(|table| words::of_facts(table)).collect::<Vec<_>>().join("\n\n---\n\n"),
        );
    };
    let owner = Chain { root: chain.root, properties: before.to_vec() };
    let Meaning::Facts(tables) = scope.meaning(&owner, index)? else { return None };
    let said: Vec<_> = tables.iter().filter_map(|table| of_fact(table, last)).collect();
    (!said.is_empty()).then(|| said.join("\n\n---\n\n"))
}

fn of_fact(table: &FactTable, name: &str) -> Option<String> {
    let fact = table.facts.iter().find(|fact| fact.name == name)?;
    let kind = fact.kind.in_words();
    Some(format!(
        "**{}.{name}**: {kind}\n\n{}{}",
        table.word,
        one_paragraph(fact.doc),
        words::note_of(fact.kind)
    ))
}
