//! `waxseal plugin build`: compiles a plugin to a component, and checks it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use waxseal_plugins::bundle::is_stem;
use waxseal_plugins::decider::Role;
use waxseal_plugins::wasm::Files;
use waxseal_plugins::wasm::inspect::Inspection;

use super::super::setting::{Setting, listed, shown};
use super::super::{Outcome, output};
use super::component::component;
use super::inspect::{Inspected, configuration, inspected, say_answers, say_as_data};
use super::{Kind, NAMES, compile, say_what_it_is};

/// Compile a plugin to a component, and check it as the relay does when it loads it
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The directory of the crate
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// A core module that other tools have built, instead of a crate
    #[arg(long, value_name = "FILE", conflicts_with = "directory")]
    module: Option<PathBuf>,
    /// Where the component goes [default: NAME.wasm in the crate, NAME.component.wasm beside the module]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// What it is meant to be [default: what its Cargo.toml says, else its hooks]
    #[arg(long = "as", value_enum, value_name = "KIND")]
    kind: Option<Kind>,
}

/// A core module, and what becomes of it.
struct Module {
    /// The module.
    file: PathBuf,
    /// The plugin's name.
    name: String,
    /// The component.
    out: PathBuf,
    /// Where its configuration would lie.
    config: PathBuf,
    kind: Option<Kind>,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        let Self { directory, module, out, kind } = self;
        let module = match module {
            Some(file) => Module::of_other_tools(file)?,
            None => match compile::compile(&directory)? {
                Some(compiled) => Module::of_crate(compiled)?,
                // The compiler has said what is wrong.
                None => return Ok(Outcome::Problems),
            },
        };
        Module { out: out.unwrap_or(module.out), kind: kind.or(module.kind), ..module }.make(setting)
    }
}

impl Module {
    fn of_crate(compiled: compile::Compiled) -> anyhow::Result<Self> {
        let name = stem(&compiled.file)?;
        let beside = |extension| compiled.package.join(format!("{name}.{extension}"));
        let (out, config) = (beside("wasm"), beside("toml"));
        Ok(Self { file: compiled.file, name, out, config, kind: compiled.kind })
    }

    fn of_other_tools(file: PathBuf) -> anyhow::Result<Self> {
        let name = stem(&file)?;
        let beside = |extension| file.with_file_name(format!("{name}.{extension}"));
        let (out, config) = (beside("component.wasm"), beside("toml"));
        Ok(Self { file, name, out, config, kind: None })
    }

    fn make(&self, setting: &Setting) -> anyhow::Result<Outcome> {
        let module = fs::read(&self.file).with_context(|| format!("{} cannot be read", shown(&self.file)))?;
        let (octets, inspected) = match component(&shown(&self.file), &module) {
            Ok(wasm) => (wasm.len(), self.checked(&wasm)?),
            Err(errors) => (0, Err(errors)),
        };
        if setting.json {
            say_as_data(&self.out, octets, &inspected)?;
        } else {
            self.say(octets, &inspected);
        }
        let good = inspected.is_ok_and(|inspection| !inspection.fails());
        Ok(if good { Outcome::Fine } else { Outcome::Problems })
    }

    /// Checks a component and writes it. One that no relay would load is not written: what was there
    /// before may be better.
    fn checked(&self, wasm: &[u8]) -> anyhow::Result<Inspected> {
        let config = configuration(&self.config)?;
        // By its name, which the file at hand need not have: grants and the configuration go by it.
        let named = self.config.with_extension("wasm");
        let inspected = inspected(
            &named,
            self.kind.map(Kind::role),
            Files { wasm, config: config.as_ref(), lists: None },
        );
        if inspected.is_ok() {
            fs::write(&self.out, wasm).with_context(|| format!("{} cannot be written", shown(&self.out)))?;
        }
        Ok(inspected)
    }

    fn say(&self, octets: usize, inspected: &Inspected) {
        match inspected {
            Err(errors) => output::say(listed(errors).trim_end()),
            Ok(inspection) => {
                output::say(format_args!("wrote {}", shown(&self.out)));
                say_what_it_is(octets, inspection);
                if inspection.fails() {
                    say_answers(inspection);
                } else {
                    self.say_what_comes_next(inspection);
                }
            }
        }
    }

    fn say_what_comes_next(&self, Inspection { role, grants, lists, .. }: &Inspection) {
        let (name, folder) = (&self.name, role.folder());
        output::say("\nNext, in the site of a relay:");
        if !grants.is_empty() {
            let grants: Vec<_> = grants.iter().map(|grant| format!("\"{grant}\"")).collect();
            output::say("  grant what it asks for, in waxseal.toml, and start the relay anew:");
            output::say(format_args!("    [plugin.{name}]\n    grant = [{}]", grants.join(", ")));
        }
        for list in lists {
            output::say(format_args!(
                "  it looks into a list, which has to be there: SITE/policies/lists/{list}.txt"
            ));
        }
        output::say(format_args!("  cp {} SITE/policies/{folder}/{name}.wasm", shown(&self.out)));
        if self.config.exists() {
            output::say(format_args!("  cp {} SITE/policies/{folder}/{name}.toml", shown(&self.config)));
        }
        if let Role::Policy(direction) = role {
            output::say(format_args!(
                "  a row of {direction} mail in domains.rhai names it: \"partner.example\" {name}"
            ));
        }
    }
}

/// What a plugin is called: its file's name up to the first dot.
fn stem(file: &Path) -> anyhow::Result<String> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.split('.').next().unwrap_or_default();
    if !is_stem(name) {
        bail!("`{name}` cannot be the name of a plugin: {NAMES}");
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_other_tools_is_never_overwritten() {
        let module = Module::of_other_tools("build/pin.wasm".into()).unwrap();
        assert_eq!(module.out, Path::new("build/pin.component.wasm"));
        assert_eq!(module.config, Path::new("build/pin.toml"));
        assert_eq!(Module::of_other_tools("pin.core.wasm".into()).unwrap().name, "pin");
        let error = Module::of_other_tools("my-pin.wasm".into()).err().unwrap();
        assert!(error.to_string().contains("`my-pin` cannot be the name of a plugin"), "{error}");
    }
}
