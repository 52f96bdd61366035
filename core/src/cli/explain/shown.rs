//! One situation in full: every step, and everyone who was asked. No I/O.

use serde_json::Value;
use waxseal_plugins::conversation::{Question, Step};
use waxseal_plugins::decision::Asked;
use waxseal_plugins::explain::{Case, Deciding};
use waxseal_plugins::place::Place;

use super::view::{deciding, ending, line};

/// The steps of a situation, how it ends, and the line that decides.
pub(super) fn case(case: &Case, lines: &[Deciding]) -> Vec<String> {
    let mut shown = vec![String::new(), format!("{}:", case.words)];
    let mut at_mail = None;
    for step in &case.conversation.steps {
        match step {
            Step::Happened(what) => shown.push(line("-", what)),
            Step::Asked(question) => {
                // At MAIL FROM each row is asked anew: the same hooks come again.
                let row = is_at_mail(question).then(|| question.row.place.clone());
                if row.is_some() && row != at_mail {
                    shown.push(line("- MAIL FROM", format_args!("for the row {:?}", question.row.pattern)));
                }
                at_mail = row;
                shown.extend(asked(question));
            }
        }
    }
    let end = &case.conversation.end;
    let said = if end.text.is_empty() { String::new() } else { format!(": {}", end.text) };
    shown.push(line("the mail is", format_args!("{}{said}", ending(end))));
    shown.extend(lines.iter().flat_map(|one| deciding(one, std::slice::from_ref(case))));
    shown
}

fn asked(question: &Question) -> Vec<String> {
    let Question { hook, verdict, code, text, place, row, asked, .. } = question;
    let said: String =
        [code.map(|code| code.to_string()), Some(text.clone()).filter(|text| !text.is_empty())]
            .into_iter()
            .flatten()
            .map(|part| format!(" {part}"))
            .collect();
    let mut lines = vec![line(hook, format_args!("{verdict}{said}{}", terms(&question.answer)))];
    lines.extend(asked.iter().map(|one| line("", format_args!("  {}", one_asked(one)))));
    // The relay itself holds the terms of a row, and is nobody who was asked.
    if !asked.iter().any(|one| one.path == place.path) {
        lines.push(line("", format_args!("  {place} decided, for the row {:?}", row.pattern)));
    }
    lines
}

/// Incoming, from MAIL FROM on.
fn is_at_mail(question: &Question) -> bool {
    question.facts.get("at_mail").and_then(Value::as_bool).unwrap_or(false)
}

/// What the verdict asks for besides: the members of its one variant that say something.
fn terms(answer: &Value) -> String {
    let Some(members) = answer.as_object().and_then(|verdict| verdict.values().next()?.as_object()) else {
        return String::new();
    };
    let of_terms = members.get("terms").and_then(Value::as_object).into_iter().flatten();
    let own =
        members.iter().filter(|(name, _)| !["terms", "code", "text", "message"].contains(&name.as_str()));
    let says_something = |value: &Value| !value.is_null() && value != "none" && value != "";
    let asked = own.chain(of_terms).filter(|(_, value)| says_something(value));
    asked.map(|(name, value)| format!(", {name} {value}")).collect()
}

fn one_asked(asked: &Asked) -> String {
    let Asked { path, said, place } = asked;
    match place {
        Some(place) => format!("{} said {said}", Place::to_string(place)),
        None if *said == Asked::NO_FUNCTION => format!("{path} has no such function"),
        None => format!("{path} had {said}"),
    }
}
