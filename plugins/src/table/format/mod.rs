//! The canonical layout of the table: what `waxseal fmt` writes.
//!
//! Rows stand beneath one another in columns, their clauses in the order of the reference. Comments
//! stay where they are, as does all Rhai around the blocks; blank lines stay, one for several. What
//! the table says is read before and after, and must be the same.

mod layout;
mod read;
pub(crate) mod scan;
mod skeleton;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use super::findings::Findings;
use super::syntax::Written;
use super::{PATH, load};
use crate::diagnostic::Diagnostic;
use crate::place::Place;
use read::File;
use scan::Kind;

/// The table in its canonical layout. A text without blocks is given back as it is.
///
/// # Errors
///
/// The text is no table that can be read and run, or would not say the same afterwards.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    if !source.contains("incoming") && !source.contains("outgoing") {
        return Ok(source.to_owned());
    }
    let text = source.replace("\r\n", "\n");
    let mut findings = Findings::new(PATH.into(), source.into());
    let Some(blocks) = load::parsed(&text, &mut findings, skeleton::blocks) else {
        return Err(findings.sorted());
    };
    if blocks.is_empty() {
        return Ok(source.to_owned());
    }
    let Some(laid_out) = laid_out(&text, &blocks) else {
        return Err(refused(source, "changing what it says"));
    };
    let laid_out = if source.contains("\r\n") { laid_out.replace('\n', "\r\n") } else { laid_out };
    held(source, laid_out, findings)
}

/// A layout is given where it says what the table said, and has all of its comments.
fn held(source: &str, laid_out: String, mut findings: Findings) -> Result<String, Vec<Diagnostic>> {
    if comments(source) != comments(&laid_out) {
        return Err(refused(source, "losing a comment"));
    }
    let Some(before) = meaning(source, &mut findings) else { return Err(findings.sorted()) };
    let after = meaning(&laid_out, &mut Findings::new(PATH.into(), laid_out.as_str().into()));
    if after == Some(before) { Ok(laid_out) } else { Err(refused(source, "changing what it says")) }
}

/// All comments, however their lines end.
fn comments(text: &str) -> Vec<String> {
    let comments = scan::pieces(text).into_iter().filter(|piece| piece.kind == Kind::Comment);
    let comments = comments.map(|piece| {
        let lines = text.get(piece.range).unwrap_or_default().lines();
        lines.map(str::trim_end).collect::<Vec<_>>().join("\n")
    });
    comments.collect()
}

/// A table that is not understood is better left alone than laid out wrongly.
fn refused(source: &str, without: &str) -> Vec<Diagnostic> {
    let message = format!("this table cannot be laid out without {without}: it is left as it is");
    vec![Diagnostic::error("P001", Place::file(PATH), message).within(source)]
}

fn laid_out(text: &str, blocks: &[skeleton::BlockAt]) -> Option<String> {
    let file = File::new(text);
    let mut out = String::with_capacity(text.len());
    let mut next = 0;
    for at in blocks {
        let block = file.block(at)?;
        // A block in a value of another one is part of that value.
        if block.pieces.start < next {
            continue;
        }
        for piece in next..block.pieces.start {
            out.push_str(file.text_of(piece));
        }
        out.push(' ');
        let line = out.rsplit('\n').next().unwrap_or_default();
        let indent: String = line.chars().take_while(|one| one.is_whitespace()).collect();
        out.push_str(&layout::block(&block, &indent));
        next = block.pieces.end;
        next = begin_line(&file, next, &indent, &mut out);
    }
    for piece in next..file.pieces.len() {
        out.push_str(file.text_of(piece));
    }
    Some(out)
}

/// Another block behind this one begins on a line of its own.
fn begin_line(file: &File<'_>, next: usize, indent: &str, out: &mut String) -> usize {
    let behind = usize::from(file.pieces.get(next).is_some_and(|piece| piece.kind == Kind::Space)) + next;
    if ["incoming", "outgoing"].contains(&file.text_of(behind)) {
        out.push('\n');
        out.push_str(indent);
        return behind;
    }
    next
}

/// What a table says, row by row, without places and layout; `None` where it cannot be run.
fn meaning(source: &str, findings: &mut Findings) -> Option<String> {
    let collected = load::written(source, findings)?;
    let mut said = String::new();
    for Written { direction, pattern, policy, clauses } in collected.rows {
        let mut clauses: Vec<_> = clauses.iter().map(|(clause, _, part)| (clause, &part.value)).collect();
        clauses.sort_by_key(|(clause, _)| **clause);
        // Writing to a text cannot fail.
        let _ = writeln!(said, "{direction} {:?} {} {clauses:?}", pattern.value, policy.0);
    }
    Some(said)
}
