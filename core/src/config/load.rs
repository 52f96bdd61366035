//! From the file to the configuration.

use std::io;
use std::path::{Path, PathBuf};

use toml::de::DeTable;
use waxseal_plugins::diagnostic::Diagnostic;
use waxseal_plugins::place::Place;

use super::Config;
use super::findings::{Findings, Problem};
use super::section::{Entry, Section};
use super::{
    authentication, delivery, listeners, milters, plugins, relaying, service, telemetry, tls, transports,
    value,
};

impl Config {
    /// Reads, checks and resolves a configuration. Warnings come with it.
    ///
    /// # Errors
    ///
    /// All that is wrong with the file, each with its line and what would be right.
    pub fn load(file: &Path) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let text = std::fs::read_to_string(&file).map_err(|error| vec![unreadable(&file, &error)])?;
        let findings = Findings::new(file.display().to_string(), text.as_str());
        let (table, errors) = DeTable::parse_recoverable(&text);
        for error in &errors {
            findings.error(error.span().unwrap_or(0..0), "C001", error.message().to_owned(), "");
        }
        if !errors.is_empty() {
            // What follows a syntax error may be read wrongly: it would be blamed for nothing.
            return Err(findings.close().unwrap_or_else(|findings| findings));
        }
        let config = read(&file, &text, Section::root(&table, &findings), &findings);
        let warnings = findings.close()?;
        config.map(|config| (config, warnings)).ok_or_else(Vec::new)
    }

    /// The data directory that a file names, whatever else is wrong with it: a running relay can be
    /// asked there although its file has been broken since.
    pub fn data_dir_of(file: &Path) -> Option<PathBuf> {
        let file = std::path::absolute(file).ok()?;
        let text = std::fs::read_to_string(&file).ok()?;
        let findings = Findings::new(file.display().to_string(), text.as_str());
        let (table, _) = DeTable::parse_recoverable(&text);
        let entry = Section::root(&table, &findings).entry("data_dir")?;
        data_dir(&Base(file.parent()?), &entry)
    }

    /// The policies' directory of a file that is a relay's configuration, whatever is wrong with it; `None` where it is
    /// something else.
    pub fn policies_of(file: &Path) -> Option<PathBuf> {
        let file = std::path::absolute(file).ok()?;
        let text = std::fs::read_to_string(&file).ok()?;
        let findings = Findings::new(file.display().to_string(), text.as_str());
        let (table, _) = DeTable::parse_recoverable(&text);
        let root = Section::root(&table, &findings);
        let (_, _) = (root.entry("hostname")?, root.entry("data_dir")?);
        let base = Base(file.parent()?);
        Some(base.path(root.entry("policies").and_then(|entry| entry.text()).unwrap_or("policies")))
    }

    /// Whether the file is another now than at the start; a vanished one is.
    pub fn file_has_changed(&self) -> bool {
        std::fs::read(&self.file).map_or(true, |bytes| digest(&bytes) != self.hash)
    }
}

/// Where the relative paths of a file begin.
pub(super) struct Base<'a>(&'a Path);

impl<'a> Base<'a> {
    /// Those of a file in this directory.
    #[cfg(test)]
    pub(super) fn of(directory: &'a Path) -> Self {
        Self(directory)
    }

    /// An absolute path.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        self.0.join(written)
    }

    /// The path of a file that can be read.
    pub(super) fn readable(&self, entry: &Entry<'_>) -> Option<PathBuf> {
        let path = self.path(entry.text()?);
        match can_read(&path) {
            Ok(()) => Some(path),
            Err(error) => {
                let help = "name a file that exists and that this user may read; relative paths start at the \
                            configuration's directory";
                let message = format!("names {}, which cannot be read: {error}", path.display());
                entry.wrong(&Problem::new(message, help).coded("C006"));
                None
            }
        }
    }
}

/// `None` only where an error was found.
fn read(file: &Path, text: &str, root: Section<'_>, findings: &Findings) -> Option<Config> {
    let base = Base(file.parent().unwrap_or(Path::new("/")));
    let hostname =
        root.required("hostname", "\"mail.example.org\"").and_then(|entry| entry.read(value::domain));
    let data_dir =
        root.required("data_dir", "\"/var/lib/waxseal\"").and_then(|entry| data_dir(&base, &entry));
    let policies = root.entry("policies").and_then(|entry| policies(&base, &entry));
    let tls = tls::read(root.section("tls"), &base);
    let delivery = delivery::delivery(root.section("delivery"));
    let hostname = hostname.unwrap_or_default();
    let config = Config {
        file: file.to_owned(),
        hash: digest(text.as_bytes()),
        authentication: authentication::read(&root, &hostname, &base),
        hostname,
        data_dir: data_dir.unwrap_or_default(),
        policies: policies.unwrap_or_else(|| base.path("policies")),
        listeners: listeners::read(&root, tls.enabled, findings),
        relay: relaying::relay(root.section("relay"), findings),
        routes: relaying::routes(root.sections("route"), delivery.port),
        transports: transports::transports(root.sections("transport"), delivery.port),
        tls,
        delivery,
        dns: delivery::dns(root.section("dns"), &base),
        milters: milters::read(root.sections("milter"), &base),
        plugins: plugins::read(root.named("plugin"), findings),
        quarantine: service::quarantine(root.section("quarantine")),
        limits: service::limits(root.section("limits")),
        timeouts: service::timeouts(root.section("timeouts")),
        admin: service::admin(root.section("admin"), &base),
        log: service::log(root.section("log")),
        telemetry: telemetry::telemetry(root.section("telemetry")),
    };
    service::spool(root.section("spool"));
    root.finish();
    Some(config)
}

fn data_dir(base: &Base<'_>, entry: &Entry<'_>) -> Option<PathBuf> {
    let path = base.path(entry.text()?);
    let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
    if !existing.is_dir() {
        let message = format!("cannot be {}: {} is no directory", path.display(), existing.display());
        entry
            .wrong(&Problem::new(message, "name a directory; it is made if it does not exist").coded("C006"));
        return None;
    }
    Some(path)
}

fn policies(base: &Base<'_>, entry: &Entry<'_>) -> Option<PathBuf> {
    let path = base.path(entry.text()?);
    if path.exists() && !path.is_dir() {
        let message = format!("cannot be {}: it is no directory", path.display());
        entry.wrong(&Problem::new(message, "name the directory that holds domains.rhai").coded("C006"));
        return None;
    }
    Some(path)
}

fn can_read(path: &Path) -> io::Result<()> {
    let file = std::fs::File::open(path)?;
    if file.metadata()?.is_file() { Ok(()) } else { Err(io::Error::other("it is no file")) }
}

fn unreadable(file: &Path, error: &io::Error) -> Diagnostic {
    let place = Place::file(file.display().to_string());
    let help = if file.is_dir() {
        format!("name the file in it, as in `{}`", file.join("waxseal.toml").display())
    } else {
        "`waxseal init DIR` writes one to start from".to_owned()
    };
    Diagnostic::error("C006", place, format!("the configuration cannot be read: {error}")).helped(help)
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().try_into().unwrap_or_default()
}
