//! A program of others that listens at a socket.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::wait::until;

/// A program that runs. Dropped: killed, with its children.
pub(super) struct Program(Child);

impl Program {
    /// Starts it, and awaits that it listens.
    pub(super) async fn start(name: &str, arguments: &[String], socket: &Path, log: &Path) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [path.as_os_str(), OsStr::new(":/usr/sbin")].join(OsStr::new(""));
        let said = fs::File::create(log).expect("a log");
        let child = Command::new(name)
            .args(arguments)
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("the same log"))
            .stderr(said)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{name} cannot be started: {error}; scripts/test-peers.sh installs it")
            });
        let mut program = Self(child);
        until(format!("{name} to listen"), || {
            let ended = program.0.try_wait().expect("a process of ours");
            let said = || fs::read_to_string(log).unwrap_or_default();
            assert!(ended.is_none(), "{name} has ended: {}", said());
            std::os::unix::net::UnixStream::connect(socket).ok()
        })
        .await;
        program
    }

    /// Kills it, with its children, and awaits its end.
    pub(super) async fn kill(&mut self) {
        self.signal();
        self.0.wait().await.expect("a process of ours");
    }

    fn signal(&self) {
        // The group: some have children.
        if let Some(id) = self.0.id() {
            let group = format!("-{id}");
            let _ = std::process::Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.signal();
    }
}
