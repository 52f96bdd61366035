//! `waxseal replay`: recorded decisions are taken to other policies. What would change?

mod show;
mod time;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use jiff::Timestamp;
use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::hooks::{Direction, HookName};

pub(super) use self::show::{show_changes, verdict};
use super::setting::{Setting, errors, listed, shown};
use super::{Outcome, output};
use crate::config::Config;
use crate::outgoing::Ways;
use crate::replay::candidate;
use crate::replay::files::{self, Log, Window};
use crate::replay::replayer::Bundles;

/// Take recorded decisions to other policies: what would change?
///
/// Each recorded decision is asked again, on the facts of its record, of the policies in DIR, and of the
/// rows of their table. Exits with 1 where anything gets weaker: what was held back is let on, TLS that
/// was started is not, or something is no longer demanded.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Decision logs, `-` for standard input [default: the relay's own, with its older parts]
    #[arg(value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// The policies in question
    #[arg(long, value_name = "DIR")]
    policies: PathBuf,
    /// What they are compared with: what was recorded, or what the policies of the configuration say now
    #[arg(long, value_enum, default_value_t = Against::Recorded)]
    against: Against,
    /// Only what was decided since then: 2026-11-27, 2026-11-27T08:00:00Z, or 2h ago
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: Option<Timestamp>,
    /// Only what was decided before then
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<Timestamp>,
}

/// What the policies in question are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    /// What was recorded.
    Recorded,
    /// What the policies of the configuration say now.
    Current,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let config = setting.config()?;
        let candidate = Arc::new(load(&self.policies, &config)?);
        let against = match self.against {
            Against::Recorded => None,
            Against::Current => Some(Arc::new(load(&config.policies, &config)?)),
        };
        let logs = if self.logs.is_empty() { own(&config.data_dir)? } else { named(self.logs) };
        let window = Window { since: self.since, until: self.until };
        let bundles = Bundles { candidate, against, ways: Ways::of(&config) };
        let report = files::replay(&logs, window, &bundles).context("the log cannot be read")?;
        if setting.json {
            output::say_json(&report)?;
        } else {
            show::show(&report, &shown(&self.policies), self.against);
        }
        let is_of_message = |hook: &str| hook == "incoming message" && !report.unrecorded.is_empty();
        warn(&bundles.candidate, |hook| report.hooks.contains_key(hook) || is_of_message(hook));
        Ok(if report.weaker > 0 { Outcome::Problems } else { Outcome::Fine })
    }
}

fn load(directory: &Path, config: &Config) -> anyhow::Result<Bundle> {
    candidate::load(directory, config).map_err(|rejected| {
        let findings = listed(&errors(rejected.diagnostics));
        anyhow!("the policies in {} do not load\n{findings}", shown(directory))
    })
}

fn named(logs: Vec<PathBuf>) -> Vec<Log> {
    let log = |path: PathBuf| if path == Path::new("-") { Log::Input } else { Log::File(path) };
    logs.into_iter().map(log).collect()
}

/// The relay's own log, and what was put aside of it.
fn own(data_dir: &Path) -> anyhow::Result<Vec<Log>> {
    let current = data_dir.join("decisions.ndjson");
    let entries = std::fs::read_dir(data_dir).with_context(|| format!("{}", data_dir.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let is_part = |path: &PathBuf| {
        let number =
            path.extension().and_then(|end| end.to_str()).is_some_and(|end| end.parse::<u32>().is_ok());
        *path == current || number && path.with_extension("") == current
    };
    let logs: Vec<_> = paths.filter(is_part).map(Log::File).collect();
    if logs.is_empty() {
        anyhow::bail!("there is no decision log yet: {}", current.display());
    }
    Ok(logs)
}

/// What the figures do not tell.
fn warn(candidate: &Bundle, has: impl Fn(&str) -> bool) {
    let plugins = candidate::with_grants(candidate);
    if !plugins.is_empty() {
        output::complain(format_args!(
            "note: these plugins begin without what they remember, and look nothing up: {}",
            plugins.join(", ")
        ));
    }
    for hook in [HookName::Connect, HookName::Ehlo, HookName::Rcpt, HookName::Message] {
        let asks = candidate.filters().iter().any(|filter| filter.has(Direction::Incoming, hook));
        if asks && !has(&format!("incoming {hook}")) {
            output::complain(format_args!(
                "note: the candidate has filters for `{hook}`, of which the log has no decision: nobody was asked"
            ));
        }
    }
}
