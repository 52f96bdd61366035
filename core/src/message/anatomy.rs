//! What is known of a message once all of it is there: its header section and its parts.

use std::io;

use waxseal_plugins::content::Content;

use super::headers::HeaderSection;
use super::structure::Structure;

/// A message whose header section was read.
#[derive(Clone, Copy, Debug)]
pub struct Headed<'a> {
    /// Its header section.
    pub headers: &'a HeaderSection,
    /// All of it.
    pub content: &'a dyn Content,
}

/// The header section and the parts of a message.
#[derive(Clone, Debug)]
pub struct Anatomy {
    /// Its header section.
    pub headers: HeaderSection,
    /// Its parts.
    pub structure: Structure,
}

impl Anatomy {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn of(content: &dyn Content) -> io::Result<Self> {
        Self::with(HeaderSection::read(content)?, content)
    }

    /// Reads the body of a message whose header section was read.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn with(headers: HeaderSection, content: &dyn Content) -> io::Result<Self> {
        let structure = Structure::of(&headers, content)?;
        Ok(Self { headers, structure })
    }
}
