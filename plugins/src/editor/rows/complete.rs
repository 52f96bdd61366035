//! What may come next in the table.

use super::read::{Block, Row, blocks};
use crate::editor::document::Document;
use crate::editor::proposal::{Insert, Proposal, ProposalKind, Proposals};
use crate::editor::tokens::{Tokens, Written};
use crate::editor::words;
use crate::hooks::Direction;
use crate::table::Clause;
use crate::verdicts::{Group, Suite};

/// Where the cursor stands in a row.
enum Next<'a> {
    /// A word of a policy.
    Policy,
    /// A clause.
    Clause(&'a Row),
    /// The value of one.
    Value(Clause),
}

/// What may be written at this octet.
pub(in crate::editor) fn completions(document: &Document<'_>, at: usize) -> Vec<Proposal> {
    let Some(before) = document.up_to(at) else { return Vec::new() };
    let tokens = Tokens::new(before);
    let written = tokens.written();
    let blocks = blocks(&tokens);
    // One that is still open at the cursor.
    let block = blocks.iter().find(|block| block.inner.end == tokens.len());
    match (block, written) {
        (_, Written::Comment) | (None, Written::Text { .. }) => Vec::new(),
        (None, _) => directions(document, at, written),
        (Some(block), Written::Text { index, start }) => {
            let Some(Next::Value(clause)) = next(&tokens, block, index) else { return Vec::new() };
            let mut proposals = Proposals::new(start..document.end_of_text(at));
            values(clause, block.direction, &mut proposals);
            proposals.done()
        }
        (Some(block), written) => {
            let start = if let Written::Word { start, .. } = written { start } else { at };
            let mut proposals = Proposals::new(start..document.end_of_word(at));
            match next(&tokens, block, written.index(&tokens)) {
                Some(Next::Policy) => policies(document, block.direction, &mut proposals),
                Some(Next::Clause(row)) => clauses(row, written.index(&tokens), &mut proposals),
                Some(Next::Value(_)) | None => {}
            }
            proposals.done()
        }
    }
}

/// What is expected at this piece, by what stands in front of it.
fn next<'a>(tokens: &Tokens<'_>, block: &'a Block, index: usize) -> Option<Next<'a>> {
    let row = block.rows.iter().rfind(|row| row.pattern < index)?;
    let Some(policy) = row.policy.filter(|policy| *policy < index) else { return Some(Next::Policy) };
    let clause = row.clauses.iter().rfind(|(_, word, _)| *word < index);
    let Some((clause, word, _)) = clause else {
        return (policy < index).then_some(Next::Clause(row));
    };
    // In brackets, or right behind the clause's word, it is still its value.
    let is_within = tokens.open_before(index).is_some_and(|open| open > *word);
    if is_within || tokens.before(index) == Some(*word) {
        return Some(Next::Value(*clause));
    }
    Some(Next::Clause(row))
}

fn directions(document: &Document<'_>, at: usize, written: Written) -> Vec<Proposal> {
    let start = if let Written::Word { start, .. } = written { start } else { at };
    let mut proposals = Proposals::new(start..document.end_of_word(at));
    for (direction, about) in [
        (Direction::Incoming, "Mail that reaches us: rows by the client's address or the sender's domain."),
        (Direction::Outgoing, "Mail that we send: rows by the recipient's domain."),
    ] {
        let word = direction.word();
        let snippet = format!("{word} {{\n    \"${{1:*}}\"    ${{2:attempt}}\n}}");
        proposals.snippet(ProposalKind::Keyword, word, &snippet, about);
    }
    proposals.done()
}

fn policies(document: &Document<'_>, direction: Direction, proposals: &mut Proposals) {
    for name in document.around.words().of(direction) {
        let Some(found) = document.around.policy(direction, name) else { continue };
        proposals.plain(ProposalKind::Policy, name, &found.path, &found.about());
    }
}

/// Those that the row does not have yet, the one being written aside.
fn clauses(row: &Row, index: usize, proposals: &mut Proposals) {
    let has = |clause| row.clauses.iter().any(|(one, word, _)| *one == clause && *word != index);
    for clause in Clause::ALL.into_iter().filter(|clause| !has(*clause)) {
        let about = format!("{}\n\nAs in `{}`", words::of_clause(clause), clause.example());
        let insert = Insert::Snippet(words::snippet_of(clause));
        proposals.add(ProposalKind::Keyword, clause.word(), "", &about, insert);
    }
}

fn values(clause: Clause, direction: Direction, proposals: &mut Proposals) {
    let mut add = |value: &str, about: &str| proposals.plain(ProposalKind::Value, value, "", about);
    match clause {
        Clause::MinVersion => {
            add("1.3", "TLS 1.3");
            add("1.2", "TLS 1.2 or 1.3");
        }
        Clause::Suites => {
            for suite in Suite::ALL {
                add(suite.name(), &format!("TLS {}", suite.version()));
            }
        }
        Clause::Groups => Group::ALL.iter().for_each(|group| add(group.name(), "")),
        Clause::Roots => {
            add("webpki", "The roots of Mozilla, built in.");
            add("system", "The roots of this machine.");
        }
        Clause::Names if direction == Direction::Outgoing => {
            add("mx", "The names of the MX records: they prove nothing where nobody vouches for them.");
        }
        _ => {}
    }
}
