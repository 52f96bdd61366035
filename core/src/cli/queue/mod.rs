//! `waxseal queue`: what waits, and why; and an operator's word on it.

mod change;
mod list;
mod put_off;
mod show;
pub(super) mod which;
pub(super) mod words;

use clap::Subcommand;

use super::Outcome;
use super::setting::Setting;
use crate::spool::Control;

/// Show what waits and why, and act on it
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "list and show also work while no relay runs: they read the files, and change nothing.\n\
    Exits with 0 where all is well, 1 where nothing is found that was asked for, 2 where it could not run.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what waits by destination, and why; with --messages or a filter, the messages
    List(list::Arguments),
    /// Show one message: envelope, recipients, headers
    Show(show::Arguments),
    /// Try now, put off or not
    Retry(change::Arguments),
    /// Try no more until released; nothing expires meanwhile
    Hold(change::Arguments),
    /// Let go what is held: it is tried now
    Release(change::Arguments),
    /// Remove, and tell nobody
    Remove(change::Arguments),
    /// Give up, and tell the senders; of what has the null sender nobody is told
    Bounce(change::Arguments),
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(arguments) => arguments.run(setting),
            Command::Show(arguments) => arguments.run(setting),
            Command::Retry(arguments) => arguments.run(setting, Control::Retry),
            Command::Hold(arguments) => arguments.run(setting, Control::Hold),
            Command::Release(arguments) => arguments.run(setting, Control::Release),
            Command::Remove(arguments) => arguments.run(setting, Control::Remove),
            Command::Bounce(arguments) => arguments.run(setting, Control::Bounce),
        }
    }
}
