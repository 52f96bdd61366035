//! A connection to a milter: frames, each wait bounded.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_util::codec::{Decoder as _, LengthDelimitedCodec};
use tokio_util::either::Either;

use super::command::Command;
use super::failure::Failure;
use super::response::{FRAME, Malformed, Response};
use crate::config::MilterAddress;

/// What need not be answered waits for so many octets to go out with it.
const BATCH: usize = 64 * 1024;

/// A connection to a milter. Dropped: the milter is told, as far as that needs no waiting.
pub(super) struct Wire {
    stream: Either<TcpStream, UnixStream>,
    frames: LengthDelimitedCodec,
    input: BytesMut,
    output: Vec<u8>,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`].
    pub(super) async fn open(address: &MilterAddress, wait: Duration) -> Result<Self, Failure> {
        let connecting = async {
            match address {
                MilterAddress::Tcp { host, port } => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    // Commands are small, and each is waited for.
                    stream.set_nodelay(true)?;
                    Ok(Either::Left(stream))
                }
                MilterAddress::Unix(path) => UnixStream::connect(path).await.map(Either::Right),
            }
        };
        let too_late =
            |_| io::Error::new(io::ErrorKind::TimedOut, format!("nothing for {} s", wait.as_secs()));
        let stream =
            timeout(wait, connecting).await.map_err(too_late).flatten().map_err(Failure::Unreachable)?;
        let frames = LengthDelimitedCodec::builder().max_frame_length(FRAME).new_codec();
        Ok(Self { stream, frames, input: BytesMut::new(), output: Vec::new() })
    }

    /// Whether the milter is still there and owes nothing. One that has said something unasked is of no use.
    pub(super) fn is_quiet(&self) -> bool {
        let mut octet = [0];
        let read = match &self.stream {
            Either::Left(stream) => stream.try_read(&mut octet),
            Either::Right(stream) => stream.try_read(&mut octet),
        };
        self.input.is_empty() && read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Puts a command behind those that wait to go out.
    pub(super) fn put(&mut self, command: Command<'_>) {
        command.write(&mut self.output);
    }

    /// Whether enough waits to go out.
    pub(super) fn is_full(&self) -> bool {
        self.output.len() >= BATCH
    }

    /// Sends what waits. `event` is for the error.
    ///
    /// # Errors
    ///
    /// The connection broke, or the milter does not read.
    pub(super) async fn flush(&mut self, event: &'static str, wait: Duration) -> Result<(), Failure> {
        let sent = timeout(wait, self.stream.write_all(&self.output)).await;
        self.output.clear();
        sent.map_err(|_| Failure::TimedOut { event, wait })?.map_err(|error| Failure::Closed { event, error })
    }

    /// The next response.
    ///
    /// # Errors
    ///
    /// The connection broke, nothing came in time, or it is no response.
    pub(super) async fn receive(&mut self, event: &'static str, wait: Duration) -> Result<Response, Failure> {
        timeout(wait, self.response(event)).await.map_err(|_| Failure::TimedOut { event, wait })?
    }

    async fn response(&mut self, event: &'static str) -> Result<Response, Failure> {
        loop {
            let frame = self.frames.decode(&mut self.input).map_err(|_| Malformed::TooLong)?;
            if let Some(frame) = frame {
                return Ok(Response::parse(frame.freeze())?);
            }
            let read = self.stream.read_buf(&mut self.input).await;
            let read = read.map_err(|error| Failure::Closed { event, error })?;
            if read == 0 {
                let error = io::ErrorKind::UnexpectedEof.into();
                return Err(Failure::Closed { event, error });
            }
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let mut quit = Vec::new();
        Command::Quit.write(&mut quit);
        // What does not fit into the socket's buffer is not missed: the milter sees the end of the connection.
        let _ = match &self.stream {
            Either::Left(stream) => stream.try_write(&quit),
            Either::Right(stream) => stream.try_write(&quit),
        };
    }
}
