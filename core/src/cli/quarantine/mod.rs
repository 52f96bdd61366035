//! `waxseal quarantine`: what filters have kept, and an operator's word on it.

mod end;
mod list;
mod show;
mod which;
mod words;

use clap::Subcommand;

use super::Outcome;
use super::setting::Setting;

/// Show what filters have quarantined, and act on it
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
    /// Show what is quarantined, and why
    List(list::Arguments),
    /// Show one message: envelope, reason, tags, headers; or all of it as it came in
    Show(show::Arguments),
    /// Send it as if it had come in now; no filter is asked again
    Release(end::Release),
    /// Remove it, and tell nobody; with --bounce its sender
    Remove(end::Remove),
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        match self.command {
            Command::List(arguments) => arguments.run(setting),
            Command::Show(arguments) => arguments.run(setting),
            Command::Release(arguments) => arguments.run(setting),
            Command::Remove(arguments) => arguments.run(setting),
        }
    }
}
