//! `waxseal test`: the policies' own tests.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use waxseal_plugins::bundle::{self, Checked};
use waxseal_plugins::diagnostic::Severity;
use waxseal_plugins::reload;
use waxseal_plugins::testing::coverage::Coverage;
use waxseal_plugins::testing::{Counting, Report, Selection};

use super::output::counted;
use super::setting::{Setting, block_on, listed};
use super::{Outcome, output};
use crate::config::Config;
use crate::relay;

/// What to run, and what to find out besides.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Run only tests of which file or name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Show which lines of scripts and rows of the table the tests meet
    #[arg(long)]
    coverage: bool,
    /// Write that as an lcov tracefile
    #[arg(long, value_name = "FILE")]
    lcov: Option<PathBuf>,
    /// Fail where fewer lines and rows are met, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    coverage_min: Option<u8>,
    /// Run again whenever a file changes
    #[arg(long)]
    watch: bool,
}

impl Arguments {
    /// Runs the tests.
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let config = setting.config()?;
        if !self.watch {
            return self.once(setting, &config);
        }
        // It ends with the terminal's interrupt; what a run comes to is shown and not its end.
        block_on(async {
            reload::watch(&config.policies, async || self.again(setting, &config)).await;
            Ok(Outcome::Fine)
        })
    }

    fn again(&self, setting: &Setting, config: &Config) {
        if let Err(error) = self.once(setting, config) {
            output::complain(format_args!("waxseal: {error:#}"));
        }
        output::complain("waiting for a change; Ctrl-C ends");
    }

    fn once(&self, setting: &Setting, config: &Config) -> anyhow::Result<Outcome> {
        let checked = bundle::check_selected(&config.policies, &relay::settings(config), &self.selection());
        if setting.json {
            output::say_json(&checked.tests)?;
        } else if !is_broken(&checked) {
            say(&checked.tests);
        }
        self.explain_nothing(&checked);
        if is_broken(&checked) {
            // Policies that do not load cannot be tested; without the reason "0 tests" is a riddle.
            anyhow::bail!("the policies do not load\n{}", listed(&checked.diagnostics));
        }
        let enough = checked.tests.coverage.as_ref().map_or(Ok(true), |met| self.met(met, config))?;
        // A misspelt filter must not pass for tests that passed.
        let vain = self.filter.is_some() && !has_run(&checked);
        let fine = checked.tests.failed.is_empty() && enough && !vain;
        Ok(if fine { Outcome::Fine } else { Outcome::Problems })
    }

    fn selection(&self) -> Selection {
        let counts = self.coverage || self.lcov.is_some() || self.coverage_min.is_some();
        let counting = if counts { Counting::LinesAndRows } else { Counting::Nothing };
        Selection { filter: self.filter.clone(), counting }
    }

    /// Writes the tracefile; whether enough was met.
    fn met(&self, coverage: &Coverage, config: &Config) -> anyhow::Result<bool> {
        if let Some(file) = &self.lcov {
            let text = coverage.lcov(&config.policies);
            std::fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        let least = self.coverage_min.unwrap_or(0);
        let enough = coverage.percent() >= usize::from(least);
        if !enough {
            output::complain(format_args!("{} % are met, and {least} % are demanded", coverage.percent()));
        }
        Ok(enough)
    }

    /// Says why no test was run.
    fn explain_nothing(&self, checked: &Checked) {
        match &self.filter {
            _ if has_run(checked) || is_broken(checked) => {}
            Some(text) => {
                output::complain(format_args!("no test was run: none has `{text}` in its file or name"));
            }
            None => output::complain(
                "no test was run: the shipped ones hold for the shipped policies only; yours go into tests/*.rhai",
            ),
        }
    }
}

fn has_run(checked: &Checked) -> bool {
    !checked.tests.passed.is_empty() || !checked.tests.failed.is_empty()
}

fn is_broken(checked: &Checked) -> bool {
    checked.diagnostics.iter().any(|finding| finding.severity == Severity::Error)
}

fn say(tests: &Report) {
    for passed in &tests.passed {
        output::say(format_args!("passed  {passed}"));
    }
    for failed in &tests.failed {
        output::say(format_args!("FAILED  {failed}\n"));
    }
    if let Some(coverage) = &tests.coverage {
        output::say(coverage);
    }
    let failed = tests.failed_tests();
    output::say(format_args!("{} passed, {failed} failed", counted(tests.passed.len(), "test")));
}
