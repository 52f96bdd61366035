//! How an event is shown: a line, and others beneath it.
//!
//! Each line has the time (UTC, as in the logs), the session, the direction, and then `C:` what the client says, `S:` what the server
//! says, `--` what happens, `=>` what a hook answers. It is stable, to be searched by programs.

use std::fmt::Write as _;
use std::net::SocketAddr;

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use waxseal_plugins::hooks::{Direction, HookName};

use crate::observe::trace::{Attempt, Change, Decided, Event, Handshake, Said, Settled, Voice, What};

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    Some,
    None,
}

/// How events are shown.
#[derive(Debug)]
pub(super) struct View {
    colours: Colours,
}

/// What is shown of an event.
struct Shown {
    sign: &'static str,
    style: Style,
    lines: Vec<String>,
}

impl View {
    pub(super) fn new(colours: Colours) -> Self {
        Self { colours }
    }

    /// An event, with the ends of its lines.
    pub(super) fn event(&self, event: &Event) -> String {
        let Shown { sign, style, lines } = shown(&event.what);
        let time = event.time.strftime("%H:%M:%S%.3fZ");
        let way = match event.direction {
            Direction::Incoming => "in ",
            Direction::Outgoing => "out",
        };
        let head = format!("{time} {} {way}", event.session);
        let head = self.painted(Style::new().dimmed(), &head);
        let mut text = String::new();
        for (number, line) in lines.iter().enumerate() {
            // Only the first line of a decision has the sign; a dialogue has it on each.
            let sign = if number > 0 && sign == "=>" { "  " } else { sign };
            let line = self.painted(style, &format!("{sign} {}", visible(line)));
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{head} {line}");
        }
        text
    }

    /// So many events were lost.
    pub(super) fn missed(&self, missed: u64) -> String {
        let text = format!("-- {missed} events were lost here: more came than could be shown");
        format!("{}\n", self.painted(AnsiColor::Red.on_default(), &text))
    }

    fn painted(&self, style: Style, text: &str) -> String {
        match self.colours {
            Colours::None => text.to_owned(),
            Colours::Some => format!("{style}{text}{style:#}"),
        }
    }
}

/// What a peer says is no instruction to a terminal.
fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { visible.extend(letter.escape_default()) } else { visible.push(letter) }
    }
    visible
}

fn shown(what: &What) -> Shown {
    match what {
        What::Client { text } => {
            Shown { sign: "C:", style: AnsiColor::Cyan.on_default(), lines: vec![text.clone()] }
        }
        What::Server { text } => Shown {
            sign: "S:",
            style: if text.starts_with(['4', '5']) { AnsiColor::Red } else { AnsiColor::Green }.on_default(),
            lines: text.lines().map(str::to_owned).collect(),
        },
        What::Decided(decided) => Shown {
            sign: "=>",
            style: match decided.verdict.as_str() {
                "failure" | "refuse" | "defer" => AnsiColor::Red.on_default().bold(),
                _ => AnsiColor::Yellow.on_default(),
            },
            lines: decision(decided),
        },
        What::Milter { milter, at, said } => asked(milter, at, said),
        What::Content { octets } => note(format!("content, {octets} octets")),
        what => note(happening(what)),
    }
}

fn asked(milter: &str, at: &str, said: &Said) -> Shown {
    let (style, text) = match said {
        Said::Failed(why) => (AnsiColor::Red.on_default().bold(), format!("FAILED: {why}")),
        Said::Answered(answer) if answer.starts_with(['4', '5']) => {
            (AnsiColor::Red.on_default().bold(), answer.clone())
        }
        Said::Answered(answer) => (AnsiColor::Yellow.on_default(), answer.clone()),
    };
    Shown { sign: "=>", style, lines: vec![format!("milter {milter} at {at}: {text}")] }
}

fn note(text: String) -> Shown {
    let lines = if text.is_empty() { vec![] } else { vec![text] };
    Shown { sign: "--", style: Style::new(), lines }
}

/// What happens beside what is said and decided; empty for what the dialogue shows by itself.
fn happening(what: &What) -> String {
    match what {
        What::Connected { client, listener } => format!("{client} connects to {listener}"),
        What::Attempt(attempt) => attempted(attempt),
        What::Dialed { host, address, took, problem: None } => {
            format!("connected to {} within {}", named(host, *address), time(*took))
        }
        What::Dialed { host, address, took, problem: Some(problem) } => {
            format!("no connection to {} after {}: {problem}", named(host, *address), time(*took))
        }
        What::Reused { host, address } => {
            format!("over a connection that was kept, to {}", named(host, *address))
        }
        What::Handshake(handshake) => shaken(handshake),
        What::HandshakeFailed { kind, detail, took } => {
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            format!("the handshake failed after {}, {kind}{detail}", time(*took))
        }
        What::Accepted { id, recipients, size } => {
            format!("message {id}, {recipients} recipients, {size} octets")
        }
        What::Settled(settled) => ending(settled),
        What::Ended { reason } => format!("session ended: {reason}"),
        What::Transaction { .. }
        | What::TransactionEnded { .. }
        | What::Client { .. }
        | What::Server { .. }
        | What::Content { .. }
        | What::Milter { .. }
        | What::Decided(_) => String::new(),
    }
}

