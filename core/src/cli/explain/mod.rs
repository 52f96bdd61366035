//! `waxseal explain`: what would become of mail, and which line decides.

mod facts;
mod incoming;
mod outgoing;
mod shown;
mod view;
mod way;

use std::sync::Arc;

use anyhow::anyhow;
use clap::Subcommand;
use serde::Serialize;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::conversation::{Situation, Switch};
use waxseal_plugins::explain::{Case, Explanation};
use waxseal_plugins::hooks::Direction;

use self::way::Way;
use super::policies::{self, Standing};
use super::setting::Setting;
use super::{Outcome, output};
use crate::config::Config;
use crate::outgoing::mail_hosts::MailHost;
use crate::relay;

/// Show which row and line decides what becomes of mail, in each situation
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Mail to a domain
    Outgoing(outgoing::Arguments),
    /// Mail of a sender's domain, or from a client's address
    Incoming(incoming::Arguments),
}

/// What both directions take.
#[derive(Debug, clap::Args)]
struct Options {
    /// Show one situation in full: every hook, and everyone who was asked
    #[arg(long, value_name = "NAME")]
    situation: Option<String>,
    /// A fact that differs, as in host.recent_failures=3 or certificate.expired=true; may be repeated
    #[arg(long = "fact", value_name = "KEY=VALUE")]
    facts: Vec<String>,
}

const AFTER: &str = "\
Nobody is connected to, and nothing is sent: the policies on the disk are asked about peers that are only \
imagined. `waxseal probe` tries the real ones. Situations: ";

/// What is explained, with what it rests on.
#[derive(Serialize)]
struct Report {
    /// Whom it is about, as it was written.
    subject: String,
    policies: Standing,
    /// Whether TLS is on.
    tls: Switch,
    /// What was imagined where nothing was said, in words.
    imagined: Vec<String>,
    /// The hosts, where they were looked up or a route names one, and filters choose no other way.
    hosts: Vec<MailHost>,
    /// The way that filters choose; outgoing only.
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<Way>,
    #[serde(flatten)]
    explanation: Explanation,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let config = setting.config()?;
        match self.command {
            Command::Outgoing(arguments) => arguments.run(setting, &config),
            Command::Incoming(arguments) => arguments.run(setting, &config),
        }
    }
}

impl Report {
    /// Prints it, or one situation of it.
    fn say(mut self, setting: &Setting, situation: Option<Situation>) -> anyhow::Result<Outcome> {
        if let Some(situation) = situation {
            self.explanation.cases.retain(|case| case.situation == situation);
            self.explanation.deciding.retain(|deciding| deciding.situations.contains(&situation));
        }
        if setting.json {
            output::say_json(&self)?;
        } else {
            view::heading(&self).iter().for_each(output::say);
            match (situation, self.explanation.cases.first()) {
                (Some(_), Some(case)) => self.say_case(case),
                _ => view::table(&self).iter().for_each(output::say),
            }
        }
        Ok(if self.policies == Standing::Current { Outcome::Fine } else { Outcome::Problems })
    }

    fn say_case(&self, case: &Case) {
        shown::case(case, &self.explanation.deciding).iter().for_each(output::say);
    }
}

/// The policies, and which they are.
fn policies_of(config: &Config) -> anyhow::Result<(Arc<Bundle>, Standing)> {
    policies::load(config, &relay::settings(config))
}

fn switch(config: &Config) -> Switch {
    if config.tls.enabled { Switch::On } else { Switch::Off }
}

fn situation(word: Option<&str>, direction: Direction) -> anyhow::Result<Option<Situation>> {
    let read = word.map(|word| Situation::from_word(word, direction)).transpose();
    read.map_err(|why| anyhow!("--situation: {why}"))
}

/// The help's last words, with the words for the situations.
fn after(direction: Direction) -> String {
    let words: Vec<_> = Situation::of(direction).map(Situation::word).collect();
    format!("{AFTER}{}.", words.join(", "))
}
