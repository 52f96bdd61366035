//! From the pieces of a block to its rows, comments and blank lines.

use std::ops::Range;

use rhai::Position;

use super::scan::{Kind, Piece};
use super::skeleton::{BlockAt, RowAt};
use crate::table::clause::Clause;

/// A block of the table.
#[derive(Debug)]
pub(super) struct Block {
    /// The pieces from behind the word of the direction to the closing brace.
    pub(super) pieces: Range<usize>,
    /// What stands behind the opening brace or the word, on its line.
    pub(super) comment: Option<String>,
    pub(super) items: Vec<Item>,
}

/// What stands in a block, one beneath the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    Row(Row),
    /// On lines of its own.
    Comment(String),
    Blank,
}

/// A row and the comment behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) form: Form,
    pub(super) comment: Option<String>,
}

/// What a row says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    Parts {
        pattern: String,
        policy: String,
        clauses: Vec<(Clause, String)>,
    },
    /// With a comment among its parts, which would lose what it is about: it stays as it is.
    AsWritten(String),
}

/// The file: its text, in pieces, and where each line begins.
pub(super) struct File<'a> {
    text: &'a str,
    pub(super) pieces: Vec<Piece>,
    lines: Vec<usize>,
}

impl<'a> File<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(end, _)| end + 1)).collect();
        Self { text, pieces: super::scan::pieces(text), lines }
    }

    /// Reads a block; `None` where the pieces are not where the parser found them.
    pub(super) fn block(&self, at: &BlockAt) -> Option<Block> {
        let word = self.piece_at(at.word)?;
        let open = self.next_code(word + 1)?;
        let close = self.closing(open)?;
        let starts: Vec<usize> =
            at.rows.iter().map(|row| self.piece_at(row.pattern)).collect::<Option<_>>()?;
        let mut items = Vec::new();
        let first = starts.first().copied().unwrap_or(close);
        // What stands before the brace has nowhere to stay: it goes behind it.
        let comment = self.between(word + 1..first, &mut items);
        for (index, row) in at.rows.iter().enumerate() {
            let start = *starts.get(index)?;
            let next = starts.get(index + 1).copied().unwrap_or(close);
            let end = self.last_code(start..next)? + 1;
            let mut behind = Vec::new();
            let comment = self.between(end..next, &mut behind);
            items.push(Item::Row(Row { form: self.form(row, start..end)?, comment }));
            items.extend(behind);
        }
        Some(Block { pieces: word + 1..close + 1, comment, items })
    }

    pub(super) fn text_of(&self, piece: usize) -> &'a str {
        self.pieces.get(piece).and_then(|piece| self.text.get(piece.range.clone())).unwrap_or_default()
    }

    /// Comments and blank lines; the comment that stands on the line before is given back.
    fn between(&self, range: Range<usize>, items: &mut Vec<Item>) -> Option<String> {
        let (mut behind, mut newlines) = (None, 0);
        for (index, piece) in range.clone().zip(self.pieces.get(range).unwrap_or_default()) {
            match piece.kind {
                Kind::Newline => newlines += 1,
                Kind::Comment => {
                    let comment = self.text_of(index).trim_end().to_owned();
                    if newlines == 0 && behind.is_none() && items.is_empty() && !comment.contains('\n') {
                        behind = Some(comment);
                    } else {
                        items.extend((newlines > 1).then_some(Item::Blank));
                        items.push(Item::Comment(comment));
                    }
                    newlines = 0;
                }
                Kind::Space => {}
                // The opening brace: a comment behind it stands on its line.
                _ => newlines = 0,
            }
        }
        items.extend((newlines > 1).then_some(Item::Blank));
        behind
    }

    fn form(&self, row: &RowAt, range: Range<usize>) -> Option<Form> {
        let pieces = self.pieces.get(range.clone())?;
        if pieces.iter().any(|piece| piece.kind == Kind::Comment) {
            let (first, last) = (pieces.first()?, pieces.last()?);
            return Some(Form::AsWritten(self.text.get(first.range.start..last.range.end)?.to_owned()));
        }
        let policy = self.piece_at(row.policy)?;
        let words: Vec<usize> =
            row.clauses.iter().map(|(_, at)| self.piece_at(*at)).collect::<Option<_>>()?;
        let mut clauses = Vec::new();
        for (index, (clause, _)) in row.clauses.iter().enumerate() {
            let (word, next) = (*words.get(index)?, words.get(index + 1).copied().unwrap_or(range.end));
            clauses.push((*clause, self.plain(word + 1..next)));
        }
        clauses.sort_by_key(|(clause, _)| *clause);
        let (pattern, policy) = (self.plain(range.start..policy), self.text_of(policy).to_owned());
        Some(Form::Parts { pattern, policy, clauses })
    }

    /// An expression on one line, with single blanks, and none within brackets.
    fn plain(&self, range: Range<usize>) -> String {
        let mut plain = String::new();
        let mut is_apart = false;
        for index in range {
            let Some(piece) = self.pieces.get(index) else { break };
            if !piece.is_code() {
                is_apart = !plain.is_empty();
                continue;
            }
            let closes = matches!(piece.kind, Kind::Mark(']' | ')' | ','));
            if is_apart && !closes && !plain.ends_with(['[', '(']) {
                plain.push(' ');
            }
            plain.push_str(self.text_of(index));
            is_apart = false;
        }
        plain
    }

    /// The piece that has this place.
    fn piece_at(&self, position: Position) -> Option<usize> {
        let (line, column) = (position.line()?, position.position()?);
        let start = *self.lines.get(line - 1)?;
        let rest = self.text.get(start..)?;
        let (offset, _) = rest.char_indices().nth(column.checked_sub(1)?)?;
        let at = start + offset;
        let index = self.pieces.partition_point(|piece| piece.range.end <= at);
        self.pieces.get(index).filter(|piece| piece.is_code()).map(|_| index)
    }

    fn next_code(&self, from: usize) -> Option<usize> {
        let index = self.pieces.get(from..)?.iter().position(Piece::is_code)?;
        Some(from + index)
    }

    fn last_code(&self, range: Range<usize>) -> Option<usize> {
        let index = self.pieces.get(range.clone())?.iter().rposition(Piece::is_code)?;
        Some(range.start + index)
    }

    /// The brace that closes the one there.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (index, piece) in self.pieces.iter().enumerate().skip(open) {
            match piece.kind {
                Kind::Mark('{') => depth += 1,
                Kind::Mark('}') => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(index).filter(|_| index > open);
            }
        }
        None
    }
}
