//! `waxseal dkim`: keys that sign mail, made and published.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde::Serialize;

use super::setting::{Setting, listed};
use super::{Outcome, output};
use crate::authentication::sign::Keyring;
use crate::authentication::sign::key::{Key, Kind, zone_line};
use crate::config::{self, Config};

/// Make keys that sign mail, and show what is to be published of them
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the TXT record of each configured key, as a zone file has it
    Record {
        /// Only the keys of this domain
        domain: Option<String>,
    },
    /// Make a key, in a file that nobody else can read, and print its record
    New {
        /// The domain that it is to sign for
        domain: String,
        /// Which of the domain's keys it is to be, as in `s2026`
        selector: String,
        /// The kind of key
        #[arg(long, value_enum, default_value_t)]
        kind: Kind,
        /// Where it is written [default: DOMAIN.SELECTOR.pem, here]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// A key as it is published.
#[derive(Debug, Serialize)]
struct Published {
    name: String,
    record: String,
}

impl Arguments {
    pub(super) fn run(self, setting: &Setting) -> anyhow::Result<Outcome> {
        match self.what {
            What::Record { domain } => record(domain.as_deref(), setting),
            What::New { domain, selector, kind, out } => new(&domain, &selector, kind, out, setting),
        }
    }
}

fn record(domain: Option<&str>, setting: &Setting) -> anyhow::Result<Outcome> {
    let file = setting.file()?;
    let wrong = |what: &str, findings: &[_]| anyhow::anyhow!("{what}\n{}", listed(findings));
    let (config, _) = Config::load(&file).map_err(|found| wrong("the configuration is wrong", &found))?;
    let keyring = Keyring::load(&config).map_err(|found| wrong("signing keys are broken", &found))?;
    let wanted = domain.map(config::domain_of);
    let mut records = keyring.records();
    records.retain(|(_, domain, _)| wanted.as_ref().is_none_or(|wanted| wanted == domain));
    if records.is_empty() {
        let of = wanted.map(|domain| format!(" of {domain}")).unwrap_or_default();
        bail!("no key{of} is configured: `waxseal dkim new` makes one, [[dkim]] or [arc] names it");
    }
    if setting.json {
        let published =
            records.into_iter().map(|(selector, domain, record)| published(&selector, &domain, record));
        output::say_json(&published.collect::<Vec<_>>())?;
    } else {
        records
            .iter()
            .for_each(|(selector, domain, record)| output::say(zone_line(selector, domain, record)));
    }
    Ok(Outcome::Fine)
}

fn new(
    domain: &str,
    selector: &str,
    kind: Kind,
    out: Option<PathBuf>,
    setting: &Setting,
) -> anyhow::Result<Outcome> {
    let domain = config::domain(domain).map_err(|problem| anyhow::anyhow!("the domain {problem}"))?;
    let selector = config::domain(selector).map_err(|_| {
        anyhow::anyhow!(
            "the selector cannot be \"{selector}\": write a word that a domain may have, as in s2026"
        )
    })?;
    let path = out.unwrap_or_else(|| PathBuf::from(format!("{domain}.{selector}.pem")));
    let pem = Key::generate(kind)?;
    let mut file = create(&path)?;
    file.write_all(pem.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))?;
    let key = Key::read(&path).map_err(|finding| anyhow::anyhow!("{finding}"))?;
    if setting.json {
        output::say_json(&published(&selector, &domain, key.record().to_owned()))?;
        return Ok(Outcome::Fine);
    }
    output::say(format_args!("{}: publish this, and then configure the key:\n", path.display()));
    output::say(zone_line(&selector, &domain, key.record()));
    output::say(format_args!(
        "\n[[dkim]]\ndomain = \"{domain}\"\nselector = \"{selector}\"\nkey = \"{}\"",
        path.display()
    ));
    Ok(Outcome::Fine)
}

/// A key that signs already is never written over.
fn create(path: &Path) -> anyhow::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    if let Some(folder) = folder {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow::anyhow!(
            "{} is there already, and a key is never overwritten: name another file with --out, or take it away",
            path.display()
        ),
        _ => anyhow::Error::new(error).context(format!("{} cannot be made", path.display())),
    })
}

fn published(selector: &str, domain: &str, record: String) -> Published {
    Published { name: format!("{selector}._domainkey.{domain}"), record }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    fn run(arguments: &[&str]) -> u8 {
        crate::cli::run_from(["waxseal"].iter().chain(arguments).map(Into::into))
    }

    #[test]
    fn a_key_is_made_once_and_read_by_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k.pem");
        let out = path.display().to_string();
        let new = ["dkim", "new", "example.org", "s1", "--kind", "ed25519", "--out", &out];
        assert_eq!(run(&new), 0);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let before = fs::read(&path).unwrap();
        assert_eq!(run(&new), 2, "it is there already");
        let again = super::create(&path).unwrap_err().to_string();
        assert!(again.contains("is there already, and a key is never overwritten"), "{again}");
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(run(&["dkim", "new", "a b", "s1"]), 2);
        assert_eq!(run(&["dkim", "new", "example.org", "a b"]), 2);
    }

    #[test]
    fn the_folder_of_a_key_is_made_for_nobody_else() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().join("etc/dkim");
        let out = folder.join("k.pem").display().to_string();
        assert_eq!(run(&["dkim", "new", "example.org", "s1", "--kind", "ed25519", "--out", &out]), 0);
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let below_a_file = folder.join("k.pem/x.pem");
        let error = format!("{:#}", super::create(&below_a_file).unwrap_err());
        assert!(error.contains("cannot be made"), "{error}");
    }

    #[test]
    fn the_records_of_a_configuration_are_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k.pem");
        let file = directory.path().join("waxseal.toml").display().to_string();
        assert_eq!(run(&["dkim", "new", "example.org", "s1", "--out", &path.display().to_string()]), 0);
        let configured = "\n[[dkim]]\ndomain = \"example.org\"\nselector = \"s1\"\nkey = \"k.pem\"\n";
        fs::write(&file, include_str!("../config/good/smallest.toml").to_owned() + configured).unwrap();
        assert_eq!(run(&["--config", &file, "dkim", "record"]), 0);
        assert_eq!(run(&["--config", &file, "dkim", "record", "EXAMPLE.org"]), 0);
        assert_eq!(run(&["--config", &file, "dkim", "record", "example.net"]), 2);
        fs::write(&path, "").unwrap();
        assert_eq!(run(&["--config", &file, "dkim", "record"]), 2);
    }
}
