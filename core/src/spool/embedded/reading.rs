//! Bodies read: small ones as a whole, large ones in chunks. Nothing is given away that was not
//! compared with its checksum, the last chunk of a large body included.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::blocking;
use super::folder::Folder;
use super::place::{At, HEAD, Head, Place};
use crate::spool::{BodyReader, MessageId, SpoolError};

/// The largest chunk of a large body. Octets.
const CHUNK: usize = 64 * 1024;

/// How many segments are kept open.
const OPEN: usize = 128;

/// Opens bodies.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    folder: Folder,
    open: Arc<Mutex<HashMap<u64, Arc<File>>>>,
}

impl Bodies {
    pub(super) fn new(folder: Folder) -> Self {
        Self { folder, open: Arc::default() }
    }

    /// Opens the body of a message at a place; an error if it is not there.
    pub(super) async fn open(
        &self,
        message: MessageId,
        place: &Place,
    ) -> Result<Box<dyn BodyReader>, SpoolError> {
        match &place.at {
            At::Segment { number, offset } => {
                let record = self.record(*number, *offset, place).await;
                let body = whole(message, place, record.map_err(|error| unreadable(message, &error))?)?;
                Ok(in_memory(body))
            }
            At::Table => Err(SpoolError::Damaged(format!("the body of {message} is in no file"))),
            At::File(name) => {
                let path = self.folder.body(name);
                let file = blocking(move || File::open(path)).await?;
                let file = file.map_err(|error| unreadable(message, &error))?;
                Ok(Box::new(FileReader::new(file, message, place.clone())))
            }
        }
    }

    /// A segment is gone.
    pub(super) fn forget(&self, segment: u64) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&segment);
    }

    /// The octets of a record; at once if they are in memory.
    async fn record(&self, number: u64, offset: u64, place: &Place) -> io::Result<Vec<u8>> {
        let length = usize::try_from(place.length).map_or(usize::MAX, |length| length.saturating_add(HEAD));
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned();
        if let Some(file) = &open {
            let mut record = vec![0; length];
            if read_if_cached(file, &mut record, offset) == Some(length) {
                return Ok(record);
            }
        }
        let this = self.clone();
        let read = blocking(move || {
            let file = open.map_or_else(|| this.segment(number), Ok)?;
            let mut record = vec![0; length];
            file.read_exact_at(&mut record, offset).map(|()| record)
        });
        read.await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }

    fn segment(&self, number: u64) -> io::Result<Arc<File>> {
        let file = Arc::new(File::open(self.folder.segment(number))?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN {
            // Whoever reads one has it himself.
            open.clear();
        }
        open.insert(number, Arc::clone(&file));
        Ok(file)
    }
}

/// Reads what is in memory, without waiting for the disk: how many octets.
#[cfg(target_os = "linux")]
fn read_if_cached(file: &File, record: &mut [u8], offset: u64) -> Option<usize> {
    use rustix::io::ReadWriteFlags;
    let slices = &mut [io::IoSliceMut::new(record)];
    rustix::io::preadv2(file, slices, offset, ReadWriteFlags::NOWAIT).ok()
}

#[cfg(not(target_os = "linux"))]
fn read_if_cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}

/// The body in a record, if it is the one that was written.
fn whole(message: MessageId, place: &Place, record: Vec<u8>) -> Result<Bytes, SpoolError> {
    let record = Bytes::from(record);
    let head = Head::read(&record);
    let body = record.slice(HEAD.min(record.len())..);
    if head.is_none_or(|head| head.id != message) {
        return Err(SpoolError::Damaged(format!("the body of {message} is not where it was written")));
    }
    place.compare(message, body.len() as u64, crc32c::crc32c(&body))?;
    Ok(body)
}

fn unreadable(message: MessageId, error: &io::Error) -> SpoolError {
    SpoolError::Damaged(format!("cannot read the body of {message}: {error}"))
}

/// A small body that was read from the tables, if it is the one that was written.
pub(super) fn from_table(
    message: MessageId,
    place: &Place,
    octets: Vec<u8>,
) -> Result<Box<dyn BodyReader>, SpoolError> {
    place.compare(message, octets.len() as u64, crc32c::crc32c(&octets))?;
    Ok(in_memory(octets.into()))
}

/// A small body that is in memory already.
pub(super) fn in_memory(body: Bytes) -> Box<dyn BodyReader> {
    Box::new(MemoryReader(body))
}

/// A small body. It was compared with its checksum.
struct MemoryReader(Bytes);

#[async_trait]
impl BodyReader for MemoryReader {
    async fn read(&mut self) -> Result<Bytes, SpoolError> {
        Ok(std::mem::take(&mut self.0))
    }
}

/// A large body being read. Its last chunk is held back until the checksum was compared, so that
/// nobody takes a damaged body for a whole one.
struct FileReader {
    file: Arc<File>,
    message: MessageId,
    place: Place,
    length: u64,
    checksum: u32,
    ahead: Option<Bytes>,
}

impl FileReader {
    fn new(file: File, message: MessageId, place: Place) -> Self {
        Self { file: Arc::new(file), message, place, length: 0, checksum: 0, ahead: None }
    }

    async fn read_ahead(&mut self) -> Result<Bytes, SpoolError> {
        let file = Arc::clone(&self.file);
        let chunk = blocking(move || {
            let mut chunk = Vec::with_capacity(CHUNK);
            (&*file).take(CHUNK as u64).read_to_end(&mut chunk).map(|_| Bytes::from(chunk))
        });
        let chunk = chunk.await?.map_err(|error| unreadable(self.message, &error))?;
        self.length += chunk.len() as u64;
        self.checksum = crc32c::crc32c_append(self.checksum, &chunk);
        if chunk.is_empty() {
            self.place.compare(self.message, self.length, self.checksum)?;
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
