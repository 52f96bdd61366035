//! Bodies, written and read in chunks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use tempfile::TempPath;

use super::blocking;
use super::folder::Folder;
use super::health::Condition;
use crate::spool::{Body, BodyFile, BodyReader, BodyWriter, MessageId, SpoolError};

/// Bodies up to this size are kept in the database; a writer holds no more of a larger one in
/// memory than this. Octets.
pub(super) const SMALL: usize = 256 * 1024;

/// The largest chunk that a reader gives. Octets.
const CHUNK: usize = 64 * 1024;

/// A body being written: in memory as long as it is small, then in a file.
pub(super) struct Writer {
    folder: Folder,
    condition: Arc<Condition>,
    buffer: BytesMut,
    file: Target,
}

enum Target {
    /// Nothing was written out yet.
    Memory,
    /// The rest goes to a file.
    File(Spilled),
    /// A write failed or was interrupted: what the file has is not known.
    Lost,
}

struct Spilled {
    file: File,
    body: BodyFile,
}

impl Writer {
    pub(super) fn new(folder: Folder, condition: Arc<Condition>) -> Self {
        Self { folder, condition, buffer: BytesMut::new(), file: Target::Memory }
    }

    /// Writes the buffer out, and closes the file if it is the end.
    async fn spill(&mut self, end: End) -> Result<Spilled, SpoolError> {
        let target = std::mem::replace(&mut self.file, Target::Lost);
        let (folder, chunk) = (self.folder.clone(), self.buffer.split().freeze());
        let spilled = blocking(move || {
            let mut spilled = match target {
                Target::File(spilled) => spilled,
                Target::Memory => Spilled::create(&folder)?,
                Target::Lost => return Err(io::Error::other("an earlier write was interrupted")),
            };
            spilled.append(&chunk)?;
            if end == End::Reached {
                // The data first, then the name: both are on stable storage before a row names it.
                spilled.file.sync_data()?;
                folder.sync_bodies()?;
            }
            Ok(spilled)
        });
        spilled.await?.map_err(|error| self.condition.record_io("a body's file", &error))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Reached,
    ToCome,
}

#[async_trait]
impl BodyWriter for Writer {
    async fn write(&mut self, chunk: Bytes) -> Result<(), SpoolError> {
        self.condition.check()?;
        for part in Parts(chunk) {
            if self.buffer.len() + part.len() > SMALL {
                self.file = Target::File(self.spill(End::ToCome).await?);
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
        Ok(Body::File(self.spill(End::Reached).await?.body))
    }
}

impl Spilled {
    fn create(folder: &Folder) -> io::Result<Self> {
        let (file, path) = folder.create_body()?;
        Ok(Self { file, body: BodyFile { path, size: 0, checksum: 0 } })
    }

    fn append(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.file.write_all(chunk)?;
        self.body.size += chunk.len() as u64;
        self.body.checksum = crc32c::crc32c_append(self.body.checksum, chunk);
        Ok(())
    }
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
    /// Its name in the folder of bodies.
    pub(super) fn name(&self) -> Option<&str> {
        self.path.file_name()?.to_str()
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn checksum(&self) -> u32 {
        self.checksum
    }

    pub(super) fn path_mut(&mut self) -> &mut TempPath {
        &mut self.path
    }
}

/// What a body is said to be by its row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) message: MessageId,
    pub(super) length: u64,
    pub(super) checksum: u32,
}

/// A small body being read. It was compared with its checksum as a whole.
pub(super) struct MemoryReader(Parts);

impl MemoryReader {
    pub(super) fn new(content: Vec<u8>, expected: Expected) -> Result<Self, SpoolError> {
        expected.compare(content.len() as u64, crc32c::crc32c(&content))?;
        Ok(Self(Parts(content.into())))
    }
}

#[async_trait]
impl BodyReader for MemoryReader {
    async fn read(&mut self) -> Result<Bytes, SpoolError> {
        Ok(self.0.next().unwrap_or_default())
    }
}

/// A large body being read. Its last chunk is held back until the checksum was compared, so that
/// nobody takes a damaged body for a whole one.
pub(super) struct FileReader {
    file: Arc<File>,
    expected: Expected,
    length: u64,
    checksum: u32,
    ahead: Option<Bytes>,
}

impl FileReader {
    pub(super) fn new(file: File, expected: Expected) -> Self {
        Self { file: Arc::new(file), expected, length: 0, checksum: 0, ahead: None }
    }

    async fn read_ahead(&mut self) -> Result<Bytes, SpoolError> {
        let file = Arc::clone(&self.file);
        let chunk = blocking(move || {
            let mut chunk = Vec::with_capacity(CHUNK);
            (&*file).take(CHUNK as u64).read_to_end(&mut chunk).map(|_| Bytes::from(chunk))
        });
        let chunk = chunk.await?.map_err(|error| {
            SpoolError::Damaged(format!("cannot read the body of {}: {error}", self.expected.message))
        })?;
        self.length += chunk.len() as u64;
        self.checksum = crc32c::crc32c_append(self.checksum, &chunk);
        if chunk.is_empty() {
            self.expected.compare(self.length, self.checksum)?;
        }
        Ok(chunk)
    }
}

#[async_trait]
impl BodyReader for FileReader {
    async fn read(&mut self) -> Result<Bytes, SpoolError> {
        let chunk = match self.ahead.take() {
            Some(chunk) => chunk,
            None => self.read_ahead().await?,
        };
        if !chunk.is_empty() {
            self.ahead = Some(self.read_ahead().await?);
        }
        Ok(chunk)
    }
}

impl Expected {
    fn compare(self, length: u64, checksum: u32) -> Result<(), SpoolError> {
        if (length, checksum) == (self.length, self.checksum) {
            return Ok(());
        }
        Err(SpoolError::Damaged(format!(
            "the body of {} is damaged: {length} octets with checksum {checksum:08x}, but {} with {:08x} were \
             written; the disk or somebody has changed it",
            self.message, self.length, self.checksum,
        )))
    }
}
