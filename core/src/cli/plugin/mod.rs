//! `waxseal plugin`: plugins from the first file to the component: `new`, `build`, `inspect`.

mod build;
mod compile;
mod component;
mod inspect;
mod new;
mod sdk;
mod template;
mod toolchain;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use waxseal_plugins::decider::Role;
use waxseal_plugins::hooks::Direction;
use waxseal_plugins::wasm::inspect::Inspection;

use super::output::counted;
use super::setting::Setting;
use super::{Outcome, output};
use crate::admin::protocol::Finding;

/// What a name is, said to people.
const NAMES: &str =
    "a name has small letters, digits and `_`, begins with a letter, and is no word of Rhai or of the table";

/// Plugins: policies and filters as WebAssembly components
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin one: a crate that builds, with tests and a README
    New(new::Arguments),
    /// Compile one to a component, and check it
    Build(build::Arguments),
    /// Show what a component is, what it asks for, and what it answers
    Inspect(inspect::Arguments),
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        match self.command {
            Command::New(arguments) => arguments.run(),
            Command::Build(arguments) => arguments.run(setting),
            Command::Inspect(arguments) => arguments.run(setting),
        }
    }
}

/// What a plugin is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A policy of incoming mail.
    Incoming,
    /// A policy of outgoing mail.
    Outgoing,
    /// A filter.
    Filter,
}

impl Kind {
    const fn role(self) -> Role {
        match self {
            Self::Incoming => Role::Policy(Direction::Incoming),
            Self::Outgoing => Role::Policy(Direction::Outgoing),
            Self::Filter => Role::Filter,
        }
    }
}

/// A component, as data.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    octets: usize,
    #[serde(flatten)]
    inspection: Option<Inspection>,
    findings: Vec<Finding>,
}

/// What a component is, in a few lines.
fn say_what_it_is(octets: usize, inspection: &Inspection) {
    let Inspection { name, role, contract, grants, lists, hooks, .. } = inspection;
    let role = match role {
        Role::Policy(direction) => format!("a policy of {direction} mail"),
        Role::Filter => "a filter".to_owned(),
    };
    let hooks: Vec<_> = hooks.iter().map(|one| format!("{} {}", one.direction, one.hook)).collect();
    let grants: Vec<_> = grants.iter().map(ToString::to_string).collect();
    output::say(format_args!("{name}: {role}"));
    output::say(format_args!("  size       {}", counted(octets, "octet")));
    output::say(format_args!("  contract   {}", contract.join(", ")));
    output::say(format_args!("  hooks      {}", hooks.join(", ")));
    output::say(format_args!("  asks for   {}", listed_or_nothing(&grants)));
    if !lists.is_empty() {
        output::say(format_args!("  lists      {} (imagined here, with nothing in them)", lists.join(", ")));
    }
}

fn listed_or_nothing(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}
