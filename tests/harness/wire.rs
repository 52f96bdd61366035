//! A socket, clear or encrypted, read by lines.

use std::io;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

/// Anything that is read and written.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A socket, clear or encrypted.
pub struct Wire {
    io: BufReader<Box<dyn Io>>,
}

impl Wire {
    /// Over any stream.
    pub fn new(io: impl Io + 'static) -> Self {
        Self { io: BufReader::new(Box::new(io)) }
    }

    /// Reads a line with its end, as it came. Empty at the end of the stream.
    ///
    /// # Errors
    ///
    /// The socket failed.
    pub async fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.io.read_until(b'\n', &mut line).await?;
        Ok(line)
    }

    /// Reads what there is, up to 16 KiB. Empty at the end of the stream.
    ///
    /// # Errors
    ///
    /// The socket failed.
    pub async fn chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut chunk = vec![0; 16 * 1024];
        let read = self.io.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok(chunk)
    }

    /// Reads so many octets.
    ///
    /// # Errors
    ///
    /// The socket failed, or ended before them.
    pub async fn octets(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut octets = vec![0; count];
        self.io.read_exact(&mut octets).await?;
        Ok(octets)
    }

    /// Writes, and flushes.
    ///
    /// # Errors
    ///
    /// The socket failed.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.io.write_all(bytes.as_ref()).await?;
        self.io.flush().await
    }

    /// The stream beneath, with what was read ahead of it.
    pub fn into_parts(self) -> (Box<dyn Io>, Vec<u8>) {
        let ahead = self.io.buffer().to_vec();
        (self.io.into_inner(), ahead)
    }
}
