//! Bodies: written before a message is committed, read while it waits.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use waxseal_plugins::content::Content;

use super::embedded::Place;
use super::{MessageId, SpoolError};

/// A body being written. Dropped before commit: gone.
#[async_trait]
pub trait BodyWriter: Send + Sync {
    /// Appends a chunk.
    async fn write(&mut self, chunk: Bytes) -> Result<(), SpoolError>;

    /// Closes it. It is not on stable storage yet: that is for [`Spool::commit`](super::Spool::commit) to see to.
    async fn finish(self: Box<Self>) -> Result<Body, SpoolError>;
}

/// A body that was written, and belongs to no message yet. Until it is committed it may be looked at, and
/// another one written in its place: dropped, it is gone.
#[derive(Debug)]
pub enum Body {
    /// Small: in memory.
    Inline(Bytes),
    /// Large: in a file. Removed on drop unless it was committed.
    File(BodyFile),
}

impl Body {
    /// Octets.
    pub fn size(&self) -> u64 {
        match self {
            Self::Inline(octets) => octets.len() as u64,
            Self::File(body) => body.size,
        }
    }

    /// What was written, to be looked at. It stays readable whatever becomes of the body.
    pub fn content(&self) -> Arc<dyn Content> {
        match self {
            Self::Inline(octets) => Arc::new(octets.clone()),
            Self::File(body) => Arc::new(Written { file: Arc::clone(&body.file), size: body.size }),
        }
    }
}

/// A large body: a file that no message names yet, and that is not synced before the commit.
#[derive(Debug)]
pub struct BodyFile {
    pub(super) file: Arc<File>,
    pub(super) path: tempfile::TempPath,
    pub(super) size: u64,
    pub(super) checksum: u32,
}

/// A file of which all is written.
#[derive(Debug)]
struct Written {
    file: Arc<File>,
    size: u64,
}

impl Content for Written {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read_at(buffer, offset) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // No file is that long: it is behind the end.
                Err(error) if error.kind() == ErrorKind::InvalidInput && offset >= self.size => return Ok(0),
                result => return result,
            }
        }
    }
}

/// A body being read, in chunks.
#[async_trait]
pub trait BodyReader: Send {
    /// The next chunk: a small body, of at most 256 KiB, as a whole; of a larger one at most
    /// 64 KiB. Empty at the end.
    async fn read(&mut self) -> Result<Bytes, SpoolError>;
}

/// Where a body is. Only the engine that gave it knows what it means; to others it is the body of
/// this message.
#[derive(Clone, Debug)]
pub struct BodyRef {
    message: MessageId,
    /// Where it was when this was made, if that is known: it may have been moved since.
    pub(super) place: Option<Place>,
    /// The body itself, if it is still in memory.
    pub(super) content: Option<Bytes>,
}

impl BodyRef {
    /// The body of this message, wherever it is.
    pub fn of(message: MessageId) -> Self {
        Self { message, place: None, content: None }
    }

    /// The body of this message, at this place.
    pub(super) fn at(message: MessageId, place: Place) -> Self {
        Self { message, place: Some(place), content: None }
    }

    /// The same, with the body itself where it is still in memory.
    #[must_use]
    pub(super) fn with(self, content: Option<Bytes>) -> Self {
        Self { content, ..self }
    }

    /// The message.
    pub fn message(&self) -> MessageId {
        self.message
    }
}
