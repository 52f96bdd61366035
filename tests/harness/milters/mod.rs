//! Real milters, each in processes of its own with a configuration made for the test; and a gate before one,
//! which can be shut.

mod clamav;
mod gate;
mod opendkim;
mod program;
mod rspamd;

use std::fmt;
use std::path::PathBuf;

use tempfile::TempDir;

pub use self::clamav::{ClamAv, MARKER, SIGNATURE};
pub use self::gate::{Gate, Way};
pub use self::opendkim::{DkimKey, OpenDkim};
use self::program::Program;

/// A milter that runs. Dropped: killed, with its children.
pub struct Milter {
    _program: Program,
    folder: TempDir,
}

impl Milter {
    /// Its address, as the configuration has it.
    pub fn address(&self) -> impl fmt::Display + use<> {
        format!("unix:{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Starts a program that listens at `socket` in its folder.
    async fn start(program: &str, arguments: &[String], folder: TempDir) -> Self {
        let log = folder.path().join("log");
        let program = Program::start(program, arguments, &folder.path().join("socket"), &log).await;
        Self { _program: program, folder }
    }
}
