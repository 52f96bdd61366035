//! What the parts of a message say, decoded, in bounded memory.
//!
//! - [`transfer`]: quoted-printable and base64
//! - [`charset`]: character sets
//! - [`html`]: what a relay looks at of HTML

pub mod charset;
pub mod html;
pub mod transfer;

use std::io;
use std::ops::Range;

use waxseal_plugins::content::Content;

use self::transfer::Decoder;
use super::structure::{Kind, Part, Structure};

/// How much is read at once, octets.
const PIECE: usize = 16 * 1024;

/// The text of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartText {
    /// The part's number.
    pub part: String,
    /// What it is written in.
    pub markup: Markup,
    /// The text; of HTML its source. What no set explains is replaced by U+FFFD.
    pub text: String,
    /// How much of it this is.
    pub extent: Extent,
}

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// Nothing.
    Plain,
    /// HTML.
    Html,
}

/// How much of something there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// The beginning.
    Cut,
}

impl PartText {
    /// The text of a part, of which at most so many octets are decoded.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn of(content: &dyn Content, part: &Part, limit: usize) -> io::Result<Self> {
        let (octets, extent) = decoded(content, part, limit)?;
        let charset = part.declared.charset.as_deref();
        let text =
            charset::decode(charset, &octets).or_else(|| charset::decode(None, &octets)).unwrap_or_default();
        let markup = if part.media_type() == "text/html" { Markup::Html } else { Markup::Plain };
        Ok(Self { part: part.number.clone(), markup, text: text.into_owned(), extent })
    }

    /// The texts of a message that are there to be read, of which at most so many octets are decoded together.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn all(content: &dyn Content, structure: &Structure, limit: usize) -> io::Result<Vec<Self>> {
        let (mut texts, mut rest) = (Vec::new(), limit);
        for part in structure.parts() {
            if part.kind != Kind::Leaf || !part.begins("text/") || part.is_attachment() {
                continue;
            }
            if rest == 0 {
                break;
            }
            let text = Self::of(content, part, rest)?;
            rest = rest.saturating_sub(text.text.len());
            texts.push(text);
        }
        Ok(texts)
    }

    /// What people read of it: of HTML, roughly, without tags.
    pub fn readable(&self) -> String {
        match self.markup {
            Markup::Plain => self.text.clone(),
            Markup::Html => html::to_text(&self.text),
        }
    }
}

/// The decoded octets of a part, at most so many.
///
/// # Errors
///
/// The disk.
pub fn decoded(content: &dyn Content, part: &Part, limit: usize) -> io::Result<(Vec<u8>, Extent)> {
    let (mut out, mut decoder) = (Vec::new(), Decoder::new(part.declared.encoding));
    let mut pieces = Pieces::of(content, part.body.clone());
    while let Some(piece) = pieces.next()? {
        decoder.decode(piece, &mut out);
        if out.len() > limit {
            out.truncate(limit);
            return Ok((out, Extent::Cut));
        }
    }
    decoder.finish(&mut out);
    let extent = if out.len() > limit { Extent::Cut } else { Extent::Whole };
    out.truncate(limit);
    Ok((out, extent))
}

/// The octets of a range as they are, at most so many.
pub(super) fn raw(content: &dyn Content, range: Range<u64>, limit: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut pieces =
        Pieces::of(content, range.start..range.end.min(range.start.saturating_add(limit as u64)));
    while let Some(piece) = pieces.next()? {
        out.extend_from_slice(piece);
    }
    Ok(out)
}

/// A range of a message, piece after piece.
pub(super) struct Pieces<'a> {
    content: &'a dyn Content,
    range: Range<u64>,
    buffer: Vec<u8>,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(content: &'a dyn Content, range: Range<u64>) -> Self {
        Self { content, range, buffer: Vec::new() }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let rest = usize::try_from(self.range.end.saturating_sub(self.range.start)).unwrap_or(usize::MAX);
        self.buffer.resize(rest.min(PIECE), 0);
        let length = self.content.read_at(self.range.start, &mut self.buffer)?;
        self.range.start += length as u64;
        Ok(self.buffer.get(..length).filter(|piece| !piece.is_empty()))
    }
}
