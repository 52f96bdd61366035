//! A socket that keeps what is read from it while the ClientHello comes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most that is kept: the library takes hellos of 64 KiB, in four records or more.
const MOST: usize = 68 * 1024;

#[derive(Debug)]
pub(super) struct Recorder {
    socket: TcpStream,
    record: Vec<u8>,
}

impl Recorder {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, record: Vec::new() }
    }

    /// What was read, at most 68 KiB.
    pub(super) fn record(&self) -> &[u8] {
        &self.record
    }

    /// The socket alone; what was read is dropped.
    pub(super) fn into_socket(self) -> TcpStream {
        self.socket
    }
}

impl AsyncRead for Recorder {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.socket).poll_read(cx, buf);
        let new = buf.filled().get(before..).unwrap_or_default();
        let room = MOST.saturating_sub(this.record.len());
        this.record.extend_from_slice(new.get(..room).unwrap_or(new));
        polled
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().socket).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
