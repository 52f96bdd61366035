//! `waxseal plugin new`: a crate to begin a plugin with. Nothing is ever overwritten.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use waxseal_plugins::bundle::is_stem;

use super::super::{Outcome, output};
use super::template::Crate;
use super::{Kind, NAMES};

/// Begin a plugin: a crate that builds, with an example to change, its tests and a README
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// What it is called: the directory, the crate, and for a policy the word of the domain table
    name: String,
    #[command(flatten)]
    meant: Meant,
    /// Take the SDK of a checkout, its folder sdk/, instead of a copy of this relay's own
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

/// What it is meant to be.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Meant {
    /// A policy of this direction
    #[arg(long, value_enum, value_name = "DIRECTION")]
    policy: Option<Direction>,
    /// A filter, which is asked about all mail
    #[arg(long)]
    filter: bool,
}

/// The direction of a policy.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Direction {
    Incoming,
    Outgoing,
}

/// Crates that a plugin could not be told apart from.
const CRATES: [&str; 9] =
    ["alloc", "core", "proc_macro", "serde", "serde_json", "std", "test", "waxseal_sdk", "wit_bindgen"];

/// The words of Rust; many of them are words of Rhai too.
const WORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let Self { name, meant, sdk } = self;
        check_name(&name)?;
        let sdk = sdk.as_deref().map(from_inside).transpose()?;
        let made = Crate { name: &name, kind: meant.kind(), sdk: sdk.as_deref() };
        write(Path::new(&name), &made)?;
        let role = made.kind.role().word();
        output::say(format_args!(
            "wrote {name}/: src/lib.rs is the plugin ({role}), README.md says how to go on"
        ));
        output::say(format_args!("next:\n  cd {name}\n  cargo test\n  waxseal plugin build"));
        Ok(Outcome::Fine)
    }
}

impl Meant {
    fn kind(&self) -> Kind {
        match self.policy {
            Some(Direction::Incoming) => Kind::Incoming,
            Some(Direction::Outgoing) => Kind::Outgoing,
            None => Kind::Filter,
        }
    }
}

fn check_name(name: &str) -> anyhow::Result<()> {
    if !is_stem(name) || WORDS.contains(&name) {
        bail!("`{name}` cannot be the name of a plugin: {NAMES}, and none of Rust");
    }
    if CRATES.contains(&name) {
        bail!("`{name}` cannot be the name of a plugin: another crate is called so");
    }
    Ok(())
}

/// The path of the SDK, as seen from inside the new directory.
fn from_inside(sdk: &Path) -> anyhow::Result<PathBuf> {
    let manifest = fs::read_to_string(sdk.join("Cargo.toml")).unwrap_or_default();
    if !manifest.contains("name = \"waxseal-sdk\"") {
        bail!("{} is not the folder of the SDK: it is sdk/ in Waxseal's sources", sdk.display());
    }
    Ok(Path::new("..").join(sdk))
}

/// Writes the files into a directory that is not there yet.
fn write(directory: &Path, made: &Crate<'_>) -> anyhow::Result<()> {
    match fs::create_dir(directory) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists, and is left as it is", directory.display())
        }
        made => made.with_context(|| format!("{} cannot be made", directory.display()))?,
    }
    for (path, text) in made.files() {
        let file = directory.join(&*path);
        fs::create_dir_all(file.parent().unwrap_or(directory))
            .and_then(|()| fs::write(&file, &*text))
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_do_for_the_table_and_for_rust() {
        for good in ["pinned_key", "mail2", "host"] {
            check_name(good).unwrap();
        }
        for bad in ["", "Pinned", "pinned-key", "2fa", "a/b", "../a", "because", "fn", "dyn", "type", "std"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        let error = check_name("serde").unwrap_err();
        assert_eq!(error.to_string(), "`serde` cannot be the name of a plugin: another crate is called so");
    }

    #[test]
    fn nothing_is_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("mine");
        let made = Crate { name: "mine", kind: Kind::Filter, sdk: None };
        write(&folder, &made).unwrap();
        fs::write(folder.join("src/lib.rs"), "mine").unwrap();
        let error = write(&folder, &made).unwrap_err();
        assert!(error.to_string().ends_with("exists, and is left as it is"), "{error}");
        assert_eq!(fs::read_to_string(folder.join("src/lib.rs")).unwrap(), "mine");
        assert!(folder.join("waxseal-sdk/src/lib.rs").is_file());
    }

    #[test]
    fn the_sdk_of_a_checkout_is_seen_from_inside() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk");
        assert_eq!(from_inside(&checkout).unwrap(), checkout, "an absolute path stays");
        let error = from_inside(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
        assert!(error.to_string().ends_with("it is sdk/ in Waxseal's sources"), "{error}");
    }
}
