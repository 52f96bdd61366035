//! What words mean at a place of a script: which hooks reach it, which facts stand behind a variable.

use super::chain::{Chain, Root};
use crate::decider::Role;
use crate::editor::document::Sort;
use crate::editor::outline::Function;
use crate::editor::tokens::Tokens;
use crate::facts::{Certificate, Facts, Kind, Row};
use crate::hooks::{Direction, HookName};
use crate::rhai::schema::{self, FactTable, Signature};

/// As many short names may stand for one another.
const ALIASES: usize = 8;

/// What a word or chain stands for.
#[derive(Clone, Debug)]
pub(super) enum Meaning {
    /// Facts; of a filter that is asked in both directions, those of either.
    Facts(Vec<&'static FactTable>),
    /// The value of a fact.
    Value(Kind),
    /// A verdict.
    Verdict,
}

/// A function, and the hooks that may reach it.
pub(super) struct Scope<'s, 'a> {
    pub(super) tokens: &'s Tokens<'a>,
    pub(super) function: Option<&'s Function<'a>>,
    /// The hooks: of a hook's own function that one, of others all of the file's directions.
    pub(super) signatures: Vec<&'static Signature>,
    is_hook: bool,
}

impl<'s, 'a> Scope<'s, 'a> {
    pub(super) fn new(tokens: &'s Tokens<'a>, function: Option<&'s Function<'a>>, sort: Sort) -> Self {
        let all = directions(sort, function).into_iter().flat_map(|direction| signatures(sort, direction));
        let all: Vec<_> = all.collect();
        let hook = function.and_then(|function| HookName::from_word(function.name));
        let own: Vec<_> = all.iter().copied().filter(|one| Some(one.hook) == hook).collect();
        let is_hook = !own.is_empty() && sort != Sort::Tests;
        Self { tokens, function, signatures: if is_hook { own } else { all }, is_hook }
    }

    /// What a chain leads to.
    pub(super) fn meaning(&self, chain: &Chain<'_>, at: usize) -> Option<Meaning> {
        self.followed(chain, at, ALIASES)
    }

    /// The facts behind a parameter.
    pub(super) fn parameter(&self, name: &str) -> Vec<&'static FactTable> {
        let index = self
            .function
            .and_then(|function| function.parameters.iter().position(|parameter| *parameter == name));
        let Some(index) = index else { return Vec::new() };
        let tables = self.signatures.iter().flat_map(|signature| {
            // A helper is given whatever its parameters are named after.
            let own = signature.parameters.iter().enumerate();
            own.filter(
                move |(place, table)| {
                    if self.is_hook { *place == index } else { is_named(table, *place, name) }
                },
            )
        });
        let mut found: Vec<&'static FactTable> = tables.map(|(_, table)| *table).collect();
        if found.is_empty() && name == Row::WORD {
            found.extend(schema::behind(Kind::Row));
        }
        if found.is_empty() && name == Certificate::WORD {
            found.extend(schema::behind(Kind::Certificate));
        }
        found.sort_by_key(|table| table.word);
        found.dedup_by_key(|table| table.word);
        found
    }

    fn followed(&self, chain: &Chain<'_>, at: usize, left: usize) -> Option<Meaning> {
        let root = match chain.root {
            Root::Verdict => return Some(Meaning::Verdict),
            Root::Text => return chain.properties.is_empty().then_some(Meaning::Value(Kind::Text)),
            Root::Variable(name) => name,
        };
        let mut meaning = match self.parameter(root) {
            facts if facts.is_empty() => self.alias(root, at, left)?,
            facts => Meaning::Facts(facts),
        };
        for property in &chain.properties {
            let Meaning::Facts(tables) = &meaning else { return None };
            let kind = tables.iter().find_map(|table| table.kind(property))?;
            meaning = schema::behind(kind).map_or(Meaning::Value(kind), |table| Meaning::Facts(vec![table]));
        }
        Some(meaning)
    }

    /// What `let name = ...` says, in front of the cursor.
    fn alias(&self, name: &str, at: usize, left: usize) -> Option<Meaning> {
        let left = left.checked_sub(1)?;
        let body = self.function?.body.clone();
        let declared =
            (body.start..body.end.min(at)).rev().find(|index| is_declared(self.tokens, *index, name))?;
        let equals = self.tokens.after(declared).filter(|next| self.tokens.is(*next, '='))?;
        let chain = Chain::from(self.tokens, self.tokens.after(equals)?)?;
        self.followed(&chain, declared, left)
    }
}

/// The variables that are made in front of a piece, and the parameters.
pub(super) fn variables<'a>(tokens: &Tokens<'a>, function: &Function<'a>, at: usize) -> Vec<&'a str> {
    let body = function.body.start..function.body.end.min(at);
    let made = body.filter_map(|index| {
        let name = tokens.word(index)?;
        is_declared(tokens, index, name).then_some(name)
    });
    function.parameters.iter().copied().chain(made).collect()
}

/// Where a variable is made: by `let`, `const` or `for`, or as a parameter.
pub(super) fn declared(tokens: &Tokens<'_>, function: &Function<'_>, name: &str, at: usize) -> Option<usize> {
    let body = function.body.start..function.body.end.min(at + 1);
    body.rev().find(|index| is_declared(tokens, *index, name)).or_else(|| {
        let head = (0..function.body.start)
            .rev()
            .take_while(|index| tokens.range(*index).start > function.name_at.end);
        head.filter(|index| tokens.word(*index) == Some(name)).last()
    })
}

fn is_declared(tokens: &Tokens<'_>, index: usize, name: &str) -> bool {
    let keyword = tokens.before(index).and_then(|before| tokens.word(before));
    tokens.word(index) == Some(name) && matches!(keyword, Some("let" | "const" | "for"))
}

fn is_named(table: &FactTable, place: usize, name: &str) -> bool {
    table.word == name || place == 0 && name == "peer"
}

/// The directions that a function is reached in: of a filter's, its first parameter says it.
fn directions(sort: Sort, function: Option<&Function<'_>>) -> Vec<Direction> {
    if let Sort::Decider(Role::Policy(direction)) = sort {
        return vec![direction];
    }
    let first = function.and_then(|function| function.parameters.first().copied());
    let both = [Direction::Incoming, Direction::Outgoing];
    match both.into_iter().find(|direction| first == Some(direction.peer())) {
        Some(direction) => vec![direction],
        None => both.to_vec(),
    }
}

/// The hooks that such a file may have.
pub(super) fn signatures(sort: Sort, direction: Direction) -> impl Iterator<Item = &'static Signature> {
    let is_filter = sort == Sort::Decider(Role::Filter);
    schema::hooks(direction).filter(move |signature| is_filter || !signature.hook.is_for_filters())
}
