//! Servers under load, each in a folder of its own, started with a configuration that favours it.

mod bare;
pub(crate) mod haraka;
mod postfix;
pub(crate) mod rspamd;
mod waxseal;

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::process::Family;
use crate::tls::Certificate;

/// A mail server that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Ours.
    Waxseal,
    /// Debian's, for comparison.
    Postfix,
    /// A server that makes handshakes and does nothing else: the limit.
    Bare,
}

/// What it is to do.
pub(crate) struct Setup<'a> {
    /// Where its files go.
    pub folder: &'a Path,
    /// Waxseal's program.
    pub program: &'a Path,
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// What becomes of mail.
    pub mail: Mail,
    /// Who looks at mail before Waxseal takes it.
    pub filter: Filter<'a>,
}

/// Who looks at mail before it is taken.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Filter<'a> {
    /// Nobody.
    #[default]
    Nobody,
    /// A script.
    Script(&'a str),
    /// A plugin, the file of a component.
    Plugin(&'a Path),
    /// A milter, by its address as the configuration has it.
    Milter(&'a str),
}

/// A milter that runs. Stopped with [`Milter::stop`].
pub(crate) struct Milter {
    /// As the configuration has it.
    pub address: String,
    /// Its processes.
    pub family: Family,
    child: Child,
}

impl Milter {
    /// Ends it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        terminate(self.child).await
    }
}

/// What becomes of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mail {
    /// It is kept.
    Hold,
    /// It goes to a host.
    Relay(SocketAddr, Towards),
    /// It goes to a host, and that of [`SLOW`] to another.
    Split(SocketAddr, SocketAddr),
}

/// How it goes to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Towards {
    /// In clear.
    Clear,
    /// Encrypted, or not at all.
    Encrypted,
}

/// The domain of most letters.
pub(crate) const DOMAIN: &str = "bench.example";

/// The domain that mail has to cross encrypted to.
pub(crate) const ENCRYPTED: &str = "encrypted.example";

/// The domain of a slow or dead host.
pub(crate) const SLOW: &str = "slow.example";

/// A server that runs. Stopped with [`Server::stop`].
pub(crate) struct Server {
    /// Where it takes mail, with STARTTLS.
    pub address: SocketAddr,
    /// Where it is inside TLS from the first octet, if anywhere.
    pub implicit: Option<SocketAddr>,
    /// Its processes.
    pub family: Family,
    stop: Stop,
}

enum Stop {
    Child(Child),
    Postfix(postfix::Instance),
}

impl Kind {
    /// Starts it, and waits until it answers.
    pub(crate) async fn start(self, setup: &Setup<'_>) -> anyhow::Result<Server> {
        let server = match self {
            Self::Waxseal => waxseal::start(setup)?,
            Self::Postfix => postfix::start(setup).await?,
            Self::Bare => bare::start()?,
        };
        server.answering(setup.folder).await.with_context(|| format!("{self} does not start"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Waxseal => "Waxseal",
            Self::Postfix => "Postfix",
            Self::Bare => "bare",
        })
    }
}

impl Server {
    /// Waits until it answers; what it says meanwhile is in the folder.
    pub(crate) async fn answering(self, folder: &Path) -> anyhow::Result<Self> {
        for _ in 0..200 {
            if TcpStream::connect(self.address).await.is_ok() {
                return Ok(self);
            }
            sleep(Duration::from_millis(50)).await;
        }
        self.stop().await?;
        bail!("it does not answer: see {}", folder.display())
    }

    /// Ends it.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        match self.stop {
            Stop::Child(child) => terminate(child).await,
            Stop::Postfix(instance) => {
                drop(instance);
                Ok(())
            }
        }
    }
}

/// Ends a process as a service manager would.
async fn terminate(mut child: Child) -> anyhow::Result<()> {
    if let Some(process) = child.id() {
        Command::new("kill").arg(process.to_string()).status().await?;
    }
    if timeout(Duration::from_secs(20), child.wait()).await.is_err() {
        child.kill().await?;
    }
    Ok(())
}

/// An address on loopback that was free a moment ago.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
