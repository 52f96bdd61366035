//! How an explanation looks. No I/O.

use std::fmt::Display;

use waxseal_plugins::bundle::Level;
use waxseal_plugins::conversation::{End, Fate, Switch};
use waxseal_plugins::explain::{About, Case, Deciding, Holding, PassedOver, When, Why};
use waxseal_plugins::facts::Row;
use waxseal_plugins::hooks::{Direction, HookName};

use super::Report;
use super::way::Way;
use crate::cli::terms;
use crate::outgoing::mail_hosts::MailHost;

/// How wide the words before each line are.
const MARGIN: usize = 13;

/// How long a line is at most that can be broken.
const WIDTH: usize = 110;

/// What is said where filters have a word in each message.
const OF_MESSAGES: &str = "What is taken here may still be refused, changed or kept aside when the whole message has come: filters with \
    `message` are asked for each one, and nobody was asked here. `waxseal test` asks them of messages that you write.";

/// What is explained, and by what.
pub(super) fn heading(report: &Report) -> Vec<String> {
    let explanation = &report.explanation;
    let mut lines = vec![match explanation.direction {
        Direction::Outgoing => format!("Mail to {}", report.subject),
        Direction::Incoming => format!("Mail from {}", report.subject),
    }];
    lines.extend(explanation.rows.iter().flat_map(row));
    lines.extend(listed("passed over", explanation.passed_over.iter().map(passed_over)));
    lines.extend(listed("policy", explanation.policies.iter().flat_map(about)));
    lines.extend(listed("filters", explanation.filters.iter().flat_map(about)));
    lines.extend(listed("way", report.way.iter().flat_map(Way::lines)));
    lines.extend(listed("hosts", report.hosts.iter().map(host)));
    if report.tls == Switch::Off {
        lines.push(line("TLS", "is switched off in the configuration: of the TLS hooks none is asked"));
    }
    lines.push(line("imagined", report.imagined.join(", ")));
    lines
}

/// How each situation ends, and the lines that decide.
pub(super) fn table(report: &Report) -> Vec<String> {
    let cases = &report.explanation.cases;
    let wide = |text: &dyn Fn(&Case) -> usize| cases.iter().map(text).max().unwrap_or(0);
    let situation = wide(&|case| case.words.len());
    let ending = wide(&|case| ending(&case.conversation.end).len());
    let peer = report.explanation.direction.peer();
    let mut lines =
        vec![String::new(), format!("{peer:<situation$}  {:<ending$}  decided by", "the mail is")];
    lines.extend(cases.iter().map(|case| {
        let end = &case.conversation.end;
        let place = end.decided_by.as_ref().map(ToString::to_string).unwrap_or_default();
        let line = format!("{:<situation$}  {:<ending$}  {place}", case.words, self::ending(end));
        line.trim_end().to_owned()
    }));
    lines.extend(report.explanation.deciding.iter().flat_map(|deciding| self::deciding(deciding, cases)));
    if report.explanation.filters.iter().any(asks_messages) {
        lines.push(String::new());
        lines.extend(wrapped(OF_MESSAGES.split_whitespace()));
    }
    lines.push(String::new());
    lines.push(format!(
        "One of them in full: --situation NAME. Another fact: --fact {peer}.recent_failures=3."
    ));
    lines
}

/// What becomes of the mail, in words, with the code of what is said.
pub(super) fn ending(end: &End) -> String {
    let code = end.code.map(|code| code.to_string()).unwrap_or_default();
    match end.fate {
        Fate::SentEncrypted | Fate::TakenEncrypted if end.verified => {
            format!("{}, verified", end.fate.words())
        }
        fate if fate.crosses() => fate.words().to_owned(),
        fate if end.smtp > 0 => format!("{} ({} {code})", fate.words(), end.smtp),
        fate if code.is_empty() => fate.words().to_owned(),
        fate => format!("{} ({code})", fate.words()),
    }
}

