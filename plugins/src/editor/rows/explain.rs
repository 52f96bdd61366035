//! What a row says, in words.

use std::fmt::Write as _;

use super::read::{self, Block, Part, Row, blocks};
use crate::editor::document::{Document, Explanation};
use crate::editor::tokens::Tokens;
use crate::editor::words;
use crate::facts;
use crate::hooks::Direction;
use crate::table::{Clause, Entry, Pattern, Table, today};

/// What is to say of what stands at this octet.
pub(in crate::editor) fn explanation(document: &Document<'_>, at: usize) -> Option<Explanation> {
    let tokens = Tokens::new(document.text);
    let blocks = blocks(&tokens);
    let index = tokens.beneath(at)?;
    let about = tokens.range(index);
    if let Some(block) = blocks.iter().find(|block| block.word == index) {
        return Some(Explanation { text: of_block(block.direction).to_owned(), about });
    }
    let (block, row, part) = read::part(&blocks, index)?;
    let text = match part {
        Part::Pattern => of_row(document, &tokens, block, row)?,
        Part::Policy => document.around.policy(block.direction, tokens.word(index)?)?.in_words(),
        Part::Clause(clause) => of_clause(clause),
        Part::Value => return None,
    };
    Some(Explanation { text, about })
}

fn of_block(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => {
            "**incoming**\n\nMail that reaches us: by the client's address, and by the sender's domain. Where both have a \
             row, both must be content; `*` is for everyone else. The most specific row wins, wherever it stands."
        }
        Direction::Outgoing => {
            "**outgoing**\n\nMail that we send: by the recipient's domain. The most specific row wins, wherever it stands."
        }
    }
}

fn of_clause(clause: Clause) -> String {
    format!("**{clause}**\n\n{}\n\nAs in `{}`", words::of_clause(clause), clause.example())
}

/// What the row says as it holds; of a table that does not load, as far as it can be read.
fn of_row(document: &Document<'_>, tokens: &Tokens<'_>, block: &Block, row: &Row) -> Option<String> {
    let table = Table::load(document.text, &document.around.words(), today()).ok();
    let line = document.text.get(..tokens.range(row.pattern).start)?.matches('\n').count() + 1;
    let table = table.as_ref().map(|(table, _)| table);
    let entry = table.and_then(|table| {
        table.entries().iter().find(|entry| entry.place.line == line && entry.direction == block.direction)
    });
    let Some((table, entry)) = table.zip(entry) else {
        let whom =
            whom_of(&Pattern::parse(tokens.quoted(row.pattern)?, block.direction).ok()?, block.direction);
        return Some(format!("{whom}: the table has errors, so that no row of it holds."));
    };
    let mut text = in_words(entry);
    if let Some(found) = document.around.policy(entry.direction, &entry.row.policy) {
        let first = found.about().replace('\n', " ");
        let sentence = first.split_inclusive(". ").next().unwrap_or_default().trim();
        let _ = write!(text, "\n\n*{}*: {sentence}", entry.row.policy);
    }
    if let Some(beneath) = table.beneath(entry, today()) {
        let _ = write!(
            text,
            "\n\nWithout this row: `{}` {}, line {}.",
            beneath.pattern, beneath.row.policy, beneath.place.line
        );
    }
    Some(text)
}

/// Whom the row is about, and what it asks.
fn in_words(entry: &Entry) -> String {
    let row = &entry.row;
    let mut text = format!("{}: policy `{}`", whom_of(&entry.pattern, entry.direction), row.policy);
    for part in terms(row) {
        let _ = write!(text, ", {part}");
    }
    text.push('.');
    if !row.valid_until.is_empty() {
        let _ = write!(text, " It holds through {} (UTC).", row.valid_until);
    }
    if !row.because.is_empty() {
        let _ = write!(text, " Because: {}.", row.because.trim_end_matches('.'));
    }
    text
}

fn whom_of(pattern: &Pattern, direction: Direction) -> String {
    match (direction, pattern) {
        (Direction::Incoming, Pattern::Any) => "Mail from everyone who has no row of his own".to_owned(),
        (Direction::Incoming, Pattern::Domain(domain)) => format!("Mail from senders at `{domain}`"),
        (Direction::Incoming, Pattern::Below(domain)) => {
            format!("Mail from senders at names below `{domain}`, not `{domain}` itself")
        }
        (_, Pattern::Network(network)) => format!("Mail from clients in `{network}`"),
        (Direction::Outgoing, Pattern::Any) => "Mail to every domain that has no row of its own".to_owned(),
        (Direction::Outgoing, Pattern::Domain(domain)) => format!("Mail to `{domain}`"),
        (Direction::Outgoing, Pattern::Below(domain)) => {
            format!("Mail to domains below `{domain}`, not to `{domain}` itself")
        }
    }
}

fn terms(row: &facts::Row) -> Vec<String> {
    let mut parts = Vec::new();
    if !row.min_version.as_str().is_empty() {
        parts.push(format!("TLS {} or newer", row.min_version));
    }
    let lists = [
        ("cipher suites", &row.suites),
        ("groups", &row.groups),
        ("a certificate for", &row.names),
        ("a key among", &row.pins),
        ("roots", &row.roots),
    ];
    for (what, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        parts.push(format!("{what} `{}`", list.join("`, `")));
    }
    if !row.identity.is_empty() {
        parts.push(format!("we show the identity `{}`", row.identity));
    }
    if let Ok(parameters) = serde_json::to_string(&row.parameters)
        && !row.parameters.is_empty()
    {
        parts.push(format!("with `#{parameters}`"));
    }
    parts
}
