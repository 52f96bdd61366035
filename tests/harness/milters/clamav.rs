//! ClamAV, configured as `docs/milters.md` says, with a database of one signature.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::program::Program;

/// A text that does no harm, and that the database takes for a virus.
pub const MARKER: &str = "waxseal-harmless-test-marker";

/// What that virus is called: ClamAV says so much of signatures that are not its own.
pub const SIGNATURE: &str = "Waxseal.Test.Marker.UNOFFICIAL";

/// The guide.
const GUIDE: &str = include_str!("../../../docs/milters.md");

/// Where the guide has the sockets.
const RUN: &str = "/run/clamav";

/// clamd, which scans, and clamav-milter, which asks it. Dropped: killed.
pub struct ClamAv {
    scanner: Option<Program>,
    milter: Option<Program>,
    folder: TempDir,
}

impl ClamAv {
    /// Starts both with what the guide says, and with these lines of `clamav-milter.conf` in place of those that begin
    /// with the same word.
    ///
    /// # Panics
    ///
    /// Where it is not installed.
    pub async fn start(changes: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let here = folder.path();
        fs::create_dir(here.join("database")).expect("a directory in it");
        let marker: String = MARKER.bytes().map(|octet| format!("{octet:02x}")).collect();
        let name = SIGNATURE.trim_end_matches(".UNOFFICIAL");
        let signature = format!("{name}:0:*:{marker}\n");
        fs::write(here.join("database/test.ndb"), signature).expect("a signature that can be written");
        let scanner = format!("{}DatabaseDirectory {}\n", recipe("clamd.conf", here), path(here, "database"));
        let mut milter = recipe("clamav-milter.conf", here);
        for change in changes {
            let word = change.split(' ').next().unwrap_or_default();
            let line = milter.lines().find(|line| line.split(' ').next() == Some(word));
            milter = match line.map(str::to_owned) {
                Some(line) => milter.replace(&line, change),
                None => format!("{milter}{change}\n"),
            };
        }
        for (file, text) in [("clamd.conf", scanner), ("clamav-milter.conf", milter)] {
            let ours = format!("Foreground yes\nTemporaryDirectory {}\n", here.display());
            fs::write(here.join(file), format!("{text}{ours}")).expect("a configuration that can be written");
        }
        let mut clamav = Self { scanner: None, milter: None, folder };
        clamav.start_scanner().await;
        clamav.start_milter().await;
        clamav
    }

    /// What the guide writes into `waxseal.toml`: the milter's address, and the keys after it.
    pub fn table(&self) -> (String, String) {
        let table = block("[[milter]]\nname = \"clamav\"");
        let (address, keys) = table
            .split_once("address = \"")
            .and_then(|(_, rest)| rest.split_once("\"\n"))
            .expect("an address");
        (address.replace(RUN, &self.folder.path().display().to_string()), keys.to_owned())
    }

    /// Starts clamd, and awaits that it listens.
    pub async fn start_scanner(&mut self) {
        self.scanner = Some(self.program("clamd", "clamd.ctl").await);
    }

    /// Kills clamd.
    pub async fn kill_scanner(&mut self) {
        self.scanner.take().expect("clamd runs").kill().await;
    }

    /// Starts clamav-milter, and awaits that it listens.
    pub async fn start_milter(&mut self) {
        self.milter = Some(self.program("clamav-milter", "clamav-milter.ctl").await);
    }

    /// Kills clamav-milter.
    pub async fn kill_milter(&mut self) {
        self.milter.take().expect("clamav-milter runs").kill().await;
    }

    async fn program(&self, name: &str, socket: &str) -> Program {
        let here = self.folder.path();
        let arguments = ["-c".to_owned(), path(here, &format!("{name}.conf"))];
        Program::start(name, &arguments, &here.join(socket), &here.join(format!("{name}.log"))).await
    }
}

/// What the guide says of a file, with the sockets in another folder.
fn recipe(file: &str, folder: &Path) -> String {
    let text = block(&format!("# /etc/clamav/{file}\n"));
    assert!(text.contains(RUN), "the guide has the sockets elsewhere: {text}");
    text.replace(RUN, &folder.display().to_string())
}

/// A block of the guide by its beginning.
fn block(beginning: &str) -> String {
    let mut blocks = GUIDE.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    let found = blocks.find(|(_, block)| block.starts_with(beginning));
    found.unwrap_or_else(|| panic!("the guide has no block that begins with `{beginning}`")).1.to_owned()
}

fn path(folder: &Path, name: &str) -> String {
    let path: PathBuf = folder.join(name);
    path.display().to_string()
}
