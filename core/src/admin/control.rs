//! The control socket: JSON lines over a Unix socket that only this user may open.

mod content;
mod request;

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use waxseal_plugins::reload::Removals;

pub use self::content::fetch;
use super::Running;
use super::protocol::{Reloaded, Request, Response};
use super::{quarantine, queue, shadow, trace};
use crate::relay::Services;

/// The longest request. An answer may be longer: it holds excerpts of files.
const REQUEST: u64 = 4096;

/// How long a client may take for its request.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the socket is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long an answer may take: a reload compiles and tests every policy.
const ANSWER: Duration = Duration::from_secs(120);

/// How long a change of the queue may take: it may concern a million recipients.
const CHANGE: Duration = Duration::from_secs(60 * 60);

/// Binds the socket, in the place of a stale one.
///
/// # Errors
///
/// The directory cannot be written, or another relay answers there.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(io::Error::new(ErrorKind::AddrInUse, "another relay runs with this `data_dir`"));
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    // The directory is private already (0700): nobody can come in between.
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers until the relay is stopping. A socket that was removed is made again: nobody could ask
/// the relay otherwise, until its end.
pub async fn serve(mut listener: UnixListener, running: Running) {
    let Services { stopping, config, .. } = &*running.services;
    let path = config.data_dir.join(super::SOCKET);
    let accept = async {
        loop {
            match timeout(LOOK, listener.accept()).await {
                Ok(Ok((stream, _))) => drop(tokio::spawn(converse(stream, running.clone()))),
                // Out of descriptors: the next ones are free in a moment.
                Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(100)).await,
                // Where it cannot be made, it is tried again at the next look.
                Err(_) if !path.exists() => listener = bind(&path).unwrap_or(listener),
                Err(_) => {}
            }
        }
    };
    let () = stopping.run_until_cancelled(accept).await.unwrap_or_default();
}

/// Asks a running relay.
///
/// # Errors
///
/// No relay answers there, or not in time, or not in our words.
pub async fn ask(path: &Path, request: &Request) -> io::Result<Response> {
    begin(path, request).await.map(|(response, _)| response)
}

/// Asks a running relay, and gives what follows the answer, too.
///
/// # Errors
///
/// As [`ask`].
pub async fn begin(path: &Path, request: &Request) -> io::Result<(Response, BufReader<UnixStream>)> {
    let exchange = async {
        let mut stream = UnixStream::connect(path).await?;
        stream.write_all(&line(request)?).await?;
        let (mut answer, mut stream) = (String::new(), BufReader::new(stream));
        stream.read_line(&mut answer).await?;
        Ok((serde_json::from_str(&answer)?, stream))
    };
    timeout(patience(request), exchange).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}

fn patience(request: &Request) -> Duration {
    match request {
        Request::Queue(ask) if matches!(**ask, queue::Ask::Control { .. }) => CHANGE,
        Request::Quarantine(ask) if matches!(**ask, quarantine::Ask::End { .. }) => CHANGE,
        _ => ANSWER,
    }
}

/// One request a connection; whoever asks slowly is not waited for.
async fn converse(mut stream: UnixStream, running: Running) {
    let (reader, mut writer) = stream.split();
    let mut request = String::new();
    let mut lines = BufReader::new(reader.take(REQUEST));
    let Ok(Ok(_)) = timeout(PATIENCE, lines.read_line(&mut request)).await else { return };
    let response = match request::read(&request) {
        Ok(Request::Trace(wanted)) => {
            let Ok(first) = line(&Response::Tracing) else { return };
            return trace::serve(lines.into_inner().into_inner(), writer, (first, wanted), &running.services)
                .await;
        }
        Ok(Request::Quarantine(ask)) if let quarantine::Ask::Content { id } = *ask => {
            return content::send(&mut writer, running.services.spool.as_ref(), id).await;
        }
        Ok(request) => answer(request, &running).await,
        Err(error) => Response::Error { message: format!("the request was not understood: {error}") },
    };
    if let Ok(line) = line(&response) {
        // Who asked may be gone.
        let _ = timeout(PATIENCE, writer.write_all(&line)).await;
    }
}

async fn answer(request: Request, running: &Running) -> Response {
    match request {
        Request::Trace(_) => Response::Tracing,
        Request::Status => Response::Status(Box::new(running.status().await)),
        Request::Reload { accept_removals } => {
            let removals = if accept_removals { Removals::Accept } else { Removals::Refuse };
            Response::Reloaded(Reloaded::from(running.services.reload(removals).await))
        }
        Request::Shadow(ask) => Response::Shadow(shadow::answer(&running.services, ask).await),
        Request::Queue(ask) => match queue::answer(running.services.spool.as_ref(), *ask).await {
            Ok(answer) => Response::Queue(answer),
            Err(error) => Response::Error { message: error.to_string() },
        },
        Request::Quarantine(ask) => {
            let Services { spool, observer, .. } = &*running.services;
            match quarantine::answer(spool.as_ref(), observer.metrics(), *ask).await {
                Ok(answer) => Response::Quarantine(answer),
                Err(error) => Response::Error { message: error.to_string() },
            }
        }
    }
}

fn line<T: serde::Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("control.sock");
        drop(bind(&path).unwrap());
        let alive = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(bind(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
        drop(alive);
    }

    #[tokio::test]
    async fn nobody_there_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let error = ask(&directory.path().join("control.sock"), &Request::Status).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn requests_are_written_as_documented() {
        let reload: Request = serde_json::from_str(r#"{"command":"reload"}"#).unwrap();
        assert_eq!(reload, Request::Reload { accept_removals: false });
        assert_eq!(serde_json::to_string(&Request::Status).unwrap(), r#"{"command":"status"}"#);
    }
}
