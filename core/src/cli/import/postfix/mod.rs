//! `waxseal import postfix`: a policy map of Postfix becomes rows of the outgoing block.
//!
//! What has no exact counterpart is said at the row and on standard error; the stricter reading is
//! taken, never a weaker one. What has none at all is not converted: it is listed, and is a problem.
//! The map is described in postconf(5) under `smtp_tls_policy_maps`, and in `TLS_README`.

mod ciphers;
mod lines;
mod names;
mod policy;
mod protocols;
mod rows;
mod table;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use self::policy::Level;
use self::table::Import;
use super::super::output::counted;
use super::super::{Outcome, output};

/// Make a domain table of an `smtp_tls_policy_maps` of Postfix, as text
#[derive(Debug, clap::Args)]
pub(in super::super) struct Arguments {
    /// The map, in its text form; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the table is written [default: standard output]; never overwritten
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What `postconf smtp_tls_security_level` says: it becomes the row `*`
    #[arg(long, value_name = "LEVEL", default_value = "may", value_parser = Level::read)]
    security_level: Level,
}

impl Arguments {
    /// Reads, converts, writes, and says on standard error what differs.
    pub(super) fn run(self) -> anyhow::Result<Outcome> {
        let text = read(&self.file)?;
        let import = Import::of(&text, self.security_level);
        let name = self.file.display().to_string();
        let table = import.table(&name);
        match &self.output {
            Some(file) => write_new(file, &table)?,
            None => io::stdout().lock().write_all(table.as_bytes())?,
        }
        for remark in import.remarks() {
            output::complain(format_args!("{name}:{remark}"));
        }
        let (rows, refused) = (import.converted(), import.refused());
        output::complain(format_args!("{name}: {} converted, {refused} not", counted(rows, "entry")));
        if refused > 0 {
            output::complain(
                "what is not converted has the strictest policy or no row: decide each, it is marked in the table",
            );
        }
        if let Some(file) = &self.output {
            output::complain(format_args!(
                "wrote {}: read it, and let `waxseal check` read it too",
                file.display()
            ));
        }
        Ok(if refused == 0 { Outcome::Fine } else { Outcome::Problems })
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        io::stdin().lock().read_to_string(&mut text).context("standard input cannot be read")?;
        return Ok(text);
    }
    let is_built =
        ["db", "cdb", "lmdb"].iter().any(|end| file.extension().is_some_and(|found| found == *end));
    if is_built {
        bail!("{} is a map that postmap has built: name the text that it was built from", file.display());
    }
    fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    let created = fs::File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    match created {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists, and is left as it is", file.display())
        }
        written => written.with_context(|| format!("{} cannot be written", file.display())),
    }
}
