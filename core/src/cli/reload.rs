//! `waxseal reload`: the running relay reads its files again.

use anyhow::bail;

use super::setting::Setting;
use super::{Outcome, output};
use crate::admin::protocol::{Part, Reloaded, Request, Response};

/// Have the running relay read policies, certificates and signing keys again
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Take policies that lost what those of before had: an emptied directory, a vanished filter, list or override,
    /// over half of the table's rows
    #[arg(long)]
    accept_removals: bool,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let request = Request::Reload { accept_removals: self.accept_removals };
        let Response::Reloaded(reloaded) = setting.ask(&request)? else {
            bail!("the relay answered something else")
        };
        if setting.json {
            output::say_json(&reloaded)?;
        } else {
            show(&reloaded);
            say_configuration(setting)?;
        }
        let rejected = |part: &Part| matches!(part, Part::Rejected { .. });
        let problems = rejected(&reloaded.policies)
            || rejected(&reloaded.identities)
            || rejected(&reloaded.signing_keys);
        Ok(if problems { Outcome::Problems } else { Outcome::Fine })
    }
}

fn show(reloaded: &Reloaded) {
    output::say_findings(reloaded.policies.findings());
    output::say_findings(reloaded.identities.findings());
    output::say(format_args!("policies: {}, generation {}", word(&reloaded.policies), reloaded.generation));
    output::say(format_args!("certificates and roots: {}", word(&reloaded.identities)));
    output::say_findings(reloaded.signing_keys.findings());
    output::say(format_args!("signing keys: {}", word(&reloaded.signing_keys)));
}

/// Whoever changes the configuration and asks for a reload may think that it is read, too.
fn say_configuration(setting: &Setting) -> anyhow::Result<()> {
    if let Response::Status(status) = setting.ask(&Request::Status)?
        && status.configuration_changed
    {
        output::say(
            "the configuration: changed since the start; it is read at the start only, so restart to use it",
        );
    }
    Ok(())
}

fn word(part: &Part) -> &'static str {
    match part {
        Part::Swapped { .. } => "the new ones are in force",
        Part::Unchanged => "unchanged",
        Part::Rejected { .. } => "broken, those of before stay in force",
    }
}