fn attempted(attempt: &Attempt) -> String {
    let Attempt { id, sender, domain, recipients, number } = attempt;
    let others = recipients.len().saturating_sub(1);
    let first = recipients.first().map_or("", String::as_str);
    let others = if others > 0 { format!(" and {others} others") } else { String::new() };
    format!("attempt {number} to deliver {id} to {domain}: from <{sender}> to <{first}>{others}")
}

fn shaken(handshake: &Handshake) -> String {
    let Handshake { version, suite, group, resumed, server_name, took } = handshake;
    let kind = if *resumed { ", resumed" } else { "" };
    let group = if group.is_empty() { String::new() } else { format!(", {group}") };
    let name = if server_name.is_empty() { String::new() } else { format!(", for {server_name}") };
    format!("TLS {version}, {suite}{group}{name}{kind}, within {}", time(*took))
}

fn ending(settled: &Settled) -> String {
    let counts = [
        (settled.delivered, "delivered"),
        (settled.deferred, "deferred"),
        (settled.failed, "failed"),
        (settled.given_back, "given back"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let mut text = format!("attempt ended: {}", counts.collect::<Vec<_>>().join(", "));
    if let Some(host) = &settled.host {
        let _ = write!(text, ", {host}, {}", settled.protection);
    }
    if let Some(status) = &settled.status {
        let _ = write!(text, ": {status} {}", settled.reason.as_deref().unwrap_or_default());
    }
    text
}

fn decision(decided: &Decided) -> Vec<String> {
    let Decided { hook, verdict, reason, decided_by, row, policy, generation, took, .. } = decided;
    let reason = if reason.is_empty() { String::new() } else { format!(" \"{reason}\"") };
    let judged = judgement(decided).map(|judged| format!(" of {judged}")).unwrap_or_default();
    let mut lines = vec![format!(
        "{hook}{judged}: {verdict}{reason}{} ({decided_by}; row \"{row}\" {policy}, generation {generation}, {})",
        demands(decided),
        time(*took),
    )];
    // The one who has decided is named already.
    if !matches!(decided.asked.as_slice(), [only] if only.said == *verdict) {
        lines.extend(decided.asked.iter().map(voice));
    }
    lines.extend(decided.changes.iter().map(|Change { by, edit }| format!("  {by} changes: {edit}")));
    lines
}

/// What an accepting verdict demands, as the decision log writes it.
fn demands(decided: &Decided) -> String {
    match serde_json::to_value(&decided.demands) {
        Ok(Value::Object(demands)) if !demands.is_empty() => {
            let each = demands.iter().map(|(what, value)| match value {
                Value::String(value) => format!("{what} {value}"),
                value => format!("{what} {value}"),
            });
            format!(", demands {}", each.collect::<Vec<_>>().join(", "))
        }
        _ => String::new(),
    }
}

/// What was found out about the peer's certificate, where the hook is about that.
fn judgement(decided: &Decided) -> Option<String> {
    let facts = decided.facts.value();
    let certificate = facts.get("certificate").filter(|_| decided.hook == HookName::Certificate)?;
    let text = |name: &str| certificate.get(name).and_then(Value::as_str).unwrap_or_default();
    let is = |name: &str| certificate.get(name).and_then(Value::as_bool).unwrap_or_default();
    Some(match (is("presented"), is("verified")) {
        (false, _) => "none".to_owned(),
        (true, true) => format!("{}, verified", text("subject")),
        (true, false) => format!("{}, not verified: {}", text("subject"), text("problem")),
    })
}

fn voice(voice: &Voice) -> String {
    let Voice { path, said, place } = voice;
    format!("  {}: {said}", place.as_deref().unwrap_or(path))
}

fn named(host: &str, address: SocketAddr) -> String {
    if host == address.ip().to_string() { address.to_string() } else { format!("{host} ({address})") }
}

/// A time in microseconds, as a person reads it.
fn time(took: u64) -> String {
    match took {
        0..1_000 => format!("{took} µs"),
        1_000..1_000_000 => format!("{}.{} ms", took / 1_000, took / 100 % 10),
        _ => format!("{}.{} s", took / 1_000_000, took / 100_000 % 10),
    }
}

#[cfg(test)]
mod tests;
