//! How the demo's lines look.

use std::io::IsTerminal as _;

use super::mails::{Handover, Mail};
use crate::cli::output;
use crate::observe::Record;

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrived, inside TLS of this version and suite, or in clear.
    Arrived(Option<String>),
    /// It waits in the queue, or was given back.
    Waits(String),
    /// The relay did not take it.
    Refused(String),
}

/// The printer: in colour on a terminal, unless `NO_COLOR` says otherwise.
pub(super) struct Show {
    colour: bool,
}

impl Show {
    pub(super) fn new() -> Self {
        Self { colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }

    /// A mail is about to be sent.
    pub(super) fn mail(&self, mail: &Mail) {
        let by = match mail.by {
            Handover::Clear => "sent in clear",
            Handover::StartTls => "sent over TLS",
        };
        let title = format!("{} -> {}, {by}", mail.from, mail.to);
        output::say(format_args!("\n{}   {}", self.paint(BOLD, &title), self.paint(DIM, mail.about)));
    }

    /// A decision was taken. Where a hook is for filters only and no filter had an opinion, there
    /// is nothing to show.
    pub(super) fn decision(&self, record: &Record) {
        if record.hook.is_for_filters() && !record.decided_by.starts_with("filters/") {
            return;
        }
        let asked = format!("{} {}", record.direction, record.hook);
        let said = self.paint(colour(record.verdict), &format!("{:<10}", record.verdict));
        let place = self.paint(DIM, &format!("({})", record.decided_by));
        let line = format!("  {asked:<20} {:<10} -> {said} {place} {}", peer(&record.peer), record.reason);
        output::say(line.trim_end());
    }

    /// A mail has come to its end, for now.
    pub(super) fn fate(&self, fate: &Fate) {
        let (colour, text) = match fate {
            Fate::Arrived(Some(tls)) => (GREEN, format!("arrived, sealed: {tls}")),
            Fate::Arrived(None) => (YELLOW, "arrived, in clear".to_owned()),
            Fate::Waits(reason) => (RED, format!("waits: {reason}")),
            Fate::Refused(reply) => (RED, format!("not taken: {reply}")),
        };
        output::say(format_args!("  {}", self.paint(colour, &format!("=> {text}"))));
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("{colour}{text}{PLAIN}") } else { text.to_owned() }
    }
}

/// `name[address]`, unless the name is the address.
fn peer(peer: &str) -> &str {
    match peer.strip_suffix(']').and_then(|peer| peer.split_once('[')) {
        Some((name, address)) if name == address => name,
        _ => peer,
    }
}

fn colour(verdict: &str) -> &'static str {
    match verdict {
        "accept" | "advertise" | "start_tls" => GREEN,
        "withhold" | "stay_clear" => YELLOW,
        _ => RED,
    }
}
