//! Who is asked: the running relay over its socket, else the files of one that is stopped.

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;
use tokio::net::UnixStream;

use crate::admin;
use crate::admin::protocol::{Request, Response};
use crate::admin::queue::{self, Answer, Ask};
use crate::cli::output;
use crate::cli::setting::{Setting, is_absent};
use crate::spool::{Filter, ReadOnly, Status};

/// The most destinations whose state is remembered.
const REMEMBERED: usize = 10_000;

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
            Err(error) => Err(error).with_context(|| format!("asking at {}", socket.display())),
        }
    }

    /// The running relay.
    pub(super) async fn running(setting: &Setting) -> anyhow::Result<Self> {
        let socket = setting.data_dir()?.join(admin::SOCKET);
        match UnixStream::connect(&socket).await {
            Ok(_) => Ok(Self::Running { socket }),
            Err(error) if is_absent(error.kind()) => bail!(
                "no relay runs here: nobody answers at {}. Only a running relay changes its queue; \
                 `waxseal queue list` and `show` work without one",
                socket.display()
            ),
            Err(error) => Err(error).with_context(|| format!("asking at {}", socket.display())),
        }
    }

    pub(super) async fn ask(&self, ask: Ask) -> anyhow::Result<Answer> {
        match self {
            Self::Running { socket } => {
                match admin::control::ask(socket, &Request::Queue(Box::new(ask))).await {
                    Ok(Response::Queue(answer)) => Ok(answer),
                    Ok(Response::Error { message }) => bail!(message),
                    Ok(_) => Err(unexpected()),
                    Err(error) => Err(error).with_context(|| format!("asking at {}", socket.display())),
                }
            }
            Self::Stopped(spool) => Ok(queue::answer(spool.as_ref(), ask).await?),
        }
    }
}

/// Until when destinations are put off, and why; each is asked once.
#[derive(Default)]
pub(super) struct PutOff(HashMap<String, Option<(Timestamp, Status)>>);

impl PutOff {
    pub(super) async fn of(
        &mut self,
        source: &Source,
        domain: &str,
    ) -> anyhow::Result<Option<&(Timestamp, Status)>> {
        if !self.0.contains_key(domain) {
            if self.0.len() >= REMEMBERED {
                self.0.clear();
            }
            let filter = Filter { domain: Some(domain.to_owned()), ..Filter::default() };
            let ask = Ask::Destinations { filter, after: None, most: 1 };
            let Answer::Destinations { mut destinations, .. } = source.ask(ask).await? else {
                return Err(unexpected());
            };
            let put_off = destinations.pop().and_then(|destination| destination.put_off);
            self.0.insert(domain.to_owned(), put_off);
        }
        Ok(self.0.get(domain).and_then(Option::as_ref))
    }
}

/// The relay is of another version.
pub(super) fn unexpected() -> anyhow::Error {
    anyhow!("the relay answered something else")
}
