//! The table that a map becomes, and what is to say of it.

use std::collections::BTreeSet;

use waxseal_plugins::table;

use super::lines::{self, Line};
use super::policy::Level;
use super::rows::{self, Refused, Row, Stead};

/// A map, converted entry by entry.
#[derive(Debug)]
pub(super) struct Import {
    level: Level,
    /// Of all others, under that level.
    others: Result<Row, Refused>,
    entries: Vec<(Line, Result<Row, Refused>)>,
}

impl Import {
    /// Converts a map, and the level that Postfix has for all others.
    pub(super) fn of(text: &str, level: Level) -> Self {
        let mut seen = BTreeSet::new();
        let entries = lines::read(text).into_iter().map(|line| {
            let converted = once(rows::convert(&line), &mut seen);
            (line, converted)
        });
        Self { level, others: rows::for_others(level), entries: entries.collect() }
    }

    /// How many entries have a row.
    pub(super) fn converted(&self) -> usize {
        self.entries.iter().filter(|(_, row)| row.is_ok()).count()
    }

    /// How many have none, the level for all others among them.
    pub(super) fn refused(&self) -> usize {
        self.entries.len() - self.converted() + usize::from(self.others.is_err())
    }

    /// What differs and what is missing: each with its line.
    pub(super) fn remarks(&self) -> Vec<String> {
        let of_level = said(&self.others).into_iter().map(|said| format!(" {}: {said}", self.level.word()));
        let of_entries = self.entries.iter().flat_map(|(line, row)| {
            let of_line = move |said| format!("{}: {}: {said}", line.number, line.key);
            said(row).into_iter().map(of_line)
        });
        of_level.chain(of_entries).collect()
    }

    /// The table, complete and laid out; `source` is the map's name.
    pub(super) fn table(&self, source: &str) -> String {
        let mut text = format!("{}{INCOMING}\noutgoing {{\n", head(source));
        write(&mut text, self.level.word(), &self.others);
        for (line, row) in &self.entries {
            write(&mut text, &format!("{} {}", line.key, line.value), row);
        }
        text.push_str("}\n");
        table::format(&text).unwrap_or(text)
    }
}

const INCOMING: &str = "\
// A policy map is about mail that Postfix sends.
incoming {
    \"*\"   attempt
}
";

fn head(source: &str) -> String {
    // A name with a line break in it would end the comment.
    let source = source.replace(char::is_control, " ");
    format!(
        "// The domain table, made of {source} by `waxseal import postfix`.\n//\n\
         // Waxseal negotiates TLS 1.2 and 1.3 only, with forward secrecy and authenticated encryption. What else\n\
         // differs from Postfix is said at the row; it is stricter, never weaker.\n\n"
    )
}

/// postmap(1) keeps the first of two entries with one key.
fn once(converted: Result<Row, Refused>, seen: &mut BTreeSet<String>) -> Result<Row, Refused> {
    let Some(row) = row_of(&converted) else { return converted };
    if row.pattern == "DOMAIN" || seen.insert(row.pattern.clone()) {
        return converted;
    }
    Err(Refused {
        why: format!("`{}` stands twice, and postmap keeps the first", row.pattern),
        stead: Stead::Nothing,
    })
}

/// The row that comes of an entry, if any does.
fn row_of(converted: &Result<Row, Refused>) -> Option<&Row> {
    match converted {
        Ok(row) => Some(row),
        Err(Refused { stead: Stead::Draft(row) | Stead::Strictest(row), .. }) => Some(row),
        Err(Refused { stead: Stead::Nothing, .. }) => None,
    }
}

/// What is to say of an entry.
fn said(converted: &Result<Row, Refused>) -> Vec<String> {
    let why = converted.as_ref().err().map(|refused| format!("not converted: {}", refused.why));
    why.into_iter().chain(row_of(converted).into_iter().flat_map(|row| row.notes.clone())).collect()
}

fn write(text: &mut String, written: &str, converted: &Result<Row, Refused>) {
    if converted.is_err() {
        comment(text, &format!("Not converted: {written}"));
    }
    let why = converted.as_ref().err().map(|refused| &refused.why);
    let notes = row_of(converted).into_iter().flat_map(|row| &row.notes);
    why.into_iter().chain(notes).for_each(|said| comment(text, said));
    match converted {
        Ok(row) => line(text, &row.to_string()),
        Err(Refused { stead: Stead::Strictest(row), .. }) => line(text, &row.to_string()),
        Err(Refused { stead: Stead::Draft(row), .. }) => line(text, &format!("// {row}")),
        Err(Refused { stead: Stead::Nothing, .. }) => {}
    }
}

fn line(text: &mut String, said: &str) {
    text.push_str(&format!("    {said}\n"));
}

/// A comment, beginning like a sentence.
fn comment(text: &mut String, said: &str) {
    let mut letters = said.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    line(text, &format!("// {first}{}", letters.as_str()));
}
