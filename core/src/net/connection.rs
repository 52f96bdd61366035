//! A stream with its input buffer: lines in, bytes out.

use std::io;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Stream;

/// How much is read at once of a message, and of lines. An idle connection waits for a line, and
/// holds no more than the room for one.
const CHUNK: usize = 16 * 1024;
const LINES: usize = 1024;

/// How long a close_notify may take to be sent.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// A connection: a stream, and what was read ahead of it.
///
/// It never outlives STARTTLS: [`Connection::into_clear`] consumes it, and gives the socket only
/// where nothing was read ahead, so nothing from before the handshake can survive it
/// (RFC 3207 section 4.2).
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    input: BytesMut,
}

/// Why no line could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The peer closed the connection.
    #[error("the connection was closed")]
    Closed,
    /// Nothing came in time.
    #[error("nothing came within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The line is longer than allowed; it was read to its end and dropped.
    #[error("a line is longer than {0} octets")]
    TooLong(usize),
    /// A line ends with a bare LF, or holds a bare CR (RFC 5321 section 2.3.8); it was dropped.
    #[error("a line holds a bare CR or LF")]
    BareNewline,
    /// The socket failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why a connection cannot go over to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotClear {
    /// Something was read ahead: a command or reply injected before the handshake.
    #[error("{0} octets were sent ahead of the handshake")]
    Ahead(usize),
    /// It is encrypted already.
    #[error("the connection is encrypted already")]
    Encrypted,
}

impl Connection {
    /// A connection over a stream, with nothing read ahead.
    pub fn new(stream: Stream) -> Self {
        Self { stream, input: BytesMut::new() }
    }

    /// Whether it is inside TLS.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    /// The socket, for a handshake.
    ///
    /// # Errors
    ///
    /// Where anything was read ahead, or the connection is encrypted; it is closed then.
    pub fn into_clear(self) -> Result<TcpStream, NotClear> {
        match self.stream {
            Stream::Clear(socket) if self.input.is_empty() => Ok(socket),
            Stream::Clear(_) => Err(NotClear::Ahead(self.input.len())),
            Stream::Tls(_) => Err(NotClear::Encrypted),
        }
    }

    /// How many octets were read ahead.
    pub fn ahead(&self) -> usize {
        self.input.len()
    }

    /// Whether a whole line was read ahead: the next [`Connection::read_line`] will not wait.
    pub fn has_line(&self) -> bool {
        memchr::memchr(b'\n', &self.input).is_some()
    }

    /// Whether the peer is silent, and has not closed the connection: what is there to be read now is
    /// read ahead. It waits for nothing.
    pub fn is_quiet(&mut self) -> bool {
        if self.input.is_empty() {
            self.input.reserve(LINES);
            let read = pin!(self.stream.read_buf(&mut self.input));
            return read.poll(&mut Context::from_waker(Waker::noop())).is_pending();
        }
        false
    }

    /// Reads one line, without its CRLF.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; after [`ReadError::TooLong`] and [`ReadError::BareNewline`] the
    /// connection is at the start of the next line.
    pub async fn read_line(&mut self, limit: usize, wait: Duration) -> Result<Bytes, ReadError> {
        timeout(wait, self.next_line(limit)).await.unwrap_or(Err(ReadError::Timeout(wait)))
    }

    async fn next_line(&mut self, limit: usize) -> Result<Bytes, ReadError> {
        let mut searched = 0;
        let mut overlong = false;
        loop {
            if let Some(at) = self.input.get(searched..).and_then(|new| memchr::memchr(b'\n', new)) {
                let line = self.input.split_to(searched + at + 1).freeze();
                if overlong || line.len() > limit {
                    return Err(ReadError::TooLong(limit));
                }
                return line_content(&line).ok_or(ReadError::BareNewline);
            }
            searched = self.input.len();
            if searched > limit {
                // The rest of the line is read and dropped, so that memory stays bounded.
                overlong = true;
                searched = 0;
                self.input.clear();
            }
            if self.fill(LINES).await? == 0 {
                return Err(ReadError::Closed);
            }
        }
    }

    /// Reads what there is: what was read ahead, else the next chunk. Empty at the end.
    ///
    /// # Errors
    ///
    /// [`ReadError::Timeout`], [`ReadError::Io`].
    pub async fn read_chunk(&mut self, wait: Duration) -> Result<Bytes, ReadError> {
        self.read_at_most(u64::MAX, wait).await
    }

