//! `waxseal fmt`: the canonical layout of the domain table.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::table;

use super::output::counted;
use super::setting::{Setting, shown};
use super::{Outcome, in_place, output};

/// Lay the domain table out: aligned columns, clauses in their order, comments kept
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Tables, directories that hold one, or - for standard input [default: that of the configuration]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing; say which files are not laid out, and exit with 1
    #[arg(long)]
    check: bool,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// It was laid out already.
    Unchanged,
    /// It is now, or with `--check`, is not.
    Changed,
    /// It cannot be.
    Refused,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        if self.files == [Path::new("-")] {
            return standard_input();
        }
        let files = if self.files.is_empty() { vec![setting.config()?.policies] } else { self.files.clone() };
        let done = files.iter().map(|file| self.file(&table_of(file))).collect::<anyhow::Result<Vec<_>>>()?;
        let count = |wanted| done.iter().filter(|one| **one == wanted).count();
        let (changed, refused) = (count(Done::Changed), count(Done::Refused));
        if changed + refused == 0 {
            output::say(format_args!("{}: nothing to lay out", counted(done.len(), "file")));
        }
        let is_fine = refused == 0 && (changed == 0 || !self.check);
        Ok(if is_fine { Outcome::Fine } else { Outcome::Problems })
    }

    fn file(&self, file: &Path) -> anyhow::Result<Done> {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let laid_out = match table::format(&text) {
            Ok(laid_out) => laid_out,
            Err(findings) => {
                refuse(findings, &shown(file));
                return Ok(Done::Refused);
            }
        };
        if laid_out == text {
            return Ok(Done::Unchanged);
        }
        if self.check {
            output::say(format_args!("{} is not laid out", shown(file)));
        } else {
            replace(file, &laid_out)?;
            output::say(format_args!("laid out {}", shown(file)));
        }
        Ok(Done::Changed)
    }
}

/// A directory stands for the table in it.
fn table_of(file: &Path) -> PathBuf {
    if file.is_dir() { file.join(table::PATH) } else { file.to_owned() }
}

/// An editor gives the text and takes it back; what is wrong goes beside it.
fn standard_input() -> anyhow::Result<Outcome> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("reading standard input")?;
    match table::format(&text) {
        Ok(laid_out) => {
            std::io::stdout().write_all(laid_out.as_bytes()).context("writing standard output")?;
            Ok(Outcome::Fine)
        }
        Err(findings) => {
            refuse(findings, "standard input");
            Ok(Outcome::Problems)
        }
    }
}

fn refuse(findings: Vec<Diagnostic>, file: &str) {
    for mut finding in findings {
        finding.place.path = file.into();
        output::complain(finding);
    }
}

/// In one step: a relay that watches the file never reads half of it.
fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    // A link stays one: what it leads to is replaced.
    let file = file.canonicalize().with_context(|| format!("reading {}", file.display()))?;
    let directory = file.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let like = fs::metadata(&file)?;
        let mut new = tempfile::Builder::new().prefix(".domains").suffix(".tmp").tempfile_in(directory)?;
        new.write_all(text.as_bytes())?;
        // The relay, which is seldom who writes the table, is to read it as before. The rights come last:
        // some go with the owner.
        in_place::hand_over(new.as_file(), &like)?;
        new.as_file().set_permissions(like.permissions())?;
        new.as_file().sync_all()?;
        new.persist(&file)?;
        in_place::settle(directory);
        Ok(())
    };
    write().with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use super::*;

    const UGLY: &str = "incoming { \"*\" attempt }\noutgoing { \"*\" attempt }\n";

    fn run(check: bool, file: &Path) -> Outcome {
        let arguments = Arguments { files: vec![file.to_owned()], check };
        arguments.run(&Setting::new(None, false)).unwrap()
    }

    #[test]
    fn a_table_is_laid_out_in_place_and_comes_to_rest() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("domains.rhai");
        fs::write(&file, UGLY).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(run(true, directory.path()), Outcome::Problems);
        assert_eq!(fs::read_to_string(&file).unwrap(), UGLY, "--check writes nothing");
        assert_eq!(run(false, directory.path()), Outcome::Fine);
        assert!(fs::read_to_string(&file).unwrap().starts_with("incoming {\n    \"*\"   "));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(run(true, directory.path()), Outcome::Fine);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_table_stays_whose_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("domains.rhai");
        fs::write(&file, UGLY).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root can give files away; anybody else has their own group to lose, and keeps it.
        let _ = chown(&file, Some(4321), Some(4322));
        let before = fs::metadata(&file).unwrap();
        assert_eq!(run(false, &file), Outcome::Fine);
        let after = fs::metadata(&file).unwrap();
        assert_ne!(after.ino(), before.ino(), "another file is there");
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert_eq!(after.mode() & 0o777, 0o640);
    }

    #[test]
    fn what_is_broken_or_no_table_is_left_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("domains.rhai");
        fs::write(&file, "outgoing { \"x\" }").unwrap();
        assert_eq!(run(false, &file), Outcome::Problems);
        assert_eq!(fs::read_to_string(&file).unwrap(), "outgoing { \"x\" }");
        let script = directory.path().join("mine.rhai");
        fs::write(&script, "fn offer(host){start_tls()}").unwrap();
        assert_eq!(run(false, &script), Outcome::Fine);
        assert_eq!(fs::read_to_string(&script).unwrap(), "fn offer(host){start_tls()}");
    }
}
