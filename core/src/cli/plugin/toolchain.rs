//! What building a plugin takes of the machine: cargo, rustc, and a standard library for the target.
//! What is missing is said before cargo begins, with what to install.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail};

/// The target: no system beneath it, so a plugin has nothing but what the relay gives it.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// A toolchain that can build plugins.
#[derive(Debug)]
pub(super) struct Toolchain {
    cargo: OsString,
}

impl Toolchain {
    /// The toolchain that is in force in a directory.
    pub(super) fn find(directory: &Path) -> anyhow::Result<Self> {
        let variable = |name: &str| std::env::var(name).ok();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        run(Command::new(&cargo).arg("--version").current_dir(directory))
            .map_err(|error| absent(&cargo, &error))?;
        let mut asked = Command::new(&rustc);
        asked.args(["--print", "target-libdir", "--target", TARGET]).args(sysroot(variable));
        let printed = run(asked.current_dir(directory)).map_err(|error| absent(&rustc, &error))?;
        if !has_std(&PathBuf::from(printed.trim())) {
            let version =
                run(Command::new(&rustc).arg("--version").current_dir(directory)).unwrap_or_default();
            bail!("{}", no_target(version.trim()));
        }
        Ok(Self { cargo })
    }

    /// Runs cargo in a directory; gives its standard output, or `None` where it failed and has said why.
    pub(super) fn cargo(&self, directory: &Path, arguments: &[&str]) -> anyhow::Result<Option<String>> {
        let mut command = Command::new(&self.cargo);
        command.args(arguments).current_dir(directory).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = command.output().context("cargo cannot be run")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(output.status.success().then_some(said))
    }
}

/// Runs a program; gives its standard output.
fn run(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

fn absent(program: &OsString, error: &io::Error) -> anyhow::Error {
    let program = program.display();
    match error.kind() {
        ErrorKind::NotFound => {
            anyhow!("there is no `{program}`: plugins are built by Rust, see https://rustup.rs")
        }
        _ => anyhow!("`{program}` does not run: {error}"),
    }
}

fn no_target(version: &str) -> String {
    format!(
        "the target {TARGET} is not installed for {version}. Do one of these:\n\
         \x20 with rustup:   rustup target add {TARGET}\n\
         \x20 on Debian 12:  scripts/wasm-target.sh in Waxseal's sources makes it of Debian's packages, and prints\n\
         \x20                the environment in which this command then finds it"
    )
}

/// Whether the standard library is in a directory.
fn has_std(directory: &Path) -> bool {
    let is_std = |name: &str| name.starts_with("libstd-") && name.ends_with(".rlib");
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_str().is_some_and(is_std))
}

/// The flags that lead rustc to another standard library, of those that cargo will give it. Of several
/// variables cargo heeds the first.
fn sysroot(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let encoded = || variable("CARGO_ENCODED_RUSTFLAGS").map(|flags| words(&flags, '\x1f'));
    let plain = |name| variable(name).map(|flags| words(&flags, ' '));
    let flags = encoded()
        .or_else(|| plain("RUSTFLAGS"))
        .or_else(|| plain("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS"))
        .unwrap_or_default();
    let mut flags = flags.into_iter();
    while let Some(flag) = flags.next() {
        if flag == "--sysroot" {
            return flags.next().map(|path| vec![flag, path]).unwrap_or_default();
        }
        if flag.starts_with("--sysroot=") {
            return vec![flag];
        }
    }
    Vec::new()
}

fn words(flags: &str, separator: char) -> Vec<String> {
    flags.split(separator).filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standard_library_elsewhere_is_found_as_cargo_finds_it() {
        let flags = |variables: &'static [(&str, &str)]| {
            sysroot(|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, flags)| (*flags).to_owned())
            })
        };
        const OWN: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";
        assert_eq!(flags(&[(OWN, "-Copt-level=s  --sysroot /a")]), ["--sysroot", "/a"]);
        assert_eq!(flags(&[("RUSTFLAGS", "--sysroot=/b"), (OWN, "--sysroot /a")]), ["--sysroot=/b"]);
        assert_eq!(flags(&[("CARGO_ENCODED_RUSTFLAGS", "--sysroot\x1f/c d")]), ["--sysroot", "/c d"]);
        assert!(flags(&[("RUSTFLAGS", "-g"), (OWN, "--sysroot /a")]).is_empty(), "cargo does not join them");
        assert!(flags(&[]).is_empty());
    }

    #[test]
    fn a_directory_without_the_standard_library_is_no_target() {
        let directory = tempfile::tempdir().unwrap();
        assert!(!has_std(&directory.path().join("missing")));
        assert!(!has_std(directory.path()));
        fs::write(directory.path().join("libstd-0123.rlib"), "").unwrap();
        assert!(has_std(directory.path()));
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_install() {
        let error = run(&mut Command::new("/nowhere/cargo")).unwrap_err();
        assert!(absent(&"/nowhere/cargo".into(), &error).to_string().contains("https://rustup.rs"));
        assert!(no_target("rustc 1.95.0").contains("rustup target add wasm32-unknown-unknown"));
    }
}
