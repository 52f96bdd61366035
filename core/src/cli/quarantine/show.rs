//! `waxseal quarantine show`: one message.

use jiff::Timestamp;

use super::words;
use crate::admin::quarantine::{Answer, Ask, Shown};
use crate::cli::queue::which::id;
use crate::cli::setting::{Setting, block_on};
use crate::cli::source::{Printed, Source, unexpected};
use crate::cli::{Outcome, output};
use crate::spool::MessageId;

/// Show one message
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Its id
    #[arg(value_parser = id)]
    id: MessageId,
    /// Write the message itself to standard output, octet for octet, and nothing else
    #[arg(long)]
    content: bool,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        block_on(async {
            let source = Source::find(setting).await?;
            if self.content {
                return Ok(match source.print(self.id).await? {
                    Printed::Whole => Outcome::Fine,
                    Printed::Nothing => nothing(),
                });
            }
            match source.quarantine(Ask::Show { id: self.id }).await? {
                Answer::Message(shown) if setting.json => output::say_json(&shown)?,
                Answer::Message(shown) => say(&shown),
                Answer::Unknown => return Ok(nothing()),
                _ => return Err(unexpected()),
            }
            Ok(Outcome::Fine)
        })
    }
}

fn nothing() -> Outcome {
    output::complain(
        "no such message is quarantined: it was released, removed or kept too long, or never was here",
    );
    Outcome::Problems
}

fn say(shown: &Shown) {
    words::whole(Timestamp::now(), &shown.message).iter().for_each(output::say);
    if !shown.headers.is_empty() {
        output::say("");
        shown.headers.iter().map(|line| line.replace(char::is_control, " ")).for_each(output::say);
    }
}
