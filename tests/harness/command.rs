//! The `waxseal` command in a process of its own, as an operator runs it: arguments, output, exit
//! code, signals.
//!
//! The test binary runs itself again, with nothing but the test [`ENTRY`], which finds the
//! command's arguments in its environment.

use std::collections::HashMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use crate::wait::soon;

/// The name of the test that is the process.
pub const ENTRY: &str = "relay_process::runs_a_command";

/// Where it finds its arguments, one a line.
const VARIABLE: &str = "WAXSEAL_TEST_COMMAND";

/// What `waxseal trace` says once it follows.
const FOLLOWING: &str = "following sessions";

/// What the test harness says first is told apart by this line.
const BEGINNING: &str = "--- the command begins ---";

/// What a command that has ended has said.
#[derive(Clone, Debug)]
pub struct Said {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

/// `waxseal run`. Dropped: killed.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    errors: ChildStderr,
    _output: Lines<BufReader<ChildStdout>>,
}

/// `waxseal trace`. Dropped: killed.
pub struct Tracing {
    child: Child,
    output: BufReader<ChildStdout>,
    _errors: Lines<BufReader<ChildStderr>>,
}

/// Runs a command with this configuration to its end.
pub async fn waxseal(configuration: &Path, arguments: &[&str]) -> Said {
    let child = command(configuration, arguments).spawn().expect("the test binary runs again");
    let output = soon(format!("the end of {arguments:?}"), child.wait_with_output()).await;
    said(&output.expect("its output"))
}

/// Runs a command that needs no configuration, in a directory and with this environment alone. It takes
/// its time where it starts a compiler.
pub async fn waxseal_in(
    directory: &Path,
    environment: &HashMap<OsString, OsString>,
    arguments: &[&str],
) -> Said {
    let mut command = of(arguments);
    command.env_clear().envs(environment).env(VARIABLE, arguments.join("\n")).current_dir(directory);
    said(&command.output().await.expect("the test binary runs again"))
}

/// Starts `waxseal trace` with these arguments, and awaits that it follows.
pub async fn trace(configuration: &Path, arguments: &[&str]) -> Tracing {
    let mut child = command(configuration, &[&["trace"], arguments].concat())
        .spawn()
        .expect("the test binary runs again");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe from it"));
    let mut errors = BufReader::new(child.stderr.take().expect("a pipe from it")).lines();
    begun(&mut output).await;
    let following = async {
        while let Ok(Some(line)) = errors.next_line().await {
            if line.contains(FOLLOWING) {
                return;
            }
        }
        panic!("it ended before it followed");
    };
    soon("the trace to follow", following).await;
    Tracing { child, output, _errors: errors }
}

impl Tracing {
    /// The lines from here up to one that has this text.
    pub async fn up_to(&mut self, text: &str) -> Vec<String> {
        let mut lines = vec![];
        let reading = async {
            while !lines.last().is_some_and(|line: &String| line.contains(text)) {
                let mut line = String::new();
                let read = self.output.read_line(&mut line).await.expect("a pipe from it");
                assert!(read > 0, "it ended before it printed `{text}`: {lines:#?}");
                lines.push(line.trim_end().to_owned());
            }
        };
        soon(format!("a line with `{text}`"), reading).await;
        lines
    }

    /// The rest of its lines, once it ends by itself.
    pub async fn rest(mut self) -> (ExitStatus, Vec<String>) {
        let mut text = String::new();
        let ended = async {
            self.output.read_to_string(&mut text).await.expect("a pipe from it");
            self.child.wait().await.expect("its end")
        };
        let status = soon("the end of the trace", ended).await;
        (status, text.lines().map(str::to_owned).collect())
    }
}

/// Starts `waxseal run`, and awaits that it listens.
///
/// # Panics
///
/// Where it ends before.
pub async fn run_relay(configuration: &Path) -> Running {
    let mut child = command(configuration, &["run"]).spawn().expect("the test binary runs again");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe from it")).lines();
    let errors = child.stderr.take().expect("a pipe from it");
    let listening = async {
        while let Ok(Some(line)) = output.next_line().await {
            if let Some(rest) = line.trim().strip_prefix("listens on ") {
                let address = rest.split(' ').next().unwrap_or_default();
                return address.parse().expect("an address");
            }
        }
        panic!("the relay ended before it listened");
    };
    let address = soon("the address of the relay", listening).await;
    Running { address, child, errors, _output: output }
}

impl Running {
    /// Sends a signal, as in `TERM`.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("a running process").to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().await;
        assert!(sent.expect("the program `kill`").success());
    }

    /// Awaits its end; gives what it has said on standard error too.
    pub async fn end(mut self) -> (ExitStatus, String) {
        let mut text = String::new();
        let ended = async {
            self.errors.read_to_string(&mut text).await.expect("its standard error");
            self.child.wait().await.expect("its end")
        };
        let status = soon("the end of the relay", ended).await;
        (status, text)
    }
}

impl Said {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap_or_else(|error| panic!("no JSON: {error}: {self:?}"))
    }
}

/// The body of the test [`ENTRY`]: nothing where nobody asked for a command.
pub fn run() {
    let Ok(arguments) = std::env::var(VARIABLE) else { return };
    #[expect(clippy::print_stdout, reason = "the parent process reads it")]
    {
        println!("\n{BEGINNING}");
    }
    let arguments = ["waxseal"].into_iter().chain(arguments.lines()).map(Into::into);
    std::process::exit(waxseal::cli::run_from(arguments).into());
}

/// Awaits that the command begins: what comes then on standard output is its own.
pub(crate) async fn begun(output: &mut BufReader<ChildStdout>) {
    let mut line = String::new();
    while line.trim_end() != BEGINNING {
        line.clear();
        let octets = output.read_line(&mut line).await.expect("a pipe from it");
        assert!(octets > 0, "the process ended before the command began");
    }
}

fn command(configuration: &Path, arguments: &[&str]) -> Command {
    let configuration = configuration.to_str().expect("a path that is text");
    of(&[arguments, &["--config", configuration]].concat())
}

/// The command with these arguments, not yet started; its standard input is empty.
pub(crate) fn of(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the path of the test binary"));
    command
        .args(["--exact", ENTRY, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, arguments.join("\n"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

fn said(output: &Output) -> Said {
    let text = String::from_utf8_lossy(&output.stdout);
    let said = text.split_once(BEGINNING).map_or("", |(_, said)| said.trim_start());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    Said { code: output.status.code(), output: said.to_owned(), errors }
}
