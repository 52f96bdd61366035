//! A relay in a process of its own, that can be killed.
//!
//! The test binary runs itself again, with nothing but the test [`ENTRY`], which finds the site's
//! configuration in its environment and runs a relay until its standard input ends.

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use waxseal::config::Config;
use waxseal::relay::Relay;

use crate::dns::NameServer;
use crate::site::Site;
use crate::wait::soon;

/// The name of the test that is the process.
pub const ENTRY: &str = "relay_process::runs_a_relay";

/// Where it finds its configuration.
const VARIABLE: &str = "WAXSEAL_TEST_RELAY";

/// What it says once it listens, before the address.
const LISTENING: &str = "listening on ";

/// A relay in a process of its own. Dropped: killed.
pub struct RelayProcess {
    /// Its files.
    pub site: Site,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    _name_server: NameServer,
    /// It runs as long as this is open.
    _standard_input: ChildStdin,
}

impl Site {
    /// Starts a relay in a process of its own.
    pub async fn spawn(self) -> RelayProcess {
        let (site, name_server) = self.with_name_server().await;
        let configuration = site.write();
        let mut child = command(&configuration).spawn().expect("the test binary runs again");
        let standard_input = child.stdin.take().expect("a pipe to it");
        let output = BufReader::new(child.stdout.take().expect("a pipe from it"));
        let address = soon("the address of the relay process", listening(output)).await;
        RelayProcess { site, address, child, _name_server: name_server, _standard_input: standard_input }
    }
}

impl RelayProcess {
    /// Kills it: SIGKILL, no time to tidy up. Gives its files back.
    pub async fn kill(mut self) -> Site {
        self.child.kill().await.expect("the process is killed");
        self.site
    }

    /// The most memory it has ever held (VmHWM), octets.
    pub fn peak_memory(&self) -> u64 {
        let id = self.child.id().expect("a running process");
        memory(&format!("/proc/{id}/status"), "VmHWM:")
    }

    /// The memory it holds now (VmRSS), octets.
    pub fn memory(&self) -> u64 {
        let id = self.child.id().expect("a running process");
        memory(&format!("/proc/{id}/status"), "VmRSS:")
    }
}

/// The memory that this process holds now (VmRSS), octets.
pub fn memory_of_this_process() -> u64 {
    memory("/proc/self/status", "VmRSS:")
}

/// The body of the test [`ENTRY`]: nothing where nobody asked for a relay.
pub async fn run() {
    let Some(configuration) = std::env::var_os(VARIABLE).map(PathBuf::from) else { return };
    let (config, _) = Config::load(&configuration).unwrap_or_else(|_| panic!("the configuration is refused"));
    let relay = Relay::start(config).await.unwrap_or_else(|error| panic!("no start: {error}"));
    // From a line of its own: the test harness has begun one with the test's name.
    #[expect(clippy::print_stdout, reason = "the parent process reads it")]
    {
        println!("\n{LISTENING}{}", relay.listeners[0]);
    }
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    // Either way the parent is gone.
    let _ = ended.await;
    relay.stop().await;
}

/// The shell raises the number of open files to what the system allows, for tests of many
/// connections.
fn command(configuration: &Path) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"ulimit -n "$(ulimit -Hn)"; exec "$0" "$@""#])
        .arg(std::env::current_exe().expect("the path of the test binary"))
        .args(["--exact", ENTRY, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, configuration)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn listening(output: BufReader<tokio::process::ChildStdout>) -> SocketAddr {
    let mut lines = output.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(address) = line.strip_prefix(LISTENING) {
            return address.parse().expect("an address");
        }
    }
    panic!("the relay process ended before it listened");
}

fn memory(status: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(status).expect("the process's status");
    let line = text.lines().find_map(|line| line.strip_prefix(field)).expect("its memory");
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").trim().parse().expect("a number");
    kibibytes * 1024
}
