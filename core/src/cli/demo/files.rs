//! The demo's directory. Policies that are there already are left as they are: somebody edited
//! them.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use waxseal_plugins::bundle::SHIPPED;

use super::certificates::Certificates;
use crate::admin;

/// The configuration, with `{relay}`, `{modern}` and `{legacy}` for the ports.
const CONFIGURATION: &str = include_str!("files/waxseal.toml");

/// The domain table.
const TABLE: &str = include_str!("files/domains.rhai");

/// The shipped policy that is laid out to be edited.
const EDITABLE: &str = "outgoing/require.rhai";

/// The ports on this machine; 0 lets the system choose the relay's.
pub(super) struct Ports {
    pub(super) relay: u16,
    pub(super) modern: u16,
    pub(super) legacy: u16,
}

/// Writes everything, and names the configuration.
pub(super) fn write(directory: &Path, ports: &Ports, certificates: &Certificates) -> anyhow::Result<PathBuf> {
    empty_queue(&directory.join("data"))?;
    fs::create_dir_all(directory.join("tls"))
        .with_context(|| format!("{} cannot be made", directory.display()))?;
    let (certificate, key) = certificates.relay()?;
    put(&directory.join("tls/ca.pem"), &certificates.authority())?;
    put(&directory.join("tls/relay.pem"), &certificate)?;
    put(&directory.join("tls/relay.key"), &key)?;
    let policies = directory.join("policies");
    keep(&policies.join("domains.rhai"), TABLE)?;
    if let Some((path, text)) = SHIPPED.iter().find(|(path, _)| *path == EDITABLE) {
        keep(&policies.join(path), text)?;
    }
    let configuration = CONFIGURATION
        .replace("{relay}", &ports.relay.to_string())
        .replace("{modern}", &ports.modern.to_string())
        .replace("{legacy}", &ports.legacy.to_string());
    let file = directory.join("waxseal.toml");
    put(&file, &configuration)?;
    Ok(file)
}

/// Mail that an earlier demo left waiting would only confuse this one.
fn empty_queue(data_dir: &Path) -> anyhow::Result<()> {
    if UnixStream::connect(data_dir.join(admin::SOCKET)).is_ok() {
        bail!("another demo runs in this directory: end it first");
    }
    let queue = data_dir.join("spool");
    if queue.is_dir() {
        fs::remove_dir_all(&queue).with_context(|| format!("{} cannot be emptied", queue.display()))?;
    }
    Ok(())
}

/// Writes a file, for this user only: one of them is a key.
fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// Writes a file that is not there yet.
fn keep(path: &Path, text: &str) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    put(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_files_load_and_edits_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let ports = Ports { relay: 0, modern: 2526, legacy: 2527 };
        let certificates = Certificates::make().unwrap();
        let file = write(directory.path(), &ports, &certificates).unwrap();
        let (config, warnings) = Config::load(&file).unwrap();
        assert_eq!(warnings, []);
        assert_eq!(config.routes.last().map(|route| route.port), Some(2526), "nothing leaves this machine");
        let table = config.policies.join("domains.rhai");
        fs::write(&table, "mine").unwrap();
        write(directory.path(), &ports, &certificates).unwrap();
        assert_eq!(fs::read_to_string(&table).unwrap(), "mine");
    }
}
