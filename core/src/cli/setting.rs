//! What every command needs: the configuration, the control socket, a runtime.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::runtime::Builder;
use waxseal_plugins::diagnostic::{Diagnostic, Severity};

use super::{asking, output};
use crate::admin;
use crate::admin::protocol::{Request, Response};
use crate::config::Config;

/// Where the configuration is looked for.
const PLACES: [&str; 2] = ["waxseal.toml", "/etc/waxseal/waxseal.toml"];

/// Stack of a thread, octets. Scripts run on it, and a hostile one, within all its limits, takes
/// more than half of the usual 2 MiB, beneath which stand the frames of a session; to overflow it
/// would end the process. What is not used is reserved only, not taken from the machine.
const STACK: usize = 8 * 1024 * 1024;

/// The global arguments.
#[derive(Debug)]
pub(super) struct Setting {
    file: Option<PathBuf>,
    /// Whether data is printed as JSON.
    pub(super) json: bool,
}

impl Setting {
    pub(super) fn new(file: Option<PathBuf>, json: bool) -> Self {
        Self { file, json }
    }

    /// The configuration's file: the one named, else the first of the usual places.
    pub(super) fn file(&self) -> anyhow::Result<PathBuf> {
        let usual = || PLACES.map(PathBuf::from).into_iter().find(|place| place.exists());
        self.file.clone().or_else(usual).ok_or_else(|| {
            let places = PLACES.join(" nor ");
            anyhow!("there is no configuration: neither {places} exists.\n`waxseal init .` writes one here, and `waxseal demo` needs none")
        })
    }

    /// The configuration; its warnings are printed.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let file = self.file()?;
        let (config, warnings) = Config::load(&file)
            .map_err(|errors| anyhow!("the configuration is wrong\n{}", listed(&errors)))?;
        if !warnings.is_empty() {
            output::complain(listed(&warnings));
        }
        Ok(config)
    }

    /// Where the relay keeps its data. A file that is broken otherwise does not matter.
    pub(super) fn data_dir(&self) -> anyhow::Result<PathBuf> {
        Config::data_dir_of(&self.file()?).map_or_else(|| Ok(self.config()?.data_dir), Ok)
    }

    /// Asks the running relay.
    pub(super) fn ask(&self, request: &Request) -> anyhow::Result<Response> {
        block_on(async { self.begin(request).await.map(|(response, _)| response) })
    }

    /// Asks the running relay, and gives what follows the answer, too.
    pub(super) async fn begin(&self, request: &Request) -> anyhow::Result<(Response, BufReader<UnixStream>)> {
        let socket = self.data_dir()?.join(admin::SOCKET);
        match admin::control::begin(&socket, request).await {
            Ok((Response::Error { message }, _)) => bail!(message),
            Ok(begun) => Ok(begun),
            Err(error) if is_absent(error.kind()) => {
                bail!("no relay runs here: nobody answers at {}", socket.display())
            }
            Err(error) => Err(asking::failed(&socket, error)),
        }
    }
}

/// Runs a future on a thread a core. What still runs when it has ended is not waited for: a relay
/// that has stopped has left nothing behind that matters.
pub(super) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = Builder::new_multi_thread().thread_stack_size(STACK).enable_all().build();
    let runtime = runtime.context("the runtime cannot be started")?;
    let outcome = runtime.block_on(future);
    runtime.shutdown_background();
    outcome
}

/// Findings, one after the other, each with its excerpt.
pub(super) fn listed(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{finding}");
    }
    text
}

/// What stops files from being used; warnings are for `waxseal check`.
pub(super) fn errors(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    findings.retain(|finding| finding.severity == Severity::Error);
    findings
}

/// A file's name as a person would write it: relative where it is below the working directory.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}

/// Whether nobody listens there.
pub(super) fn is_absent(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    /// As much as two usual stacks: without room for it the process ends.
    fn greedy() -> usize {
        let taken = [black_box(1_u8); STACK / 2];
        black_box(&taken).len()
    }

    #[test]
    fn scripts_have_room_on_every_thread() {
        let ran = block_on(async {
            Ok((tokio::spawn(async { greedy() }).await?, tokio::task::spawn_blocking(greedy).await?))
        });
        assert_eq!(ran.unwrap(), (STACK / 2, STACK / 2));
    }
}
