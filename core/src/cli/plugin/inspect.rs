//! `waxseal plugin inspect`: what a component is, and what it answers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use waxseal_plugins::bundle::LISTS;
use waxseal_plugins::decider::Role;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::wasm::Files;
use waxseal_plugins::wasm::inspect::{Inspection, inspect};

use super::super::setting::{Setting, listed, shown};
use super::super::{Outcome, output};
use super::{Kind, Report, listed_or_nothing, say_what_it_is};
use crate::admin::protocol::findings;
use crate::config::Config;

/// Show what a component is, what it asks for, and what it answers on ordinary facts
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The component
    file: PathBuf,
    /// The plugin's own configuration, or the relay's, whose lists it then looks into [default: the .toml beside it, if there
    /// is one; lists are imagined]
    // In the place of the global argument of this name.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// What it is meant to be [default: what its folder says, else its hooks]
    #[arg(long = "as", value_enum, value_name = "KIND")]
    kind: Option<Kind>,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let Self { file, config, kind } = self;
        let wasm = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let beside = file.with_extension("toml");
        let lists = config.as_deref().and_then(Config::policies_of).map(|policies| policies.join(LISTS));
        let config = config.filter(|_| lists.is_none());
        let text = match &config {
            Some(named) => Some(read(named)?),
            None => configuration(&beside)?,
        };
        let role = kind.map(Kind::role).or_else(|| role_of_folder(&file));
        let mut inspected =
            inspected(&file, role, Files { wasm: &wasm, config: text.as_ref(), lists: lists.as_deref() });
        if let (Some(named), Err(errors)) = (&config, &mut inspected) {
            rename(errors, &beside, named);
        }
        if setting.json {
            say_as_data(&file, wasm.len(), &inspected)?;
        } else {
            match &inspected {
                Ok(inspection) => say(wasm.len(), inspection),
                Err(errors) => output::say(listed(errors).trim_end()),
            }
        }
        let good = inspected.is_ok_and(|inspection| !inspection.fails());
        Ok(if good { Outcome::Fine } else { Outcome::Problems })
    }
}

/// What is known of a component, or what is wrong with it.
pub(super) type Inspected = Result<Inspection, Vec<Diagnostic>>;

/// Looks at a component, which goes by the name of its file.
pub(super) fn inspected(file: &Path, role: Option<Role>, files: Files<'_>) -> Inspected {
    inspect(&shown(file).into(), role, files)
}

/// The text of a plugin's configuration, where it has one.
pub(super) fn configuration(file: &Path) -> anyhow::Result<Option<Arc<str>>> {
    if file.exists() { read(file).map(Some) } else { Ok(None) }
}

/// Prints a component as data.
pub(super) fn say_as_data(file: &Path, octets: usize, inspected: &Inspected) -> anyhow::Result<()> {
    let (inspection, errors) = match inspected {
        Ok(inspection) => (Some(inspection.clone()), Vec::new()),
        Err(errors) => (None, findings(errors)),
    };
    output::say_json(&Report { file: shown(file), octets, inspection, findings: errors })
}

/// Prints what it answers, a line for each answer of a hook.
pub(super) fn say_answers(inspection: &Inspection) {
    for hook in &inspection.hooks {
        output::say(format_args!("{} {}", hook.direction, hook.hook));
        for answer in &hook.answers {
            output::say(format_args!("  {:>4} x {answer}", answer.times));
        }
    }
    if inspection.fails() {
        output::say("A relay would not load it: it fails on facts as they are met every day.");
    }
}

fn say(octets: usize, inspection: &Inspection) {
    say_what_it_is(octets, inspection);
    output::say(format_args!("  reads      {}", listed_or_nothing(&inspection.reads)));
    output::say("\nOn ordinary facts it answers:");
    say_answers(inspection);
}

/// What is wrong with a configuration is said of the file that was named.
fn rename(errors: &mut [Diagnostic], from: &Path, to: &Path) {
    let from = shown(from);
    for error in errors.iter_mut().filter(|error| *error.place.path == *from) {
        error.place.path = shown(to).into();
    }
}

fn read(file: &Path) -> anyhow::Result<Arc<str>> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(text.into())
}

/// What the folder makes of a file, where it is one of the policies' directory.
fn role_of_folder(file: &Path) -> Option<Role> {
    let file = fs::canonicalize(file).ok()?;
    let folder = file.parent()?.file_name()?.to_str()?;
    let kinds = [Kind::Incoming, Kind::Outgoing, Kind::Filter];
    kinds.map(Kind::role).into_iter().find(|role| role.folder() == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_says_what_a_plugin_is() {
        let directory = tempfile::tempdir().unwrap();
        for (folder, role) in
            [("filters", Some(Role::Filter)), ("outgoing", Some(Kind::Outgoing.role())), ("x", None)]
        {
            let folder = directory.path().join(folder);
            fs::create_dir(&folder).unwrap();
            let file = folder.join("mine.wasm");
            fs::write(&file, "").unwrap();
            assert_eq!(role_of_folder(&file), role);
        }
    }

    #[test]
    fn a_relays_configuration_is_told_from_a_plugins() {
        let site = tempfile::tempdir().unwrap();
        let file = site.path().join("some.toml");
        let policies = |text: &str| {
            fs::write(&file, text).unwrap();
            Config::policies_of(&file)
        };
        assert_eq!(policies("pins = [\"a\"]\nhostname = \"a.example\"\n"), None);
        let relay = "hostname = \"mx.example.org\"\ndata_dir = \"data\"\n";
        assert_eq!(policies(relay), Some(site.path().join("policies")));
        assert_eq!(
            policies(&format!("{relay}policies = \"mine\"\nno_such_key = 1\n")),
            Some(site.path().join("mine"))
        );
        assert_eq!(Config::policies_of(&site.path().join("none.toml")), None);
    }

    #[test]
    fn what_is_wrong_is_said_as_the_relay_says_it() {
        let file = Path::new("mine.wasm");
        for (wasm, expected) in [
            (&b"not wasm"[..], "this is no WebAssembly"),
            (b"", "the file is empty"),
            (b"\0asm\x01\0\0\0", "this is a core module"),
            (b"\0asm\x0d\0\x01\0\xff", "the component cannot be compiled"),
        ] {
            let errors = inspected(file, None, Files { wasm, config: None, lists: None }).unwrap_err();
            assert!(errors[0].to_string().contains(expected), "{}", errors[0]);
        }
    }
}
