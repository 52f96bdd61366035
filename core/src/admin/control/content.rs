//! A message over the control socket: after the line that says how long it is, its octets as they are.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::line;
use crate::admin::protocol::{Request, Response};
use crate::admin::quarantine::{Answer, Ask, content};
use crate::spool::{BodyReader, MessageId, Spool};

/// How long one side waits for the other, with each chunk.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a quarantined message. Whoever asked for it may be gone, and sees by the length that it is not
/// whole.
pub(super) async fn send(writer: &mut (impl AsyncWrite + Unpin), spool: &dyn Spool, id: MessageId) {
    let (response, body) = match content(spool, id).await {
        Ok(Some((size, body))) => (Response::Quarantine(Answer::Content { size }), Some(body)),
        Ok(None) => (Response::Quarantine(Answer::Unknown), None),
        Err(error) => (Response::Error { message: error.to_string() }, None),
    };
    let Ok(line) = line(&response) else { return };
    if write(writer, &line).await.is_ok()
        && let Some(body) = body
        && let Err(error) = copy(writer, body).await
    {
        tracing::warn!(%id, %error, "a quarantined message was not shown as a whole");
    }
}

async fn copy(writer: &mut (impl AsyncWrite + Unpin), mut body: Box<dyn BodyReader>) -> io::Result<()> {
    loop {
        let chunk = body.read().await.map_err(io::Error::other)?;
        if chunk.is_empty() {
            return Ok(());
        }
        write(writer, &chunk).await?;
    }
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), octets: &[u8]) -> io::Result<()> {
    timeout(PATIENCE, writer.write_all(octets)).await.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
}

/// Asks a running relay for a quarantined message, and writes it as it came in. What is answered says
/// whether there was one.
///
/// # Errors
///
/// No relay answers there, or not in time; the message is not whole; or it cannot be written.
pub async fn fetch(path: &Path, id: MessageId, output: &mut impl Write) -> io::Result<Response> {
    let mut stream = UnixStream::connect(path).await?;
    stream.write_all(&line(&Request::Quarantine(Box::new(Ask::Content { id })))?).await?;
    let (mut stream, mut answer) = (BufReader::new(stream), String::new());
    timeout(PATIENCE, stream.read_line(&mut answer)).await??;
    let response: Response = serde_json::from_str(&answer)?;
    let Response::Quarantine(Answer::Content { size }) = response else { return Ok(response) };
    let mut left = size;
    let mut chunk = vec![0; 64 * 1024];
    while left > 0 {
        let read = timeout(PATIENCE, stream.read(&mut chunk)).await??;
        let octets = chunk.get(..read).filter(|octets| !octets.is_empty());
        let octets = octets.ok_or_else(|| {
            let problem =
                format!("only {} of {size} octets have come: the message cannot be read", size - left);
            io::Error::new(ErrorKind::UnexpectedEof, problem)
        })?;
        output.write_all(octets)?;
        left = left.saturating_sub(read as u64);
    }
    output.flush()?;
    Ok(response)
}
