//! `waxseal check`: what is wrong with configuration, certificates and policies.

mod explain;
mod places;
mod sarif;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod recipes;

use std::path::Path;

use clap::ValueEnum;
use serde::Serialize;
use waxseal_plugins::bundle::{self, Checked};
use waxseal_plugins::diagnostic::{Diagnostic, Severity};

use super::output::counted;
use super::setting::{Setting, shown};
use super::{Outcome, output};
use crate::admin::protocol::{Finding, findings};
use crate::authentication::sign::Keyring;
use crate::config::Config;
use crate::relay;
use crate::tls::Tls;

/// Check configuration, certificates and policies
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How findings are printed [default: text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// The same as --format sarif
    #[arg(long, conflicts_with = "format")]
    sarif: bool,
    /// Exit with 1 for warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Say what a code means and what would be right; without a code, list all
    #[arg(long, value_name = "CODE", num_args = 0..=1)]
    explain: Option<Option<String>>,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For code hosts and editors: SARIF 2.1.0
    Sarif,
}

#[derive(Debug, Serialize)]
struct Report {
    errors: usize,
    warnings: usize,
    rows: usize,
    policies: usize,
    tests_passed: usize,
    findings: Vec<Finding>,
}

impl Arguments {
    /// Checks all there is to check, or explains a code.
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        if let Some(code) = &self.explain {
            return explain::run(code.as_deref(), setting);
        }
        let file = setting.file()?;
        let (all, checked) = check(&file);
        let errors = all.iter().filter(|finding| finding.severity == Severity::Error).count();
        let report = Report::new(&all, errors, checked.as_ref());
        match self.format(setting) {
            Format::Text => {
                all.iter().for_each(output::say);
                output::say(summary(&shown(&file), errors, report.warnings, checked.as_ref()));
            }
            Format::Json => output::say_json(&report)?,
            Format::Sarif => output::say_json(&sarif::log(&all, &file, policies(&file).as_deref()))?,
        }
        let denied = if self.deny_warnings { all.len() } else { errors };
        Ok(if denied == 0 { Outcome::Fine } else { Outcome::Problems })
    }

    fn format(&self, setting: &Setting) -> Format {
        match self.format {
            Some(format) => format,
            None if self.sarif => Format::Sarif,
            None if setting.json => Format::Json,
            None => Format::Text,
        }
    }
}

impl Report {
    fn new(all: &[Diagnostic], errors: usize, checked: Option<&Checked>) -> Self {
        Self {
            errors,
            warnings: all.len() - errors,
            rows: checked.map_or(0, |checked| checked.rows),
            policies: checked.map_or(0, |checked| checked.policies),
            tests_passed: checked.map_or(0, |checked| checked.tests.passed.len()),
            findings: findings(all),
        }
    }
}

/// The policies' directory; `None` where the configuration is too broken to say.
fn policies(file: &Path) -> Option<std::path::PathBuf> {
    Config::load(file).ok().map(|(config, _)| config.policies)
}

/// All findings, and what the policies came to: `None` where the configuration does not say where
/// they are.
fn check(file: &Path) -> (Vec<Diagnostic>, Option<Checked>) {
    let (config, mut all) = match Config::load(file) {
        Ok(loaded) => loaded,
        Err(errors) => return (errors, None),
    };
    all.extend(check_identities(&config));
    all.extend(check_signing_keys(&config));
    all.extend(places::check(&config));
    let checked = bundle::check(&config.policies, &relay::settings(&config));
    all.extend(checked.diagnostics.iter().cloned());
    all.extend(checked.tests.findings());
    (all, Some(checked))
}

fn check_identities(config: &Config) -> Vec<Diagnostic> {
    if !config.tls.enabled {
        return Vec::new();
    }
    // Where no identity is configured, loading makes one: a check leaves no traces.
    let Ok(elsewhere) = tempfile::tempdir() else { return Vec::new() };
    let trial = Config { data_dir: elsewhere.path().to_owned(), ..config.clone() };
    let mut findings = Tls::load(&trial).map_or_else(|errors| errors, |(_, warnings)| warnings);
    let (from, to) = (trial.data_dir.to_string_lossy(), config.data_dir.to_string_lossy());
    for finding in &mut findings {
        finding.place.path = finding.place.path.replace(&*from, &to).into();
    }
    findings
}

fn check_signing_keys(config: &Config) -> Vec<Diagnostic> {
    Keyring::load(config).err().unwrap_or_default()
}

fn summary(file: &str, errors: usize, warnings: usize, checked: Option<&Checked>) -> String {
    let found = match (errors, warnings) {
        (0, 0) => "fine".to_owned(),
        (0, _) => format!("fine, with {}", counted(warnings, "warning")),
        (_, 0) => counted(errors, "error"),
        _ => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let read = checked.map_or_else(
        || "policies were not read".to_owned(),
        |checked| {
            if checked.policies == 0 {
                return "policies do not load".to_owned();
            }
            let tests = counted(checked.tests.passed.len(), "test");
            format!(
                "{}, {}, {tests} passed",
                counted(checked.rows, "row"),
                counted(checked.policies, "policy")
            )
        },
    );
    format!("{file}: {found} ({read})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts() {
        assert_eq!(summary("w.toml", 1, 2, None), "w.toml: 1 error, 2 warnings (policies were not read)");
    }

    /// The examples are what people copy.
    #[test]
    fn the_examples_are_fine() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
        let directories = std::fs::read_dir(&examples).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<_> =
            directories.map(|path| path.join("waxseal.toml")).filter(|file| file.exists()).collect();
        assert!(files.len() > 2, "the examples have vanished");
        let index = std::fs::read_to_string(examples.join("README.md")).unwrap();
        for file in files {
            let name = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            assert!(index.contains(&format!("[{name}]")), "{name} is not in the index");
            let (findings, checked) = check(&file);
            let errors: Vec<_> = findings.iter().filter(|one| one.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{}", errors.iter().map(ToString::to_string).collect::<String>());
            assert!(!checked.unwrap().tests.passed.is_empty(), "{name}");
        }
    }

    #[test]
    fn grants_to_a_plugin_that_is_not_there_are_pointed_out() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("policies")).unwrap();
        let file = directory.path().join("waxseal.toml");
        let granted = "\n[plugin.pined]\ngrant = [\"kv\"]\n";
        std::fs::write(&file, include_str!("../config/good/smallest.toml").to_owned() + granted).unwrap();
        let (findings, _) = check(&file);
        assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["W008"]);
    }

    #[test]
    fn a_broken_configuration_leaves_the_policies_unread() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("waxseal.toml");
        std::fs::write(&file, "hostname = 5").unwrap();
        let (findings, checked) = check(&file);
        assert!(checked.is_none() && !findings.is_empty());
    }
}
