//! The command line: one file a subcommand.

mod admin;
mod asking;
mod certificates;
mod check;
mod demo;
mod dkim;
mod explain;
mod fmt;
mod import;
mod in_place;
mod init;
mod lsp;
mod output;
mod plugin;
mod policies;
mod probe;
mod promote;
mod quarantine;
mod queue;
#[cfg(test)]
mod reference;
mod reload;
mod replay;
mod run;
mod setting;
mod shadow;
mod signals;
mod source;
mod status;
mod terms;
mod test;
mod trace;
mod written;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::setting::Setting;

/// An SMTP relay in which every TLS decision is a hook.
#[derive(Debug, Parser)]
#[command(name = "waxseal", version, about, after_help = EXIT_CODES)]
struct Arguments {
    /// The configuration [default: waxseal.toml, else /etc/waxseal/waxseal.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print data as JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str =
    "Exits with 0 where all is well, 1 where it found problems, 2 where it could not run.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the relay
    Run,
    /// Try it: a relay and a receiving host on this machine, each decision printed as it is taken
    Demo(demo::Arguments),
    /// Write a configuration and a domain table, or copy a shipped policy to edit
    Init(init::Arguments),
    /// Check configuration, certificates and policies
    Check(check::Arguments),
    /// Lay the domain table out: aligned columns, clauses in their order, comments kept
    Fmt(fmt::Arguments),
    /// Help an editor with policies and the domain table, over standard input and output
    Lsp,
    /// Run the policies' own tests
    Test(test::Arguments),
    /// Show which row and line decides what becomes of mail, in each situation
    Explain(explain::Arguments),
    /// Try a domain's hosts as outgoing mail would, up to but not including MAIL
    Probe(probe::Arguments),
    /// Make keys that sign mail, and show what is to be published of them
    Dkim(dkim::Arguments),
    /// Make a domain table of what another mail server has
    Import(import::Arguments),
    /// Begin a plugin, compile it, look at it
    Plugin(plugin::Arguments),
    /// Take recorded decisions to other policies: what would change?
    Replay(replay::Arguments),
    /// Ask other policies on real traffic, without effect
    Shadow(shadow::Arguments),
    /// Make the policies in the shadow live
    Promote(promote::Arguments),
    /// Show what waits, and why; try it, hold it, remove it
    Queue(queue::Arguments),
    /// Show what filters have quarantined; release it, remove it
    Quarantine(quarantine::Arguments),
    /// Have the running relay read policies, certificates and signing keys again
    Reload(reload::Arguments),
    /// Print or change the token of dashboard and API
    Admin(admin::Arguments),
    /// Show how the running relay is
    Status,
    /// Follow sessions as they go: what is said, and what each hook answers
    Trace(trace::Arguments),
}

/// What a command that ran came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All is well: exit code 0.
    Fine,
    /// Problems were found, and shown: exit code 1.
    Problems,
}

/// Runs the command that the arguments name. Exit codes: 0 fine, 1 found problems, 2 could not run.
pub fn main() -> ExitCode {
    ExitCode::from(run_from(std::env::args_os()))
}

/// Runs the command of these arguments, the first of which is the program's name, and gives its
/// exit code. Arguments that make no sense end the process.
pub fn run_from(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = Arguments::parse_from(arguments);
    let setting = Setting::new(arguments.config, arguments.json);
    let outcome = match arguments.command {
        Command::Run => run::run(&setting),
        Command::Demo(arguments) => arguments.run(&setting),
        Command::Init(arguments) => arguments.run(&setting),
        Command::Check(arguments) => arguments.run(&setting),
        Command::Fmt(arguments) => arguments.run(&setting),
        Command::Lsp => lsp::run(&setting),
        Command::Test(arguments) => arguments.run(&setting),
        Command::Explain(arguments) => arguments.run(&setting),
        Command::Probe(arguments) => arguments.run(&setting),
        Command::Dkim(arguments) => arguments.run(&setting),
        Command::Import(arguments) => arguments.run(),
        Command::Plugin(arguments) => arguments.run(&setting),
        Command::Replay(arguments) => arguments.run(&setting),
        Command::Shadow(arguments) => arguments.run(&setting),
        Command::Promote(arguments) => arguments.run(&setting),
        Command::Queue(arguments) => arguments.run(&setting),
        Command::Quarantine(arguments) => arguments.run(&setting),
        Command::Reload(arguments) => arguments.run(&setting),
        Command::Admin(arguments) => arguments.run(&setting),
        Command::Status => status::run(&setting),
        Command::Trace(arguments) => arguments.run(&setting),
    };
    match outcome {
        Ok(Outcome::Fine) => 0,
        Ok(Outcome::Problems) => 1,
        Err(error) => {
            output::complain(format_args!("waxseal: {error:#}"));
            2
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
