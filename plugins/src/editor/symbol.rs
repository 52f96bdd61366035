//! What a text has: for the outline that an editor shows.

use std::ops::Range;

use super::document::Sort;
use super::outline::{Function, functions};
use super::rows::blocks;
use super::tokens::Tokens;
use crate::hooks::HookName;

/// Something that a text has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What to say besides: the parameters, what a row says.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The octets of the whole.
    pub whole: Range<usize>,
    /// The octets of its name.
    pub name_at: Range<usize>,
    /// What is in it.
    pub children: Vec<Symbol>,
}

/// What a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// A hook of a policy or filter.
    Hook,
    /// Another function.
    Function,
    /// A block of the table.
    Block,
    /// A row.
    Row,
}

/// All of them, in the order of the file.
pub(super) fn symbols(text: &str, sort: Sort) -> Vec<Symbol> {
    let tokens = Tokens::new(text);
    let mut symbols = of_functions(text, &tokens, sort);
    if sort == Sort::Table {
        symbols.extend(of_blocks(text, &tokens));
    }
    symbols.sort_by_key(|symbol| symbol.whole.start);
    symbols
}

fn of_functions(text: &str, tokens: &Tokens<'_>, sort: Sort) -> Vec<Symbol> {
    let is_hook = |name: &str| matches!(sort, Sort::Decider(_)) && HookName::from_word(name).is_some();
    let symbol = |function: Function<'_>| Symbol {
        name: function.name.to_owned(),
        detail: format!("({})", function.parameters.join(", ")),
        kind: if is_hook(function.name) { SymbolKind::Hook } else { SymbolKind::Function },
        whole: function.whole,
        name_at: function.name_at,
        children: Vec::new(),
    };
    functions(tokens, text).into_iter().map(symbol).collect()
}

fn of_blocks(text: &str, tokens: &Tokens<'_>) -> Vec<Symbol> {
    let blocks = blocks(tokens).into_iter().map(|block| {
        let rows = block.rows.iter().map(|row| {
            let whole = tokens.range(row.pattern).start..tokens.range(row.last).end;
            let said = row.policy.and_then(|policy| text.get(tokens.range(policy).start..whole.end));
            let said = said.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            Symbol {
                name: tokens.quoted(row.pattern).unwrap_or_default().to_owned(),
                detail: said,
                kind: SymbolKind::Row,
                name_at: tokens.range(row.pattern),
                whole,
                children: Vec::new(),
            }
        });
        let name_at = tokens.range(block.word);
        Symbol {
            name: block.direction.word().to_owned(),
            detail: String::new(),
            kind: SymbolKind::Block,
            whole: name_at.start..tokens.range(block.inner.end).end,
            name_at,
            // An editor does not take a symbol without a name.
            children: rows.filter(|row| !row.name.is_empty()).collect(),
        }
    });
    blocks.collect()
}
