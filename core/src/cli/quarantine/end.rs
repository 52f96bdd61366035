//! `waxseal quarantine release` and `remove`: an operator's word on what was kept.

use anyhow::bail;
use jiff::Timestamp;
use serde::Serialize;

use super::which::Which;
use crate::admin::quarantine::{Answer, Ask, How, PAGE};
use crate::cli::output::counted;
use crate::cli::queue::which::{bare, id};
use crate::cli::setting::{Setting, block_on};
use crate::cli::source::{Source, unexpected};
use crate::cli::{Outcome, output};
use crate::smtp::address::Mailbox;
use crate::spool::{MessageId, QuarantineFilter};

/// Send what was kept
#[derive(Debug, clap::Args)]
pub(super) struct Release {
    #[command(flatten)]
    messages: Messages,
    /// Send it to this address, and not to those it came in for; may be repeated
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Vec<String>,
}

/// Remove what was kept
#[derive(Debug, clap::Args)]
pub(super) struct Remove {
    #[command(flatten)]
    messages: Messages,
    /// Tell the senders that it was not delivered
    #[arg(long)]
    bounce: bool,
}

/// Which messages: ids, a filter, both, or --all
#[derive(Debug, clap::Args)]
struct Messages {
    /// The messages
    #[arg(value_name = "ID", value_parser = id)]
    ids: Vec<MessageId>,
    #[command(flatten)]
    which: Which,
    /// All that is quarantined
    #[arg(long)]
    all: bool,
    /// Only say how many it would concern
    #[arg(long)]
    dry_run: bool,
}

/// What was done, as data.
#[derive(Debug, Serialize)]
struct Done {
    messages: u64,
}

impl Release {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        self.messages.end(setting, &How::Release { to: self.to })
    }
}

impl Remove {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        self.messages.end(setting, if self.bounce { &How::Bounce } else { &How::Remove })
    }
}

impl Messages {
    fn end(self, setting: &Setting, how: &How) -> anyhow::Result<Outcome> {
        let everything = self.ids.is_empty() && self.which.is_empty();
        match (everything, self.all) {
            (true, false) => bail!("say which: ids, a filter as --reason virus, or --all"),
            (false, true) => bail!("--all is all that is quarantined: leave it out, or the ids and filters"),
            _ => {}
        }
        block_on(async {
            let source = Source::running(setting).await?;
            let mut messages = 0;
            for filter in self.which.filters(Timestamp::now(), &self.ids) {
                messages += match self.dry_run {
                    true => count(&source, filter).await?,
                    false => end(&source, filter, how).await?,
                };
            }
            match (setting.json, self.dry_run) {
                (true, _) => output::say_json(&Done { messages })?,
                (false, true) => output::say(format_args!(
                    "{} like that: nothing was changed",
                    counted(messages, "message")
                )),
                (false, false) => output::say(said(how, messages)),
            }
            Ok(if messages > 0 { Outcome::Fine } else { Outcome::Problems })
        })
    }
}

async fn end(source: &Source, filter: QuarantineFilter, how: &How) -> anyhow::Result<u64> {
    // That all is meant was said with `--all`.
    let all = filter == QuarantineFilter::default();
    match source.quarantine(Ask::End { filter, how: how.clone(), all }).await? {
        Answer::Done { messages } => Ok(messages),
        _ => Err(unexpected()),
    }
}

/// How many messages are like that.
async fn count(source: &Source, filter: QuarantineFilter) -> anyhow::Result<u64> {
    let (mut count, mut after) = (0, None);
    loop {
        let ask = Ask::List { filter: filter.clone(), after, most: PAGE };
        let Answer::Messages { messages, next } = source.quarantine(ask).await? else {
            return Err(unexpected());
        };
        count += messages.len() as u64;
        after = next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

/// An address that mail can be sent to, for clap.
fn address(text: &str) -> Result<String, String> {
    let address = bare(text);
    Mailbox::parse(&address).map(|_| address).map_err(|error| error.to_string())
}

/// What was done, in words.
fn said(how: &How, messages: u64) -> String {
    if messages == 0 {
        return "nothing in quarantine is like that".to_owned();
    }
    let messages = counted(messages, "message");
    match how {
        How::Release { to } if to.is_empty() => format!("{messages}: released, to be sent now"),
        How::Release { to } => format!("{messages}: released, to be sent now to {}", to.join(", ")),
        How::Remove => format!("{messages}: removed, and nobody is told"),
        How::Bounce => format!("{messages}: given up; their senders are being told, but for the null sender"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_said() {
        let to = vec!["ann@home.example".to_owned()];
        assert_eq!(said(&How::Remove, 0), "nothing in quarantine is like that");
        assert_eq!(said(&How::Release { to: vec![] }, 1), "1 message: released, to be sent now");
        assert_eq!(said(&How::Release { to }, 2), "2 messages: released, to be sent now to ann@home.example");
        assert_eq!(
            said(&How::Bounce, 2),
            "2 messages: given up; their senders are being told, but for the null sender"
        );
    }

    #[test]
    fn mail_is_released_to_addresses_only() {
        assert_eq!(address("<ann@home.example>").as_deref(), Ok("ann@home.example"));
        assert!(address("ann").unwrap_err().contains("no mail address"));
    }
}
