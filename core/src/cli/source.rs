//! Who is asked: the running relay over its socket, else the files of one that is stopped.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use tokio::net::UnixStream;

use crate::admin;
use crate::admin::protocol::{Request, Response};
use crate::admin::{quarantine, queue};
use crate::cli::setting::{Setting, is_absent};
use crate::cli::{asking, output};
use crate::observe::Metrics;
use crate::spool::{MessageId, ReadOnly};

/// Who is asked.
pub(super) enum Source {
    Running { socket: PathBuf },
    Stopped(Box<ReadOnly>),
}

impl Source {
    /// The running relay, else its files.
    pub(super) async fn find(setting: &Setting) -> anyhow::Result<Self> {
        let data_dir = setting.data_dir()?;
        let socket = data_dir.join(admin::SOCKET);
        match UnixStream::connect(&socket).await {
            Ok(_) => Ok(Self::Running { socket }),
            Err(error) if is_absent(error.kind()) => {
                let spool = data_dir.join("spool");
                let stopped = ReadOnly::open(&spool).with_context(|| {
                    format!("no relay runs here, and its queue cannot be read in {}", spool.display())
                })?;
                output::complain("no relay runs here, and nothing is tried: this is what its files say");
                Ok(Self::Stopped(Box::new(stopped)))
            }
            Err(error) => Err(asking::failed(&socket, error)),
        }
    }

    /// The running relay.
    pub(super) async fn running(setting: &Setting) -> anyhow::Result<Self> {
        let socket = setting.data_dir()?.join(admin::SOCKET);
        match UnixStream::connect(&socket).await {
            Ok(_) => Ok(Self::Running { socket }),
            Err(error) if is_absent(error.kind()) => bail!(
                "no relay runs here: nobody answers at {}. Only a running relay changes its queue and its \
                 quarantine; `list` and `show` work without one",
                socket.display()
            ),
            Err(error) => Err(asking::failed(&socket, error)),
        }
    }

    /// Asks about the queue.
    pub(super) async fn queue(&self, ask: queue::Ask) -> anyhow::Result<queue::Answer> {
        match self {
            Self::Running { .. } => match self.request(Request::Queue(Box::new(ask))).await? {
                Response::Queue(answer) => Ok(answer),
                _ => Err(unexpected()),
            },
            Self::Stopped(spool) => Ok(queue::answer(spool.as_ref(), ask).await?),
        }
    }

    /// Asks about what is quarantined.
    pub(super) async fn quarantine(&self, ask: quarantine::Ask) -> anyhow::Result<quarantine::Answer> {
        match self {
            Self::Running { .. } => match self.request(Request::Quarantine(Box::new(ask))).await? {
                Response::Quarantine(answer) => Ok(answer),
                _ => Err(unexpected()),
            },
            // Nothing is changed, and so nothing counted.
            Self::Stopped(spool) => Ok(quarantine::answer(spool.as_ref(), &Metrics::new(), ask).await?),
        }
    }

    /// Writes a message to standard output as it came in; if it is quarantined.
    pub(super) async fn print(&self, id: MessageId) -> anyhow::Result<Printed> {
        let mut output = std::io::stdout();
        match self {
            Self::Running { socket } => match admin::control::fetch(socket, id, &mut output).await {
                Ok(Response::Quarantine(quarantine::Answer::Content { .. })) => Ok(Printed::Whole),
                Ok(Response::Quarantine(quarantine::Answer::Unknown)) => Ok(Printed::Nothing),
                Ok(Response::Error { message }) => bail!(message),
                Ok(_) => Err(unexpected()),
                Err(error) => Err(error).with_context(|| format!("reading {id} at {}", socket.display())),
            },
            Self::Stopped(spool) => {
                let Some((_, mut body)) = quarantine::content(spool.as_ref(), id).await? else {
                    return Ok(Printed::Nothing);
                };
                loop {
                    let chunk = body.read().await?;
                    if chunk.is_empty() {
                        output.flush()?;
                        return Ok(Printed::Whole);
                    }
                    output.write_all(&chunk)?;
                }
            }
        }
    }

    async fn request(&self, request: Request) -> anyhow::Result<Response> {
        let Self::Running { socket } = self else { return Err(unexpected()) };
        match admin::control::ask(socket, &request).await {
            Ok(Response::Error { message }) => bail!(message),
            Ok(response) => Ok(response),
            Err(error) => Err(asking::failed(socket, error)),
        }
    }
}

/// Whether a message was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Printed {
    Whole,
    /// There is none of that id.
    Nothing,
}

/// The relay is of another version.
pub(super) fn unexpected() -> anyhow::Error {
    anyhow!("the relay answered something else")
}
