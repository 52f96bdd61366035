//! `waxseal trace`: sessions as they go, with the answer of each hook.

mod view;

use std::io::{self, IsTerminal as _, Write as _};

use anyhow::bail;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};
use waxseal_plugins::hooks::{Direction, HookName};

use self::view::{Colours, View};
use super::setting::{Setting, block_on};
use super::{Outcome, output};
use crate::admin::protocol::{Request, Response};
use crate::admin::trace::Line;
use crate::observe::trace::{Subject, Wanted};

/// What is said once sessions are followed.
const FOLLOWING: &str = "following sessions; Ctrl-C ends it";

/// Follow sessions as they go: what is said, and what each hook answers
///
/// Shows the dialogue of clients and hosts with the relay, and between its lines each hook that is asked, who
/// said what, and where that was decided. What messages say is never shown. Ends with Ctrl-C.
///
/// A session is shown from its beginning, also where it becomes interesting only later, as with the sender. Only what
/// happens while this runs is known: what was before is in the decision log.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Whom to follow: addresses, networks, domains, `*.domain`, mailboxes, ids of messages [default: all]
    #[arg(value_name = "WHOM")]
    subjects: Vec<Subject>,
    /// Only what comes in
    #[arg(long, conflicts_with = "outgoing")]
    incoming: bool,
    /// Only what goes out
    #[arg(long)]
    outgoing: bool,
    /// Only the answers of this hook, and nothing of the dialogue
    #[arg(long = "hook", value_name = "HOOK", value_parser = hook)]
    hooks: Vec<HookName>,
    /// End after so many sessions and attempts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let direction = match (self.incoming, self.outgoing) {
            (true, _) => Some(Direction::Incoming),
            (_, true) => Some(Direction::Outgoing),
            _ => None,
        };
        let count = self.count.map(|count| count as usize);
        let wanted = Wanted { subjects: self.subjects, direction, hooks: self.hooks, count };
        block_on(follow(setting, wanted))
    }
}

async fn follow(setting: &Setting, wanted: Wanted) -> anyhow::Result<Outcome> {
    let is_counted = wanted.count.is_some();
    let (Response::Tracing, lines) = setting.begin(&Request::Trace(wanted)).await? else {
        bail!("the relay answered something else")
    };
    // On standard error: what is printed is for programs, too.
    output::complain(FOLLOWING);
    let view = if setting.json { None } else { Some(View::new(colours())) };
    let ended = show(lines, view.as_ref()).await?;
    if ended == Ended::ByRelay && !is_counted {
        output::complain("the relay has stopped");
    }
    Ok(Outcome::Fine)
}

/// Who has ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The relay has told everything, or has stopped.
    ByRelay,
    /// Nobody reads what is printed any more.
    ByReader,
}

/// Prints line after line, each as soon as it is there.
async fn show(mut lines: impl AsyncBufRead + Unpin, view: Option<&View>) -> anyhow::Result<Ended> {
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(Ended::ByRelay);
        }
        let mut out = io::stdout().lock();
        let written = match view {
            None => out.write_all(line.as_bytes()),
            Some(view) => match serde_json::from_str(&line)? {
                Line::Event(event) => out.write_all(view.event(&event).as_bytes()),
                Line::Missed { missed } => out.write_all(view.missed(missed).as_bytes()),
            },
        };
        if written.and_then(|()| out.flush()).is_err() {
            return Ok(Ended::ByReader);
        }
    }
}

/// Colours where a person looks, unless he wants none (no-color.org).
fn colours() -> Colours {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if io::stdout().is_terminal() && !unwanted { Colours::Some } else { Colours::None }
}

fn hook(word: &str) -> Result<HookName, String> {
    let known = || HookName::ALL.map(HookName::word).join(", ");
    let found = HookName::ALL.into_iter().find(|hook| hook.word() == word);
    found.ok_or_else(|| format!("there is no such hook; there are {}", known()))
}
