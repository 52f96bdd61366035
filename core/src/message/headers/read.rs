//! From where a message lies to its header section: what lies in memory is not copied.

use std::io;

use bytes::Bytes;
use memchr::memmem;
use waxseal_plugins::content::Content;

use super::{Ending, HeaderSection, SECTION};

/// How much is read at once of a message that does not lie in memory, octets.
const PORTION: usize = 16 * 1024;

/// A line end, and an empty line behind it.
const EMPTY_LINE: &[u8] = b"\r\n\r\n";

impl HeaderSection {
    /// Reads the header section of a message, up to its first empty line, or to its end.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn read(content: &dyn Content) -> io::Result<Self> {
        let octets = content.in_memory(0).unwrap_or_default();
        let (size, ending) = end(&octets);
        if ending == Ending::EmptyLine || octets.len() as u64 == content.size() {
            return Ok(Self::beginning(octets.slice(..size.min(SECTION)), size as u64, ending));
        }
        read(content)
    }

    /// That of a message whose octets these are. What follows the empty line is not looked at.
    pub fn parse(octets: &Bytes) -> Self {
        let (size, ending) = end(octets);
        Self::beginning(octets.slice(..size.min(SECTION)), size as u64, ending)
    }
}

/// Reads it piece by piece. Of what is beyond [`SECTION`] only the end is looked for.
fn read(content: &dyn Content) -> io::Result<HeaderSection> {
    let (mut octets, mut piece, mut offset) = (Vec::new(), vec![0; PORTION], 0_u64);
    // The first line may be the empty one: what is before a line is a line end.
    let mut window = b"\r\n".to_vec();
    loop {
        let length = content.read_at(offset, &mut piece)?;
        let read = piece.get(..length).unwrap_or_default();
        if read.is_empty() {
            return Ok(HeaderSection::beginning(octets.into(), offset, Ending::Message));
        }
        let before = window.len() as u64;
        window.extend_from_slice(read);
        octets.extend_from_slice(read.get(..SECTION.saturating_sub(octets.len())).unwrap_or(read));
        if let Some(at) = memmem::find(&window, EMPTY_LINE) {
            let size = offset + at as u64 + 2 - before;
            octets.truncate(usize::try_from(size).unwrap_or(SECTION));
            return Ok(HeaderSection::beginning(octets.into(), size, Ending::EmptyLine));
        }
        window.drain(..window.len().saturating_sub(EMPTY_LINE.len() - 1));
        offset += length as u64;
    }
}

/// Where the section ends, and how.
fn end(octets: &[u8]) -> (usize, Ending) {
    if octets.starts_with(b"\r\n") {
        return (0, Ending::EmptyLine);
    }
    match memmem::find(octets, EMPTY_LINE) {
        Some(at) => (at + 2, Ending::EmptyLine),
        None => (octets.len(), Ending::Message),
    }
}
