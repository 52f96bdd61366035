//! The trace beneath a failed test: who was asked, what they said, which row matched, and the line
//! that decided.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::bundle::Bundle;
use crate::conversation::{Conversation, End, Question, Step};
use crate::decision::{Asked, Edited};
use crate::hooks::Direction;
use crate::place::Place;
use crate::table;

/// The rows that did not match are shown up to so many.
const ROWS: usize = 6;

/// A trace, in lines.
#[derive(Clone, Debug)]
pub(super) struct Trace(Arc<Vec<String>>);

impl Trace {
    /// What one policy or filter answered, asked alone.
    pub(super) fn of_answer(bundle: &Bundle, said: String, place: &Place) -> Self {
        let mut lines = vec![said];
        lines.extend(excerpt(bundle, place));
        Self(Arc::new(lines))
    }

    /// What a delivery or reception came to.
    pub(super) fn of_conversation(bundle: &Bundle, conversation: &Conversation) -> Self {
        let mut lines = rows(bundle, conversation);
        for step in &conversation.steps {
            match step {
                Step::Happened(what) => lines.push(format!("- {what}")),
                Step::Asked(question) => lines.extend(question_lines(question)),
            }
        }
        let end = &conversation.end;
        lines.push(format!("= {}", ended(end)));
        lines.extend(end.decided_by.iter().flat_map(|place| excerpt(bundle, place)));
        Self(Arc::new(lines))
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.0
    }
}

/// How it ended, as in `waits 4.7.5 TLS is required (outgoing/require.rhai:12:45)`.
pub(super) fn ended(end: &End) -> String {
    let mut text = end.fate.word().to_owned();
    let code = end.code.map(|code| code.to_string()).unwrap_or_default();
    for part in [code.as_str(), end.text.as_str()].into_iter().filter(|part| !part.is_empty()) {
        // Writing to a text cannot fail.
        let _ = write!(text, " {part}");
    }
    if let Some(place) = &end.decided_by {
        let _ = write!(text, " ({place})");
    }
    text
}

/// The rows that matched, and some that did not.
fn rows(bundle: &Bundle, conversation: &Conversation) -> Vec<String> {
    let matched = |place: &str| conversation.rows.iter().any(|row| row.place == place);
    let mut lines: Vec<_> = conversation
        .rows
        .iter()
        .map(|row| format!("row `{}` {} matches ({})", row.pattern, row.policy, row.place))
        .collect();
    let direction = conversation.direction;
    let others = bundle.table().entries().iter().filter(|entry| entry.direction == direction);
    let others: Vec<_> = others.filter(|entry| !matched(&entry.row.place)).collect();
    for entry in others.iter().take(ROWS) {
        let why = if entry.holds(table::today()) { "does not apply" } else { "has ended" };
        lines.push(format!("row `{}` {why} ({})", entry.pattern, entry.place));
    }
    if others.len() > ROWS {
        lines.push(format!("and {} more rows do not apply", others.len() - ROWS));
    }
    lines
}

/// The decision, and beneath it everyone who was asked, if that is more than one.
fn question_lines(question: &Question) -> Vec<String> {
    let Question { hook, verdict, code, text, place, asked, row, edits, .. } = question;
    let code = code.map(|code| format!(" {code}")).unwrap_or_default();
    let text = if text.is_empty() { String::new() } else { format!(" {text}") };
    let mut lines = vec![format!("{hook}: {verdict}{code}{text} ({place}, row `{}`)", row.pattern)];
    if asked.len() > 1 {
        lines.extend(asked.iter().map(|one| format!("    {}", said(one))));
    }
    lines.extend(edits.iter().map(|Edited { by, edit }| format!("    {by}: {edit}")));
    lines
}

fn said(asked: &Asked) -> String {
    let place = asked.place.as_ref().map_or_else(|| asked.path.to_string(), ToString::to_string);
    format!("{place}: {}", asked.said)
}

/// The line of a place, with carets beneath the word.
fn excerpt(bundle: &Bundle, place: &Place) -> Vec<String> {
    bundle.excerpt(place).map(|excerpt| excerpt.lines().map(str::to_owned).collect()).unwrap_or_default()
}

/// What a conversation is about, for people.
pub(super) fn about(conversation: &Conversation) -> &'static str {
    match conversation.direction {
        Direction::Incoming => "the mail",
        Direction::Outgoing => "the delivery",
    }
}
