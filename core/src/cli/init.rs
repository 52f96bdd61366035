//! `waxseal init`: files to start from. Nothing is ever overwritten.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use waxseal_plugins::bundle::SHIPPED;

use super::setting::{Setting, shown};
use super::{Outcome, output};

/// The configuration, commented.
const CONFIGURATION: &str = include_str!("init/waxseal.toml");

/// The domain table, commented.
const TABLE: &str = include_str!("init/domains.rhai");

/// Write a configuration and a domain table, or copy a shipped policy to edit
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Arguments {
    /// The directory for waxseal.toml and policies/domains.rhai
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// A shipped policy to copy into the site's policies, as in outgoing/require
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        match (self.directory, self.policy) {
            (Some(directory), _) => site(&directory),
            (None, Some(policy)) => copy_policy(&setting.config()?.policies, &policy),
            (None, None) => bail!("name a directory, or --policy"),
        }
    }
}

fn site(directory: &Path) -> anyhow::Result<Outcome> {
    let configuration = directory.join("waxseal.toml");
    write_new(&configuration, CONFIGURATION)?;
    write_new(&directory.join("policies/domains.rhai"), TABLE)?;
    output::say("next: edit both, then");
    output::say(format_args!("  waxseal check --config {}", shown(&configuration)));
    output::say(format_args!("  waxseal run --config {}", shown(&configuration)));
    Ok(Outcome::Fine)
}

/// Copies one policy. Copying all would freeze them: a site's file takes the place of the shipped
/// one for ever, also when that is mended in a later version.
fn copy_policy(policies: &Path, name: &str) -> anyhow::Result<Outcome> {
    let path = format!("{}.rhai", name.trim_end_matches(".rhai"));
    let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| *shipped == path) else {
        let known: Vec<&str> = shipped_policies().collect();
        bail!("there is no shipped policy `{name}`; there are: {}", known.join(", "));
    };
    write_new(&policies.join(&path), text)?;
    output::say("it takes the place of the shipped policy; a running relay takes it up by itself");
    Ok(Outcome::Fine)
}

fn shipped_policies() -> impl Iterator<Item = &'static str> {
    let policies =
        SHIPPED.iter().filter(|(path, _)| path.starts_with("incoming/") || path.starts_with("outgoing/"));
    policies.filter_map(|(path, _)| path.strip_suffix(".rhai"))
}

/// Writes a file that is not there yet, and its directories.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    let created = fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match created {
        Ok(()) => output::say(format_args!("wrote {}", shown(path))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists, and is left as it is", path.display())
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be written", path.display())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_configuration_loads_and_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        site(directory.path()).unwrap();
        let file = directory.path().join("waxseal.toml");
        let (config, warnings) = Config::load(&file).unwrap();
        assert_eq!(warnings, []);
        assert!(config.policies.join("domains.rhai").is_file());
        fs::write(&file, "mine").unwrap();
        assert!(site(directory.path()).unwrap_err().to_string().contains("left as it is"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }

    /// What a line has behind its `#`, if it is a setting or begins a section.
    fn setting(line: &str) -> Option<&str> {
        let text = line.strip_prefix("# ")?;
        let key = text.split(' ').next().unwrap_or_default();
        let is_key = text.starts_with(&format!("{key} = "))
            && key.bytes().all(|one| one.is_ascii_lowercase() || one == b'_');
        (is_key || text.starts_with('[')).then_some(text)
    }

    /// Where all files are that settings name.
    fn with_files() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("policies")).unwrap();
        for file in ["tls/cert.pem", "tls/key.pem", "dkim/s2026.pem", "root.key"] {
            let file = directory.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        directory
    }

    fn loads(directory: &Path, text: &str) {
        let file = directory.join("waxseal.toml");
        fs::write(&file, text.replace("plugin.NAME", "plugin.name")).unwrap();
        if let Err(found) = Config::load(&file) {
            panic!("{text}\n{}", found.iter().map(ToString::to_string).collect::<String>());
        }
    }

    #[test]
    fn what_is_commented_out_is_right_as_it_stands() {
        let directory = with_files();
        let all = CONFIGURATION.lines().map(|line| setting(line).unwrap_or(line)).collect::<Vec<_>>();
        loads(directory.path(), &all.join("\n"));
        // Each paragraph alone, too: nobody needs them all.
        let paragraphs: Vec<&str> = CONFIGURATION.split("\n\n").collect();
        for chosen in &paragraphs {
            let paragraph = |one: &&str| match one == chosen {
                true => one.lines().map(|line| setting(line).unwrap_or(line)).collect::<Vec<_>>().join("\n"),
                false => (*one).to_owned(),
            };
            loads(directory.path(), &paragraphs.iter().map(paragraph).collect::<Vec<_>>().join("\n\n"));
        }
    }

    #[test]
    fn every_section_of_the_reference_is_there() {
        let reference = include_str!("../../../docs/reference/configuration.md");
        let sections = reference.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`'));
        // What stands within another section as a table, and the only engine that there is.
        let within = [
            "[delivery.connections]",
            "[delivery.rate]",
            "[delivery.limit.rate]",
            "[milter.timeouts]",
            "[spool]",
        ];
        for section in sections.filter(|section| section.starts_with('[') && !within.contains(section)) {
            let has = |line: &str| {
                line.starts_with(section) || setting(line).is_some_and(|text| text.starts_with(section))
            };
            assert!(CONFIGURATION.lines().any(has), "{section} is missing");
        }
    }
}
