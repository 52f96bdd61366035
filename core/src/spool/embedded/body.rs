//! Bodies written in chunks.

use std::io::{self, Write};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tempfile::TempPath;

use super::blocking;
use super::folder::Folder;
use super::health::Condition;
use super::place::{At, Place};
use super::space::{Left, Space};
use crate::spool::{Body, BodyFile, BodyWriter, SpoolError};

/// Bodies up to this size are kept in segments; a writer holds no more of a larger one in
/// memory than this. Octets.
pub(super) const SMALL: usize = 256 * 1024;

/// The most that is copied at once. Octets.
const CHUNK: usize = 64 * 1024;

/// What it is called where it cannot be written.
const WHAT: &str = "a body's file";

/// A body being written: in memory as long as it is small, then in a file.
pub(super) struct Writer {
    folder: Folder,
    space: Arc<Space>,
    condition: Arc<Condition>,
    buffer: BytesMut,
    file: Target,
}

enum Target {
    /// Nothing was written out yet.
    Memory,
    /// The rest goes to a file.
    File(BodyFile),
    /// A write failed or was interrupted: what the file has is not known.
    Lost,
}

impl Writer {
    pub(super) fn new(folder: Folder, space: Arc<Space>, condition: Arc<Condition>) -> Self {
        Self { folder, space, condition, buffer: BytesMut::new(), file: Target::Memory }
    }

    /// Writes the buffer out.
    async fn spill(&mut self) -> Result<BodyFile, SpoolError> {
        // Large bodies are what fills a disk: one that has begun is no reason to go on.
        if self.space.left() == Left::TooLittle {
            self.file = Target::Lost;
            return Err(SpoolError::Full);
        }
        let target = std::mem::replace(&mut self.file, Target::Lost);
        let (folder, chunk) = (self.folder.clone(), self.buffer.split().freeze());
        let spilled = blocking(move || {
            let mut spilled = match target {
                Target::File(spilled) => spilled,
                Target::Memory => BodyFile::create(&folder)?,
                Target::Lost => return Err(io::Error::other("an earlier write was interrupted")),
            };
            spilled.append(&chunk)?;
            Ok(spilled)
        });
        spilled.await?.map_err(|error| self.condition.record_io(WHAT, &error))
    }
}

#[async_trait]
impl BodyWriter for Writer {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SpoolError> {
        self.condition.check()?;
        for part in Parts(chunk) {
            if self.buffer.len() + part.len() > SMALL {
                self.file = Target::File(self.spill().await?);
            }
            self.buffer.extend_from_slice(&part);
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Body, SpoolError> {
        self.condition.check()?;
        if let Target::Memory = self.file {
            return Ok(Body::Inline(self.buffer.freeze()));
        }
        Ok(Body::File(self.spill().await?))
    }
}

/// Puts a body that is in a file on stable storage.
pub(super) async fn sync(body: &Body, folder: &Folder, condition: &Condition) -> Result<(), SpoolError> {
    let Body::File(body) = body else { return Ok(()) };
    let (file, folder) = (Arc::clone(&body.file), folder.clone());
    // The data first, then the name: both are on stable storage before a row names it.
    let synced = blocking(move || file.sync_data().and_then(|()| folder.sync_bodies()));
    synced.await?.map_err(|error| condition.record_io(WHAT, &error))
}

/// Cuts what may be a large chunk into pieces that fit the buffer.
struct Parts(Bytes);

impl Iterator for Parts {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let length = self.0.len().min(CHUNK);
        (length > 0).then(|| self.0.split_to(length))
    }
}

impl BodyFile {
    fn create(folder: &Folder) -> io::Result<Self> {
        let (file, path) = folder.create_body()?;
        Ok(Self { file: Arc::new(file), path, size: 0, checksum: 0 })
    }

    fn append(&mut self, chunk: &[u8]) -> io::Result<()> {
        (&*self.file).write_all(chunk)?;
        self.size += chunk.len() as u64;
        self.checksum = crc32c::crc32c_append(self.checksum, chunk);
        Ok(())
    }

    /// Where it is.
    pub(super) fn place(&self) -> Option<Place> {
        let name = self.path.file_name()?.to_str()?;
        Some(Place { at: At::File(name.into()), length: self.size, checksum: self.checksum })
    }

    pub(super) fn checksum(&self) -> u32 {
        self.checksum
    }

    pub(super) fn path_mut(&mut self) -> &mut TempPath {
        &mut self.path
    }
}
