//! A part that is to be changed: its header section, and what becomes of it.

use std::io;

use bytes::Bytes;
use waxseal_plugins::content::Content;
use waxseal_plugins::verdicts::Header;

use super::fields::Change;
use super::refusal::Why;
use super::rope::Splice;
use crate::message::anatomy::Anatomy;
use crate::message::headers::written::Utf8;
use crate::message::headers::{Ending, HeaderSection, SECTION};
use crate::message::structure::{Part, Structure};
use crate::message::text::{self, Extent};

/// The most octets of a part that is read as a whole, decoded.
pub(super) const WHOLE: usize = 16 * 1024 * 1024;

/// An edit of a part: refused, or failed with the disk.
pub(super) type Attempt<T> = io::Result<Result<T, Why>>;

/// A part with its header section.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) part: &'a Part,
    section: HeaderSection,
}

impl<'a> Target<'a> {
    pub(super) fn of(content: &dyn Content, anatomy: &Anatomy, part: &'a Part) -> io::Result<Self> {
        let section = match part.parent {
            None => anatomy.headers.clone(),
            Some(_) => HeaderSection::parse(&text::raw(content, part.headers.clone(), SECTION)?.into()),
        };
        Ok(Self { part, section })
    }

    /// Fields of the part that change: a new value, or none.
    pub(super) fn fields(&self, changes: &[(&str, Option<String>)]) -> Result<Vec<Splice>, Why> {
        let mut splices = Vec::new();
        for (name, value) in changes {
            let header = value.as_ref().map(|value| Header::new(*name, value.as_str()));
            let change =
                header.as_ref().map_or(Change::Remove(name, None), |header| Change::Replace(1, header));
            splices.extend(change.splices(&self.section, Utf8::Encoded, b"")?);
        }
        for splice in &mut splices {
            splice.range.start += self.part.headers.start;
            splice.range.end += self.part.headers.start;
        }
        // Several that are new come at the same place, in the order in which they were said.
        splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        Ok(splices)
    }

    /// The value of a field, as it stands.
    pub(super) fn value(&self, name: &str) -> Option<Vec<u8>> {
        self.section.first(name).map(|field| field.unfolded().into_owned())
    }

    /// Another body. It gets the line ends that it needs: before it, where the header section has no empty line; and behind it,
    /// where nothing but its own line end comes before what follows.
    pub(super) fn body(&self, octets: &[u8]) -> Splice {
        let mut with = Vec::with_capacity(octets.len() + 4);
        if self.section.ending() == Ending::Message {
            with.extend_from_slice(b"\r\n");
        }
        with.extend_from_slice(octets);
        if self.ends_with_its_body() && !octets.is_empty() && !octets.ends_with(b"\r\n") {
            with.extend_from_slice(b"\r\n");
        }
        Splice { range: self.part.body.clone(), with: with.into() }
    }

    /// More at the end of the body, in lines of its own.
    pub(super) fn appended(&self, octets: &[u8]) -> Splice {
        let end = self.part.body.end;
        let with =
            if self.part.body.is_empty() { self.body(octets).with } else { Bytes::copy_from_slice(octets) };
        Splice { range: end..end, with }
    }

    /// Whether a line of these octets could be taken for a delimiter of parts, if they stood here as they are (RFC 2046 section 5.1.1).
    /// The line before a signature is none: no boundary is empty.
    pub(super) fn would_be_cut(&self, octets: &[u8]) -> bool {
        let begins = |line: &[u8]| line.strip_prefix(b"--").is_some_and(|rest| !rest.trim_ascii().is_empty());
        self.part.parent.is_some() && octets.split(|octet| *octet == b'\n').any(begins)
    }

    /// Whether no line end lies between the body and what follows.
    pub(super) fn ends_with_its_body(&self) -> bool {
        self.part.body.end == self.part.extent.end
    }

    /// All that the part says, decoded.
    pub(super) fn decoded(&self, content: &dyn Content) -> Attempt<Vec<u8>> {
        let (octets, extent) = text::decoded(content, self.part, WHOLE)?;
        Ok(match extent {
            Extent::Whole => Ok(octets),
            Extent::Cut => Err(Why::TooLarge { part: self.part.number.clone(), limit: WHOLE }),
        })
    }
}

/// The part with a number, unless it is within what is signed or encrypted.
pub(super) fn find<'a>(structure: &'a Structure, number: &str) -> Result<&'a Part, Why> {
    let part = structure.part(number).ok_or_else(|| Why::NoSuchPart(number.to_owned()))?;
    if is_within_sealed(structure, part) { Err(Why::Sealed(number.to_owned())) } else { Ok(part) }
}

/// Whether a part lies within something that is signed or encrypted: no edit changes it.
pub fn is_within_sealed(structure: &Structure, part: &Part) -> bool {
    structure.ancestors(part).any(is_sealed)
}

/// Whether a part is signed or encrypted, and a change within it would be seen (RFC 1847, RFC 8551, RFC 3156).
pub(super) fn is_sealed(part: &Part) -> bool {
    matches!(
        part.media_type(),
        "multipart/signed"
            | "multipart/encrypted"
            | "application/pkcs7-mime"
            | "application/x-pkcs7-mime"
            | "application/pgp-encrypted"
            | "application/pgp"
    )
}
