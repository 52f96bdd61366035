//! The blocks and rows of a table, also of one that is half written.
//!
//! The parser knows only what is complete. This reading goes by the shape of rows: a pattern in
//! quotes, a word, and clauses, each with a value.

use std::ops::Range;

use crate::editor::tokens::Tokens;
use crate::hooks::Direction;
use crate::table::Clause;
use crate::table::scan::Kind;

/// A block, by its pieces.
#[derive(Clone, Debug)]
pub(in crate::editor) struct Block {
    pub(in crate::editor) direction: Direction,
    /// Its word.
    pub(in crate::editor) word: usize,
    /// Behind the opening brace up to the closing one, or the end of the text.
    pub(in crate::editor) inner: Range<usize>,
    pub(in crate::editor) rows: Vec<Row>,
}

/// A row, by its pieces.
#[derive(Clone, Debug)]
pub(in crate::editor) struct Row {
    pub(in crate::editor) pattern: usize,
    pub(in crate::editor) policy: Option<usize>,
    /// Each clause with its word and the pieces of its value, if it has one yet.
    pub(in crate::editor) clauses: Vec<(Clause, usize, Option<Range<usize>>)>,
    /// The last piece that belongs to it.
    pub(in crate::editor) last: usize,
}

/// What a piece is of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Pattern,
    Policy,
    Clause(Clause),
    Value,
}

/// All blocks, in the order of the file.
pub(in crate::editor) fn blocks(tokens: &Tokens<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut next = 0;
    while let Some(index) = tokens.from(next) {
        next = index + 1;
        let Some(direction) = direction(tokens, index) else { continue };
        let Some(open) = tokens.after(index).filter(|open| tokens.is(*open, '{')) else { continue };
        let end = tokens.closing(open).unwrap_or(tokens.len());
        blocks.push(Block {
            direction,
            word: index,
            inner: open + 1..end,
            rows: rows(tokens, open + 1..end),
        });
        next = end;
    }
    blocks
}

/// The row that a piece belongs to, and what it is of it.
pub(super) fn part(blocks: &[Block], index: usize) -> Option<(&Block, &Row, Part)> {
    let block = blocks.iter().find(|block| block.inner.contains(&index))?;
    let row = block.rows.iter().find(|row| (row.pattern..=row.last).contains(&index))?;
    let clause = row.clauses.iter().find(|(_, word, _)| *word == index);
    let part = match clause {
        Some((clause, ..)) => Part::Clause(*clause),
        None if row.policy == Some(index) => Part::Policy,
        None if row.policy.is_none_or(|policy| index < policy) => Part::Pattern,
        None => Part::Value,
    };
    Some((block, row, part))
}

fn direction(tokens: &Tokens<'_>, index: usize) -> Option<Direction> {
    match tokens.word(index)? {
        "incoming" => Some(Direction::Incoming),
        "outgoing" => Some(Direction::Outgoing),
        _ => None,
    }
}

fn rows(tokens: &Tokens<'_>, range: Range<usize>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let within = |index: Option<usize>| index.filter(|index| range.contains(index));
    let mut next = within(tokens.from(range.start));
    while let Some(index) = next {
        next = within(tokens.after(index));
        if tokens.kind(index) == Some(Kind::Text) {
            let last = value_end(tokens, index, range.end);
            next = within(tokens.after(last));
            rows.push(Row { pattern: index, policy: None, clauses: Vec::new(), last });
            continue;
        }
        let (Some(row), Some(word)) = (rows.last_mut(), tokens.word(index)) else { continue };
        row.last = index;
        match Clause::from_word(word) {
            Some(clause) if row.policy.is_some() => {
                let value = next.map(|first| first..value_end(tokens, first, range.end) + 1);
                if let Some(value) = &value {
                    row.last = value.end - 1;
                    next = within(tokens.after(row.last));
                }
                row.clauses.push((clause, index, value));
            }
            None if row.policy.is_none() => row.policy = Some(index),
            _ => {}
        }
    }
    rows
}

/// The last piece of the expression that begins there: its brackets, and what operators join to it.
fn value_end(tokens: &Tokens<'_>, first: usize, end: usize) -> usize {
    let mut last = first;
    // The `#` of a map.
    if tokens.is(last, '#') {
        last = tokens.after(last).unwrap_or(last);
    }
    if ['[', '{', '('].into_iter().any(|open| tokens.is(last, open)) {
        // One that is still open reaches to the cursor.
        let all = || tokens.before(end).unwrap_or(last);
        last = tokens.closing(last).filter(|close| *close < end).unwrap_or_else(all);
    }
    while let Some(next) = tokens.after(last).filter(|next| *next < end) {
        let joined = match tokens.kind(next) {
            Some(Kind::Mark('(' | '[')) => tokens.closing(next),
            Some(Kind::Mark('+' | '-' | '*' | '/' | '.' | '?' | '&' | '|')) => tokens.after(next),
            _ => None,
        };
        let Some(joined) = joined.filter(|joined| *joined < end) else { break };
        last = joined;
    }
    last
}
