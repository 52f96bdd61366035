//! `waxseal test`: the policies' own tests.

use waxseal_plugins::bundle;
use waxseal_plugins::diagnostic::Severity;

use super::output::counted;
use super::setting::{Setting, listed};
use super::{Outcome, output};
use crate::relay;

/// Runs the tests.
pub(super) fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    let config = setting.config()?;
    let checked = bundle::check(&config.policies, &relay::settings(&config));
    let tests = &checked.tests;
    let broken = checked.diagnostics.iter().any(|finding| finding.severity == Severity::Error);
    if setting.json {
        output::say_json(tests)?;
    } else {
        for name in &tests.passed {
            output::say(format_args!("passed  {name}"));
        }
        for failure in &tests.failed {
            output::say(format_args!("FAILED  {failure}"));
        }
        output::say(format_args!(
            "{} passed, {} failed",
            counted(tests.passed.len(), "test"),
            tests.failed.len()
        ));
    }
    if tests.passed.is_empty() && tests.failed.is_empty() && !broken {
        output::complain(
            "no test was run: the shipped ones hold for the shipped policies only; yours go into tests/*.rhai",
        );
    }
    if broken {
        // Policies that do not load cannot be tested; without the reason "0 tests" is a riddle.
        anyhow::bail!("the policies do not load\n{}", listed(&checked.diagnostics));
    }
    Ok(if tests.failed.is_empty() { Outcome::Fine } else { Outcome::Problems })
}
