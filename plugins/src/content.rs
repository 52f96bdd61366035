//! Where a message lies while filters look at it.

use std::fmt;
use std::io;

use bytes::Bytes;

/// A message at rest: memory, or a file that was just written. Reading it does not wait for anything but
/// the page cache, so it is not async.
pub trait Content: Send + Sync + fmt::Debug {
    /// Its size in octets, header section included, in canonical CRLF form.
    fn size(&self) -> u64;

    /// Reads from an offset as much as there is and fits, and says how much; 0 only at the end, or into an
    /// empty buffer.
    ///
    /// # Errors
    ///
    /// The disk.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Octets from an offset on that lie in memory, to be had without a copy; more may follow. `None` where there are none.
    fn in_memory(&self, offset: u64) -> Option<Bytes> {
        let _ = offset;
        None
    }
}

impl Content for Bytes {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        Ok(length)
    }

    fn in_memory(&self, offset: u64) -> Option<Bytes> {
        let offset = usize::try_from(offset).ok().filter(|offset| *offset < self.len())?;
        Some(self.slice(offset..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_any_offset() {
        let content = Bytes::from_static(b"abcdef");
        let mut buffer = [0; 4];
        assert_eq!(content.size(), 6);
        assert_eq!(content.read_at(3, &mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..3], b"def");
        assert_eq!(content.read_at(6, &mut buffer).unwrap(), 0);
        assert_eq!(content.read_at(u64::MAX, &mut buffer).unwrap(), 0);
        assert_eq!(content.in_memory(3).as_deref(), Some(b"def".as_slice()));
        assert_eq!((content.in_memory(6), content.in_memory(u64::MAX)), (None, None));
    }
}
