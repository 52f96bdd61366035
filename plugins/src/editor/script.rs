//! Policies, filters and tests: facts, verdicts and functions at the cursor.

mod chain;
mod complete;
mod explain;
mod quoted;
mod scope;

use super::document::{Document, Sort, Target};
use super::outline;
use super::surroundings::Found;
use super::tokens::Tokens;

pub(super) use complete::completions;
pub(super) use explain::explanation;

/// Where the function, the variable or the policy is that stands at this octet.
pub(super) fn definition(document: &Document<'_>, sort: Sort, at: usize) -> Option<Target> {
    let tokens = Tokens::new(document.text);
    let index = tokens.beneath(at)?;
    if let Some(file) = tokens.quoted(index) {
        let is_test = sort == Sort::Tests;
        return document.around.named(file).filter(|_| is_test).map(Found::target);
    }
    let word = tokens.word(index)?;
    let functions = outline::functions(&tokens, document.text);
    let is_called = tokens.after(index).is_some_and(|next| tokens.is(next, '('));
    let function = functions.iter().find(|function| function.name == word);
    if let Some(function) = function.filter(|_| is_called) {
        return Some(Target::Here(function.name_at.clone()));
    }
    let is_property = tokens.before(index).is_some_and(|before| tokens.is(before, '.'));
    let around = outline::around(&functions, at).filter(|_| !is_property)?;
    scope::declared(&tokens, around, word, index).map(|index| Target::Here(tokens.range(index)))
}
