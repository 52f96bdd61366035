//! `waxseal promote`: the candidate in the shadow comes into force.
//!
//! The relay judges, and takes the files up; this command changes them. So the relay needs no right to
//! write its own policies, and who may edit them may promote.

mod exchange;

use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Serialize;
use waxseal_plugins::verdicts::Change;

use super::replay::{show_changes, verdict};
use super::setting::{Setting, shown};
use super::shadow::{NOBODY, asked};
use super::{Outcome, output};
use crate::admin::protocol::{Part, Reloaded, Request, Response};
use crate::admin::shadow::{Answer, Ask, Shadow};

/// Make the policies in the shadow live
///
/// They are judged as at a reload. Their files take the place of those in force in one step; these are kept
/// in a dated directory beside.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Take them even if something that was decided since they are asked gets weaker
    #[arg(long)]
    accept_weaker: bool,
    /// Take them even if they lost what those in force have: see `waxseal reload`
    #[arg(long)]
    accept_removals: bool,
}

/// What has come of it.
#[derive(Debug, Serialize)]
struct Promoted<'a> {
    generation: u64,
    candidate: &'a Path,
    policies: &'a Path,
    kept: &'a Path,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        match asked(setting, Ask::Judge { accept_removals: self.accept_removals })? {
            Answer::Good { candidate, in_force: true, .. } => {
                bail!("the policies in {} are in force already", shown(&candidate.directory))
            }
            Answer::Good { candidate, .. } if candidate.report.weaker > 0 && !self.accept_weaker => {
                refuse(&candidate);
                Ok(Outcome::Problems)
            }
            Answer::Good { candidate, live, .. } => self.promote(setting, &candidate, &live),
            Answer::Changed => bail!(
                "its files have changed since it is asked: `waxseal shadow start DIR` begins anew with them"
            ),
            Answer::Rejected { findings } => {
                output::say_findings(&findings);
                output::say(
                    "it would not be taken; nothing has changed (--accept-removals takes what has lost files or rows)",
                );
                Ok(Outcome::Problems)
            }
            Answer::None | Answer::Candidate(_) => bail!(NOBODY),
        }
    }

    fn promote(&self, setting: &Setting, candidate: &Shadow, live: &Path) -> anyhow::Result<Outcome> {
        let kept = exchange::exchange(&candidate.directory, live, &candidate.hash)
            .with_context(|| format!("{} is as it was", shown(live)))?;
        let reloaded = self.reload(setting, candidate);
        let generation = match reloaded {
            Ok(generation) => generation,
            Err(error) => {
                exchange::back(&kept, live).with_context(|| {
                    format!(
                        "{error:#}; and the policies of before cannot be put back: they are in {}",
                        shown(&kept)
                    )
                })?;
                return Err(error.context("the policies of before were put back"));
            }
        };
        asked(setting, Ask::Stop)?;
        let promoted = Promoted { generation, candidate: &candidate.directory, policies: live, kept: &kept };
        if setting.json {
            output::say_json(&promoted)?;
        } else {
            say(&promoted, candidate);
        }
        Ok(Outcome::Fine)
    }

    /// Has the relay take the files up, if it has not noticed them by itself; the generation in force.
    fn reload(&self, setting: &Setting, candidate: &Shadow) -> anyhow::Result<u64> {
        let request = Request::Reload { accept_removals: self.accept_removals };
        let Response::Reloaded(Reloaded { policies, generation, .. }) = setting.ask(&request)? else {
            bail!("the relay answered something else")
        };
        if let Part::Rejected { findings } = policies {
            let why: Vec<_> = findings.into_iter().map(|finding| finding.rendered).collect();
            bail!("the relay does not take them\n{}", why.join("\n"));
        }
        let Response::Status(status) = setting.ask(&Request::Status)? else {
            bail!("the relay answered something else")
        };
        if status.policies.hash != candidate.hash {
            bail!("other policies have come into force meanwhile");
        }
        Ok(generation)
    }
}

fn refuse(candidate: &Shadow) {
    let mut weaker = candidate.report.clone();
    weaker.groups.retain(|group| group.change == Change::Weaker);
    show_changes(&weaker);
    output::say(format_args!("{}: {}", shown(&candidate.directory), verdict(&candidate.report)));
    output::say("nothing has changed: `waxseal promote --accept-weaker`, if that is meant");
}

fn say(promoted: &Promoted<'_>, candidate: &Shadow) {
    let Promoted { generation, candidate: from, policies, kept } = promoted;
    output::say(format_args!("{} is in force, generation {generation}, in {}", shown(from), shown(policies)));
    if candidate.report.decisions == 0 {
        output::say("  in the shadow it was asked nothing: what it changes, mail will show");
    } else {
        output::say(format_args!("  in the shadow it was asked {}", asked_of(candidate)));
    }
    output::say(format_args!("  the policies of before are in {}; to go back:", shown(kept)));
    output::say(format_args!("    waxseal shadow start {} && waxseal promote", shell(&shown(kept))));
}

fn asked_of(candidate: &Shadow) -> String {
    let decisions = output::counted(candidate.report.decisions, "decision");
    format!("{decisions}: {}", verdict(&candidate.report))
}

/// As a shell takes it for one word.
fn shell(word: &str) -> String {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "/._-:+".contains(char);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
