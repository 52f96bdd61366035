//! Real milters, each in a process of its own with a configuration made for the test; and a gate before one,
//! which can be shut.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::wait::until;

/// A milter that runs. Dropped: killed, with its children.
pub struct Milter {
    folder: TempDir,
    child: Child,
}

/// A key for DKIM, made for a test.
pub struct DkimKey(KeyPair);

/// How OpenDKIM is run.
pub enum OpenDkim<'a> {
    /// It signs mail of this domain.
    Sign(&'a str),
    /// It verifies mail of this domain, and knows its key without asking DNS.
    Verify(&'a str),
}

/// The way to a milter, open or shut.
pub struct Gate {
    folder: TempDir,
    state: watch::Sender<Way>,
    serving: JoinHandle<()>,
}

/// What a gate does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They reach the milter.
    Open,
    /// They are taken, and nothing is ever said.
    Hangs,
    /// They are closed as soon as something was said on them.
    Crashes,
}

impl Milter {
    /// Starts OpenDKIM, and awaits that it listens.
    ///
    /// # Panics
    ///
    /// Where it is not installed.
    pub async fn opendkim(how: OpenDkim<'_>, key: &DkimKey) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut text = format!(
            "Syslog no\nBackground no\nRequireSafeKeys no\nSocket local:{}\nCanonicalization simple/simple\n",
            path("socket")
        );
        match how {
            OpenDkim::Sign(domain) => {
                std::fs::write(path("key.pem"), key.0.serialize_pem()).expect("a key that can be written");
                text += &format!(
                    "Mode s\nDomain {domain}\nSelector test\nKeyFile {}\nInternalHosts 127.0.0.0/8\n",
                    path("key.pem")
                );
            }
            OpenDkim::Verify(domain) => {
                let record = format!("test._domainkey.{domain} v=DKIM1; k=rsa; p={}\n", key.record());
                std::fs::write(path("keys"), record).expect("a record that can be written");
                text += &format!(
                    "Mode v\nTestPublicKeys {}\nInternalHosts 192.0.2.1\nAuthservID verifier.example\n",
                    path("keys")
                );
            }
        }
        std::fs::write(path("opendkim.conf"), text).expect("a configuration that can be written");
        let arguments = ["-f".to_owned(), "-x".to_owned(), path("opendkim.conf")];
        Self::start("opendkim", &arguments, folder).await
    }

    /// Starts rspamd as a milter that scans by itself, with no rules but its test patterns, and awaits that it
    /// listens.
    ///
    /// # Panics
    ///
    /// Where it is not installed.
    pub async fn rspamd() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| folder.path().join(name).display().to_string();
        // The list that it ships has thousands, which it compiles at each start.
        std::fs::write(path("domains"), "com\norg\nexample\n").expect("a list that can be written");
        let text = format!(
            r#"
            options {{
                filters = "";
                url_tld = "{domains}";
                hs_cache_dir = "{folder}";
                tempdir = "{folder}";
                pidfile = "{folder}/pid";
                enable_test_patterns = true;
                dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
            }}
            logging {{ type = "console"; level = "warning"; }}
            actions {{ reject = 15; add_header = 6; }}
            worker "rspamd_proxy" {{
                bind_socket = "{socket}";
                milter = yes;
                count = 1;
                upstream "local" {{ default = yes; self_scan = yes; }}
            }}
            "#,
            domains = path("domains"),
            folder = folder.path().display(),
            socket = path("socket"),
        );
        std::fs::write(path("rspamd.conf"), text).expect("a configuration that can be written");
        let arguments = ["--no-fork", "--insecure", "-c"].map(str::to_owned);
        let arguments = [&arguments[..], &[path("rspamd.conf")]].concat();
        Self::start("rspamd", &arguments, folder).await
    }

    /// Its address, as the configuration has it.
    pub fn address(&self) -> impl fmt::Display + use<> {
        format!("unix:{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    async fn start(program: &str, arguments: &[String], folder: TempDir) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [path.as_os_str(), OsStr::new(":/usr/sbin")].join(OsStr::new(""));
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let child = Command::new(program)
            .args(arguments)
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the same log"))
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{program} cannot be started: {error}; scripts/test-peers.sh installs it")
            });
        let mut milter = Self { folder, child };
        let (socket, log) = (milter.socket(), milter.folder.path().join("log"));
        until(format!("{program} to listen"), || {
            let ended = milter.child.try_wait().expect("a process of ours");
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            assert!(ended.is_none(), "{program} has ended: {}", said());
            std::os::unix::net::UnixStream::connect(&socket).ok()
        })
        .await;
        milter
    }
}

impl Drop for Milter {
    fn drop(&mut self) {
        // The group: rspamd has children.
        if let Some(id) = self.child.id() {
            let group = format!("-{id}");
            let _ = std::process::Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        }
    }
}

impl DkimKey {
    /// A new key.
    pub fn new() -> Self {
        Self(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).expect("a key"))
    }

    /// The public key as its DNS record has it.
    fn record(&self) -> String {
        let pem = self.0.public_key_pem();
        pem.lines().filter(|line| !line.starts_with('-')).collect()
    }
}

impl Default for DkimKey {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A gate before a milter.
    pub fn before(milter: &Milter, way: Way) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let listener = UnixListener::bind(folder.path().join("socket")).expect("a free path");
        let (state, ways) = watch::channel(way);
        let serving = tokio::spawn(serve(listener, Arc::from(milter.socket()), ways));
        Self { folder, state, serving }
    }

    /// Its address, as the configuration has it.
    pub fn address(&self) -> impl fmt::Display + use<> {
        format!("unix:{}", self.folder.path().join("socket").display())
    }

    /// From now on it does otherwise; connections that it has taken before are closed.
    pub fn change(&self, way: Way) {
        self.state.send_replace(way);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: UnixListener, milter: Arc<Path>, ways: watch::Receiver<Way>) {
    let mut running = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        running.spawn(pass(stream, Arc::clone(&milter), ways.clone()));
    }
}

async fn pass(mut stream: UnixStream, milter: Arc<Path>, mut ways: watch::Receiver<Way>) {
    let way = *ways.borrow_and_update();
    let doing = async {
        match way {
            Way::Open => {
                let mut there = UnixStream::connect(&milter).await.expect("the milter behind the gate");
                let _ = copy_bidirectional(&mut stream, &mut there).await;
            }
            Way::Hangs => std::future::pending().await,
            Way::Crashes => {
                let _ = stream.read_u8().await;
            }
        }
    };
    tokio::select! {
        () = doing => {}
        _ = ways.changed() => {}
    }
}