/// A line that decides, with its excerpt, and what is said there.
pub(super) fn deciding(deciding: &Deciding, cases: &[Case]) -> Vec<String> {
    let decided: Vec<&Case> =
        cases.iter().filter(|case| deciding.situations.contains(&case.situation)).collect();
    let head = format!("{} decides for:", deciding.place);
    let words = decided.iter().map(|case| case.words).collect::<Vec<_>>().join(", ");
    let pieces = [head.as_str()].into_iter().chain(words.split_inclusive(", ").map(str::trim_end));
    let mut lines = vec![String::new()];
    lines.extend(wrapped(pieces));
    match &deciding.excerpt {
        // The first line of an excerpt is its place, which was said.
        Some(excerpt) => lines.extend(excerpt.lines().skip(1).map(str::to_owned)),
        None => lines.push("  by what it leaves out: it has no such function, or no opinion".to_owned()),
    }
    lines.extend(said(&decided));
    lines
}

/// What is said of the mail: of each of them where they differ.
fn said(decided: &[&Case]) -> Vec<String> {
    let text = |case: &Case| case.conversation.end.text.clone();
    let first = decided.first().map(|case| text(case));
    let all_alike = decided.iter().all(|case| Some(text(case)) == first);
    let said = decided.iter().filter(|case| !text(case).is_empty());
    if all_alike {
        return said.take(1).map(|case| format!("  says: {}", text(case))).collect();
    }
    said.map(|case| format!("  of {}: {}", case.words, text(case))).collect()
}

/// Pieces in lines that fit a screen, those after the first indented. No piece is broken.
fn wrapped<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.len() + piece.len() < WIDTH => {
                line.push(' ');
                line.push_str(piece);
            }
            Some(_) => lines.push(format!("  {piece}")),
            None => lines.push(piece.to_owned()),
        }
    }
    lines
}

fn row(holding: &Holding) -> Vec<String> {
    let Holding { row, when } = holding;
    let when = match when {
        When::Always => "",
        When::Throughout => ", from the connection on",
        When::BeforeMail => ", up to MAIL FROM",
        When::AtMail => ", at MAIL FROM",
    };
    let mut lines = vec![line("row", format_args!("{} at {}{when}", written(row), row.place))];
    lines.extend(terms::of(row).map(|(word, value)| line("", format_args!("{word} {value}"))));
    lines
}

fn written(row: &Row) -> String {
    format!("{:?} {}", row.pattern, row.policy)
}

fn passed_over(passed_over: &PassedOver) -> String {
    let why = match passed_over.why {
        Why::LessSpecific => "another row is more specific".to_owned(),
        Why::ForTheRest => "it is for those whom no other row is about".to_owned(),
        Why::Ended { until } => format!("it has ended on {until}"),
        Why::BelowOnly => "it is about the names below, not about the domain itself".to_owned(),
        Why::ItselfOnly => "it is about that domain itself, not about the names below".to_owned(),
    };
    format!("{} at {}: {why}", written(&passed_over.row), passed_over.row.place)
}

fn about(about: &About) -> Vec<String> {
    let level = about.level.map(|level| match level {
        Level::Clear => ": never encrypted",
        Level::Opportunistic => ": encrypted where possible",
        Level::Encrypted => ": encrypted, or not at all",
        Level::Verified => ": encrypted and verified, or not at all",
    });
    let message = if asks_messages(about) { ": asked for each message, and not here" } else { "" };
    let name = format!("{}{}{message}", about.path, level.unwrap_or_default());
    let words = wrapped(about.words.split_whitespace()).into_iter();
    [name].into_iter().chain(words.map(|words| format!("  {}", words.trim_start()))).collect()
}

/// It is asked when the whole message has come.
fn asks_messages(about: &About) -> bool {
    about.hooks.contains(&HookName::Message)
}

fn host(host: &MailHost) -> String {
    let addresses: Vec<_> = host.addresses.iter().map(ToString::to_string).collect();
    let mut text = format!("{}:{} ({})", host.name, host.port, host.found_by);
    if !addresses.is_empty() {
        text.push_str(&format!(" at {}", addresses.join(", ")));
    }
    if let Some(problem) = &host.problem {
        text.push_str(&format!(": {} ({})", problem.reason, problem.code));
    }
    text
}

/// The word stands before the first line alone.
fn listed(word: &'static str, texts: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    texts.enumerate().map(move |(number, text)| line(if number == 0 { word } else { "" }, text))
}

/// What a name server says reaches no terminal as a control character.
pub(super) fn line(word: impl Display, text: impl Display) -> String {
    format!("  {:<MARGIN$}{text}", word.to_string()).trim_end().replace(char::is_control, " ")
}
