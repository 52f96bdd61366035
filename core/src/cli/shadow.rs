//! `waxseal shadow`: a candidate is asked on real traffic, without effect.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::replay::{show_changes, verdict};
use super::setting::Setting;
use super::{Outcome, output};
use crate::admin::protocol::{Request, Response};
use crate::admin::shadow::{Answer, Ask, Shadow};

/// Ask other policies on real traffic, without effect
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Ask the policies in DIR on all that is decided from now on, as its files are now
    Start {
        /// The policies in question
        directory: PathBuf,
    },
    /// Show what they would change; exits with 1 where anything gets weaker
    Show,
    /// Ask them no more
    Stop,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let (ask, is_start) = match self.what {
            What::Start { directory } => {
                let directory =
                    std::fs::canonicalize(&directory).with_context(|| directory.display().to_string())?;
                (Ask::Start { directory }, true)
            }
            What::Show => (Ask::Show, false),
            What::Stop => (Ask::Stop, false),
        };
        let answer = asked(setting, ask)?;
        if setting.json {
            output::say_json(&answer)?;
        }
        match answer {
            Answer::Candidate(shadow) if is_start => {
                if !setting.json {
                    began(&shadow);
                }
                Ok(Outcome::Fine)
            }
            Answer::Candidate(shadow) => {
                if !setting.json {
                    show_changes(&shadow.report);
                    output::say(summary(&shadow));
                }
                Ok(if shadow.report.weaker > 0 { Outcome::Problems } else { Outcome::Fine })
            }
            Answer::Rejected { findings } => {
                if !setting.json {
                    output::say_findings(&findings);
                    output::say("the policies are broken; nothing has changed");
                }
                Ok(Outcome::Problems)
            }
            _ => bail!(NOBODY),
        }
    }
}

/// What is said where no candidate is asked.
pub(super) const NOBODY: &str = "nothing is in the shadow: `waxseal shadow start DIR` asks other policies on real traffic, without effect";

/// Asks the running relay.
pub(super) fn asked(setting: &Setting, ask: Ask) -> anyhow::Result<Answer> {
    let Response::Shadow(answer) = setting.ask(&Request::Shadow(ask))? else {
        bail!("the relay answered something else")
    };
    Ok(answer)
}

/// The candidate in a line.
pub(super) fn summary(shadow: &Shadow) -> String {
    let Shadow { directory, since, skipped, report, .. } = shadow;
    let skipped = if *skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    format!("{} since {since}: {}{skipped}", directory.display(), verdict(report))
}

fn began(shadow: &Shadow) {
    output::say(format_args!("{} is asked from now on, without effect", shadow.directory.display()));
    if !shadow.with_grants.is_empty() {
        output::say(format_args!(
            "  these plugins begin without what those in force remember, and look nothing up: {}",
            shadow.with_grants.join(", ")
        ));
    }
    output::say("  what it would change: `waxseal shadow show`; to make it live: `waxseal promote`");
}
