//! T005, where a fact is looked for among several texts: `in [..]`, and the cases of `switch`.

use std::ops::Range;

use ::rhai::Position;

use super::File;
use super::contexts::Context;
use super::expressions::{Argument, Chain, Literal};
use super::words::mismatch;
use crate::diagnostic::Diagnostic;
use crate::table::scan::{self, Kind, Piece};

/// Those of one function, as one hook reaches it.
pub(super) fn check(file: &File<'_>, context: &Context<'_>) -> Vec<Diagnostic> {
    let lists = context.function.choices.iter().flat_map(|choice| {
        let texts = choice.among.iter().filter_map(|one| match one {
            Argument::Literal(Literal::Text(text)) => Some(text),
            _ => None,
        });
        texts.filter_map(|text| {
            let why = never(context, &choice.of, text)?;
            let written = choice.of.written();
            Some(file.warning("T005", choice.of.position, &written, format!("`{written}` {why}")))
        })
    });
    let switches = context.function.switched.iter().flat_map(|switch| {
        let Argument::Chain(chain) = &switch.on else { return Vec::new() };
        let cases = cases(&file.source, switch.position).into_iter().filter_map(|(position, text)| {
            let why = never(context, chain, &text)?;
            let message = format!("this case never comes: `{}` {why}", chain.written());
            Some(file.warning("T005", position, &format!("\"{text}\""), message))
        });
        cases.collect()
    });
    lists.chain(switches).collect()
}

fn never(context: &Context<'_>, chain: &Chain, text: &str) -> Option<String> {
    let (table, fact, _) = context.fact(chain)?;
    mismatch(table.word, fact, text)
}

/// The texts among the cases of the `switch` that begins there. Rhai keeps only hashes of them, so they are read
/// from the file.
fn cases(source: &str, switch: Position) -> Vec<(Position, String)> {
    let Some(start) = offset(source, switch) else { return Vec::new() };
    let pieces = scan::pieces(source);
    let code = pieces.iter().filter(|piece| piece.is_code() && piece.range.start >= start);
    let code: Vec<&Piece> = code.skip_while(|piece| piece.kind != Kind::Mark('{')).collect();
    let mut depth = 0_usize;
    let mut cases = Vec::new();
    for (index, piece) in code.iter().enumerate() {
        match piece.kind {
            Kind::Mark('{' | '(' | '[') => depth += 1,
            Kind::Mark('}' | ')' | ']') if depth <= 1 => break,
            Kind::Mark('}' | ')' | ']') => depth -= 1,
            Kind::Text
                if depth == 1 && code.get(index + 1).is_some_and(|next| is_behind_case(source, next)) =>
            {
                let quoted = source.get(piece.range.clone()).and_then(|text| text.get(1..text.len() - 1));
                cases.extend(quoted.map(|text| (position(source, &piece.range), text.to_owned())));
            }
            _ => {}
        }
    }
    cases
}

/// What stands behind a case: `=>`, another case, a condition.
fn is_behind_case(source: &str, piece: &Piece) -> bool {
    match piece.kind {
        Kind::Mark('|') => true,
        Kind::Mark('=') => source.get(piece.range.end..).is_some_and(|rest| rest.starts_with('>')),
        Kind::Word => source.get(piece.range.clone()) == Some("if"),
        _ => false,
    }
}

/// The octet at which a position stands.
fn offset(source: &str, position: Position) -> Option<usize> {
    let (line, column) = (position.line()?.checked_sub(1)?, position.position()?.checked_sub(1)?);
    let before: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let (within, _) = source.get(before..)?.char_indices().nth(column)?;
    Some(before + within)
}

fn position(source: &str, range: &Range<usize>) -> Position {
    let before = source.get(..range.start).unwrap_or_default();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let line = before.matches('\n').count() + 1;
    let number = |number: usize| u16::try_from(number).ok();
    number(line).zip(number(column)).map_or(Position::NONE, |(line, column)| Position::new(line, column))
}
