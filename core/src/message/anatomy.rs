//! What is known of a message once all of it is there: its header section and its parts.

use std::io;

use waxseal_plugins::content::Content;

use super::headers::HeaderSection;
use super::structure::{Scanner, Structure};

/// How much of a message is read at once, octets.
const PIECE: usize = 64 * 1024;

/// The header section and the parts of a message.
#[derive(Clone, Debug)]
pub struct Anatomy {
    /// Its header section.
    pub headers: HeaderSection,
    /// Its parts.
    pub structure: Structure,
}

impl Anatomy {
    /// Reads a message that is there already. One that streams is fed to a [`Scanner`].
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn of(content: &dyn Content) -> io::Result<Self> {
        let mut scanner = Scanner::default();
        let mut buffer = vec![0; PIECE];
        let mut offset = 0;
        loop {
            let length = content.read_at(offset, &mut buffer)?;
            if length == 0 {
                return Ok(Self::from(scanner));
            }
            scanner.read(buffer.get(..length).unwrap_or_default());
            offset += length as u64;
        }
    }
}

impl From<Scanner> for Anatomy {
    fn from(scanner: Scanner) -> Self {
        let (headers, structure) = scanner.finish();
        Self { headers, structure }
    }
}
