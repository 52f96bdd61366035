//! What is behind the headers of a message, to be read piece by piece.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Fact, Facts, Kind, Value};
use crate::content::Content;

/// The most octets that are read at once.
pub const PIECE: usize = 64 * 1024;

/// The body of a message as it is on the wire, canonical CRLF, encoded as it came: it stays where it lies,
/// and is read piece by piece. Written out, it is its size.
#[derive(Clone, Debug)]
pub struct Body {
    content: Arc<dyn Content>,
    /// Where in the content it begins.
    start: u64,
}

impl Body {
    /// What is behind `start` in a message.
    pub fn new(content: Arc<dyn Content>, start: u64) -> Self {
        Self { content, start }
    }

    /// What a log has of it: its size.
    #[must_use]
    pub fn logged(&self) -> Self {
        Self::new(Arc::new(Gone { size: self.size() }), 0)
    }

    /// Its size in octets.
    pub fn size(&self) -> u64 {
        self.content.size().saturating_sub(self.start)
    }

    /// Reads at most so many octets, and [`PIECE`], from an offset; nothing at the end.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let rest = usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut piece = vec![0; length.min(PIECE).min(rest)];
        let read =
            if piece.is_empty() { 0 } else { self.content.read_at(self.start + offset, &mut piece)? };
        piece.truncate(read);
        Ok(piece)
    }

    /// Its beginning as text, at most a piece: what is no UTF-8 is `U+FFFD`.
    pub(super) fn text(&self) -> String {
        self.read(0, PIECE).map(|piece| String::from_utf8_lossy(&piece).into_owned()).unwrap_or_default()
    }

    /// Whether it has these octets somewhere.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn contains(&self, wanted: &[u8]) -> io::Result<bool> {
        let mut search = self.search(wanted);
        loop {
            if let Some(found) = search.step()? {
                return Ok(found);
            }
        }
    }

    /// A search for these octets, piece by piece.
    pub(crate) fn search<'a>(&'a self, wanted: &'a [u8]) -> Search<'a> {
        Search { body: self, wanted, window: Vec::new(), offset: 0 }
    }
}

/// A search that is under way.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    body: &'a Body,
    wanted: &'a [u8],
    window: Vec<u8>,
    offset: u64,
}

impl Search<'_> {
    /// Looks through the next piece: whether it is found, once that is known.
    ///
    /// # Errors
    ///
    /// The disk.
    pub(crate) fn step(&mut self) -> io::Result<Option<bool>> {
        let piece = self.body.read(self.offset, PIECE)?;
        if piece.is_empty() {
            return Ok(Some(self.wanted.is_empty()));
        }
        self.offset += piece.len() as u64;
        self.window.extend_from_slice(&piece);
        if memchr::memmem::find(&self.window, self.wanted).is_some() {
            return Ok(Some(true));
        }
        // What may begin at the end of one piece and end in the next.
        self.window.drain(..self.window.len().saturating_sub(self.wanted.len()));
        Ok(None)
    }
}

/// A body of which only the size is kept.
#[derive(Debug)]
struct Gone {
    size: u64,
}

impl Content for Gone {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("only its size is kept"))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::new(Arc::new(Bytes::new()), 0)
    }
}

/// Two bodies are the same if they lie at the same place.
impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start
            && (self.size() == 0 && other.size() == 0 || Arc::ptr_eq(&self.content, &other.content))
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.size())
    }
}

/// Of what was written out in a log there is only the size: the body is not there. Tests say what is in it.
impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            #[expect(dead_code, reason = "it is only told from a text")]
            Size(u64),
            Text(String),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Size(_) => Self::default(),
            Written::Text(text) => Self::new(Arc::new(Bytes::from(text)), 0),
        })
    }
}

impl Facts for Body {
    const WORD: &'static str = "body";
    const FACTS: &'static [Fact<Self>] = &[Fact {
        name: "size",
        kind: Kind::Number,
        doc: "Its size in octets, as it is on the wire.\n",
        read: |body| Value::Number(i64::try_from(body.size()).unwrap_or(i64::MAX)),
    }];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        Body::new(Arc::new(Bytes::from(format!("A: b\r\n\r\n{text}"))), 8)
    }

    #[test]
    fn it_begins_behind_the_headers() {
        assert_eq!(body("hello").size(), 5);
        assert_eq!(body("hello").read(1, 3).unwrap(), b"ell");
        assert_eq!(body("hello").read(5, 3).unwrap(), b"");
        assert_eq!(body("hello").read(u64::MAX, 3).unwrap(), b"");
    }

    #[test]
    fn of_what_is_logged_there_is_only_the_size() {
        let logged = body("hello").logged();
        assert_eq!(logged.size(), 5);
        logged.read(0, 5).unwrap_err();
    }

    #[test]
    fn what_lies_across_two_pieces_is_found() {
        let text = format!("{}needle{}", "x".repeat(PIECE - 3), "y".repeat(PIECE));
        assert!(body(&text).contains(b"needle").unwrap());
        assert!(!body(&text).contains(b"needles").unwrap());
        assert!(!body("").contains(b"x").unwrap());
    }
}
