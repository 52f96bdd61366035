//! How a block is laid out: patterns, policies and clauses beneath one another.

use super::read::{Block, Form, Item, Row};

/// Between columns.
const GAP: usize = 3;
/// Patterns take this many columns at least, so that one more seldom moves all others.
const PATTERNS: usize = 18;
/// Columns of a line: a longer row has its clauses on lines of their own.
const WIDTH: usize = 120;
const INDENT: &str = "    ";

/// A block from its opening brace to its closing one; `indent` is that of its line.
pub(super) fn block(block: &Block, indent: &str) -> String {
    let columns = Columns::of(&block.items);
    let mut text = "{".to_owned();
    if let Some(comment) = &block.comment {
        text.push_str(&format!(" {comment}"));
    }
    let items = trimmed(&block.items);
    if items.is_empty() && block.comment.is_none() {
        return "{}".to_owned();
    }
    text.push('\n');
    for item in items {
        match item {
            Item::Blank => {}
            Item::Comment(comment) => text.push_str(&format!("{indent}{INDENT}{comment}")),
            Item::Row(row) => text.push_str(&columns.row(row, &format!("{indent}{INDENT}"))),
        }
        text.push('\n');
    }
    text.push_str(indent);
    text.push('}');
    text
}

/// Without blank lines at the beginning and the end.
fn trimmed(items: &[Item]) -> &[Item] {
    let is_blank = |item: &Item| *item == Item::Blank;
    let start = items.iter().position(|item| !is_blank(item)).unwrap_or(items.len());
    let end = items.iter().rposition(|item| !is_blank(item)).map_or(start, |last| last + 1);
    items.get(start..end).unwrap_or_default()
}

/// How wide the columns of a block are.
struct Columns {
    pattern: usize,
    policy: usize,
}

impl Columns {
    fn of(items: &[Item]) -> Self {
        let mut columns = Self { pattern: PATTERNS, policy: 0 };
        for item in items {
            let Item::Row(Row { form: Form::Parts { pattern, policy, clauses }, .. }) = item else {
                continue;
            };
            columns.pattern = columns.pattern.max(pattern.chars().count());
            // A policy without clauses has nothing beside it that could be in line.
            if !clauses.is_empty() {
                columns.policy = columns.policy.max(policy.chars().count());
            }
        }
        columns
    }

    fn row(&self, row: &Row, indent: &str) -> String {
        let comment = row.comment.as_ref().map(|comment| format!("{}{comment}", " ".repeat(GAP)));
        let comment = comment.unwrap_or_default();
        let Form::Parts { pattern, policy, clauses } = &row.form else {
            let Form::AsWritten(text) = &row.form else { return comment };
            return format!("{indent}{text}{comment}");
        };
        let begin = format!("{indent}{pattern:<width$}", width = self.pattern + GAP);
        let clauses: Vec<String> =
            clauses.iter().map(|(clause, value)| format!("{clause} {value}")).collect();
        if clauses.is_empty() {
            return format!("{begin}{policy}{comment}");
        }
        let policies = format!("{policy:<width$}", width = self.policy + GAP);
        let line = format!("{begin}{policies}{}", clauses.join(&" ".repeat(GAP)));
        if line.chars().count() <= WIDTH {
            return format!("{line}{comment}");
        }
        let beneath = format!("\n{indent}{INDENT}");
        format!("{begin}{policy}{beneath}{}{comment}", clauses.join(&beneath))
    }
}
