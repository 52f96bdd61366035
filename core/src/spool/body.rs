//! Bodies: written before a message is committed, read while it waits.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

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

    /// Closes it: on stable storage, if it is in a file of its own.
    async fn finish(self: Box<Self>) -> Result<Body, SpoolError>;
}

/// A body that was written, and belongs to no message yet.
#[derive(Debug)]
pub enum Body {
    /// Small: in memory.
    Inline(Bytes),
    /// Large: in a file, synced. Removed on drop unless it was committed.
    File(BodyFile),
}

impl Body {
    /// The body, to be looked at.
    ///
    /// # Errors
    ///
    /// Its file cannot be opened.
    pub fn content(&self) -> io::Result<Box<dyn Content>> {
        Ok(match self {
            Self::Inline(body) => Box::new(body.clone()),
            Self::File(body) => Box::new(OpenBody { file: File::open(&body.path)?, size: body.size }),
        })
    }
}

/// A large body, opened.
#[derive(Debug)]
struct OpenBody {
    file: File,
    size: u64,
}

impl Content for OpenBody {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

/// A large body: a synced file that no message names yet.
#[derive(Debug)]
pub struct BodyFile {
    pub(super) path: tempfile::TempPath,
    pub(super) size: u64,
    pub(super) checksum: u32,
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
