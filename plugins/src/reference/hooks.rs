//! `hooks.md`: when each hook is asked, what it is told, and what it may answer.

use std::fmt::Write as _;

use super::{hold, one_line};
use crate::facts::Facts;
use crate::hooks::{Direction, Hook, incoming, outgoing};
use crate::spoken::{FromSpoken, Word};
use crate::verdicts::Verdict;

const OPENING: &str = "# Hooks

The points at which scripts and plugins are asked, in the order of a connection. Each has the [facts](facts.md) that it
is told, and [verdicts](verdicts.md) of its own.

A policy is the one that the row of the domain table names; filters are asked besides, all of them. The strictest answer
wins. A policy that leaves a hook out answers as the last column says; a filter that leaves one out, or answers nothing,
has no opinion. A script or plugin that fails counts as `defer`.
";

/// What holds where a policy has no function `mail`.
fn left_out_mail(direction: Direction) -> String {
    let denial = match direction {
        Direction::Incoming => "`refuse`",
        Direction::Outgoing => "`defer`",
    };
    format!("`accept`; but {denial} on a clear connection, if the policy has start, cipher or certificate")
}

const CLOSING: &str = "
Incoming, MAIL FROM is the moment at which the sender is known. The rows of the client's address and of the sender's
domain are then asked `cipher` and `certificate` again, on what is on record, and `mail`; `*` is asked only where neither has
a row. Outgoing, `mail` is asked for every envelope, also over a connection that is used again, and before mail goes in clear
after a handshake that failed.
";

#[test]
fn the_page_of_hooks_is_what_the_code_says() {
    let mut text = OPENING.to_owned();
    begin(&mut text, Direction::Incoming);
    of::<incoming::Connect>(&mut text);
    of::<incoming::Ehlo>(&mut text);
    of::<incoming::Offer>(&mut text);
    of::<incoming::Start>(&mut text);
    of::<incoming::Cipher>(&mut text);
    of::<incoming::Certificate>(&mut text);
    of::<incoming::Mail>(&mut text);
    of::<incoming::Rcpt>(&mut text);
    of::<incoming::Message>(&mut text);
    begin(&mut text, Direction::Outgoing);
    of::<outgoing::Route>(&mut text);
    of::<outgoing::Offer>(&mut text);
    of::<outgoing::Start>(&mut text);
    of::<outgoing::Cipher>(&mut text);
    of::<outgoing::Certificate>(&mut text);
    of::<outgoing::Mail>(&mut text);
    of::<outgoing::Delivered>(&mut text);
    of::<outgoing::Deferred>(&mut text);
    of::<outgoing::Failed>(&mut text);
    hold("hooks.md", &(text + CLOSING));
}

fn begin(text: &mut String, direction: Direction) {
    let table = "| hook | asked when | verdicts | left out |\n| --- | --- | --- | --- |\n";
    write!(text, "\n## {direction}\n\n{table}").unwrap();
}

fn of<H: Hook>(text: &mut String)
where
    H::Verdict: FromSpoken,
{
    let parameters = [H::Peer::WORD, H::Subject::WORD].into_iter().filter(|word| *word != "nothing");
    let usage = format!("`{}({})`", H::NAME, parameters.collect::<Vec<_>>().join(", "));
    let words: Vec<_> = <H::Verdict as FromSpoken>::WORDS.iter().map(|word| word_of(*word)).collect();
    let left_out = match H::left_out() {
        _ if H::NAME.is_for_filters() => "no opinion".to_owned(),
        Some(verdict) => format!("`{}`", verdict.word()),
        None => left_out_mail(H::DIRECTION),
    };
    writeln!(text, "| {usage} | {} | {} | {left_out} |", one_line(H::DOC), words.join(" ")).unwrap();
}

/// A floor is a filter's.
fn word_of(word: Word) -> String {
    let of_filters = if word == Word::Require { " (filters)" } else { "" };
    format!("`{}`{of_filters}", word.word())
}