    /// Reads as [`Connection::read_chunk`] does, at most so many octets: the rest stays for the next
    /// read.
    ///
    /// # Errors
    ///
    /// [`ReadError::Timeout`], [`ReadError::Io`].
    pub async fn read_at_most(&mut self, most: u64, wait: Duration) -> Result<Bytes, ReadError> {
        if self.input.is_empty() {
            timeout(wait, self.fill(CHUNK)).await.map_err(|_| ReadError::Timeout(wait))??;
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(self.input.len());
        Ok(self.input.split_to(most).freeze())
    }

    /// Puts back what belongs to the next read.
    pub fn unread(&mut self, rest: &[u8]) {
        let later = self.input.split();
        self.input = BytesMut::with_capacity(rest.len() + later.len());
        self.input.extend_from_slice(rest);
        self.input.extend_from_slice(&later);
    }

    async fn fill(&mut self, room: usize) -> io::Result<usize> {
        self.input.reserve(room);
        self.stream.read_buf(&mut self.input).await
    }

    /// Writes all of it, and flushes.
    ///
    /// # Errors
    ///
    /// [`ReadError::Timeout`] where the peer does not take it in time, [`ReadError::Io`].
    pub async fn write(&mut self, bytes: &[u8], wait: Duration) -> Result<(), ReadError> {
        let written = timeout(wait, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        Ok(written.await.map_err(|_| ReadError::Timeout(wait))??)
    }

    /// Closes it: close_notify inside TLS, then the socket. Bounded to a second.
    pub async fn close(mut self) {
        if self.is_encrypted() {
            // The peer may be gone already; there is nobody left to tell.
            let _ = timeout(SHUTDOWN, self.stream.shutdown()).await;
        }
    }

    /// Says a last word, and closes it. Inside TLS word and close_notify go out together: the peer is
    /// woken once.
    ///
    /// # Errors
    ///
    /// As [`Connection::write`].
    pub async fn close_saying(mut self, last: &[u8], wait: Duration) -> Result<(), ReadError> {
        let held_back = self.stream.hold_back(last);
        match last.get(held_back..) {
            None | Some([]) => {}
            Some(rest) => self.write(rest, wait).await?,
        }
        if self.is_encrypted() {
            // What was held back goes out here: it has the time of a reply.
            timeout(wait, self.stream.shutdown()).await.map_err(|_| ReadError::Timeout(wait))??;
        }
        Ok(())
    }

    /// Closes it after a last reply. What the peer is still sending is read and dropped, for a
    /// second at most: a socket that is closed with unread octets is reset, and the reply may be
    /// lost (RFC 1122 section 4.2.2.13).
    pub async fn close_after_reply(mut self) {
        let drained = timeout(SHUTDOWN, async {
            self.stream.shutdown().await?;
            while self.fill(LINES).await? > 0 {
                self.input.clear();
            }
            io::Result::Ok(())
        });
        let _ = drained.await;
    }
}

/// The line without its CRLF, unless it holds another CR or LF.
fn line_content(line: &Bytes) -> Option<Bytes> {
    let content = line.len().checked_sub(2)?;
    let (text, end) = line.split_at_checked(content)?;
    (end == b"\r\n" && !text.contains(&b'\r')).then(|| line.slice(..content))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// A connection that has received these octets, and its other end.
    async fn received(octets: &[u8]) -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
        let mut far = far.unwrap().0;
        far.write_all(octets).await.unwrap();
        (Connection::new(Stream::Clear(near.unwrap())), far)
    }

    #[tokio::test]
    async fn reads_lines_without_their_ends() {
        let (mut connection, _far) = received(b"EHLO a\r\n\r\nQUIT\r\n").await;
        for line in [&b"EHLO a"[..], b"", b"QUIT"] {
            assert_eq!(connection.read_line(100, SOON).await.unwrap(), line);
        }
    }

    #[tokio::test]
    async fn a_peer_that_has_spoken_or_gone_is_not_quiet() {
        let (mut connection, far) = received(b"").await;
        assert!(connection.is_quiet());
        drop(far);
        connection.stream_is_ready().await;
        assert!(!connection.is_quiet());
        let (mut connection, _far) = received(b"421 bye\r\n").await;
        connection.stream_is_ready().await;
        assert!(!connection.is_quiet());
        assert_eq!(connection.read_line(100, SOON).await.unwrap(), b"421 bye"[..]);
    }

    impl Connection {
        async fn stream_is_ready(&self) {
            let Stream::Clear(socket) = &self.stream else { unreachable!("in clear") };
            socket.readable().await.unwrap();
        }
    }

    #[tokio::test]
    async fn drops_bad_lines_and_goes_on_with_the_next() {
        let long = "x".repeat(3 * CHUNK);
        let octets = format!("a\nb\rc\r\n{long}\r\n{}\r\nNOOP\r\n", "y".repeat(9));
        let (mut connection, far) = received(octets.as_bytes()).await;
        let mut read = async || connection.read_line(10, SOON).await;
        assert!(matches!(read().await, Err(ReadError::BareNewline)));
        assert!(matches!(read().await, Err(ReadError::BareNewline)));
        assert!(matches!(read().await, Err(ReadError::TooLong(10))));
        assert!(matches!(read().await, Err(ReadError::TooLong(10))));
        assert_eq!(read().await.unwrap(), "NOOP");
        drop(far);
        assert!(matches!(read().await, Err(ReadError::Closed)));
    }

    #[tokio::test]
    async fn gives_up_on_silence() {
        let (mut connection, _far) = received(b"half a li").await;
        let short = Duration::from_millis(20);
        assert!(matches!(connection.read_line(100, short).await, Err(ReadError::Timeout(_))));
    }

    #[tokio::test]
    async fn gives_no_socket_where_something_was_read_ahead() {
        let (mut connection, _far) = received(b"STARTTLS\r\nMAIL FROM:<>\r\n").await;
        assert_eq!(connection.read_line(100, SOON).await.unwrap(), "STARTTLS");
        assert_eq!(connection.ahead(), 14);
        assert_eq!(connection.into_clear().unwrap_err(), NotClear::Ahead(14));

        let (mut connection, _far) = received(b"STARTTLS\r\n").await;
        assert_eq!(connection.read_line(100, SOON).await.unwrap(), "STARTTLS");
        assert!(connection.into_clear().is_ok());
    }

    #[tokio::test]
    async fn reads_chunks_and_puts_back() {
        let (mut connection, far) = received(b"DATA\r\nbody").await;
        assert_eq!(connection.read_line(100, SOON).await.unwrap(), "DATA");
        let chunk = connection.read_chunk(SOON).await.unwrap();
        connection.unread(&chunk);
        assert_eq!(connection.read_at_most(3, SOON).await.unwrap(), "bod");
        assert_eq!(connection.read_at_most(3, SOON).await.unwrap(), "y");
        drop(far);
        assert!(connection.read_chunk(SOON).await.unwrap().is_empty());
    }
}
