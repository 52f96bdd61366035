//! What a message carries beside the text that is read on the spot.

use std::io;

use waxseal_plugins::content::Content;

use super::structure::{Kind, Part, Structure, TransferEncoding};
use super::text::Pieces;
use super::text::transfer::Decoder;

/// How much of a file is kept to tell its type, octets.
const MAGIC: usize = 8 * 1024;

/// A file in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The part's number.
    pub part: String,
    /// Its names, decoded: more than one where its fields differ.
    pub file_names: Vec<String>,
    /// The media type that it says it has, in lower case.
    pub media_type: String,
    /// The media type that its first octets show, if they show one.
    pub detected: Option<&'static str>,
    /// Its size in octets, decoded.
    pub size: u64,
}

impl Attachment {
    /// Reads one part.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn of(content: &dyn Content, part: &Part) -> io::Result<Self> {
        let (beginning, size) = measured(content, part)?;
        Ok(Self {
            part: part.number.clone(),
            file_names: part.declared.file_names.clone(),
            media_type: part.media_type().to_owned(),
            detected: infer::get(&beginning).map(|kind| kind.mime_type()),
            size,
        })
    }

    /// All files of a message: what says that it is one, has a name or is no text, and messages in it.
    ///
    /// # Errors
    ///
    /// The disk.
    pub fn all(content: &dyn Content, structure: &Structure) -> io::Result<Vec<Self>> {
        let files = structure.parts().iter().filter(|part| is_file(part));
        files.map(|part| Self::of(content, part)).collect()
    }

    /// The end of its first name behind the last dot, in lower case; empty where there is none. Spaces and dots at the end of a name
    /// count for nothing, as where files are opened by a click.
    pub fn extension(&self) -> String {
        let name = self.file_names.first().map_or("", String::as_str).trim_end_matches([' ', '.']);
        name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
    }
}

fn is_file(part: &Part) -> bool {
    match part.kind {
        Kind::Leaf => part.is_attachment() || !part.begins("text/"),
        Kind::Message => true,
        Kind::Multipart { .. } => false,
    }
}

/// The first octets of a part, and how many there are, decoded.
fn measured(content: &dyn Content, part: &Part) -> io::Result<(Vec<u8>, u64)> {
    if part.declared.encoding.is_identity() || part.declared.encoding == TransferEncoding::Unknown {
        let beginning = super::text::raw(content, part.body.clone(), MAGIC)?;
        return Ok((beginning, part.body.end - part.body.start));
    }
    let (mut beginning, mut size) = (Vec::new(), 0);
    let (mut decoder, mut out) = (Decoder::new(part.declared.encoding), Vec::new());
    let mut pieces = Pieces::of(content, part.body.clone());
    loop {
        let piece = pieces.next()?;
        let last = piece.is_none();
        match piece {
            Some(piece) => decoder.decode(piece, &mut out),
            None => decoder.finish(&mut out),
        }
        size += out.len() as u64;
        let room = MAGIC.saturating_sub(beginning.len());
        beginning.extend_from_slice(out.get(..room).unwrap_or(&out));
        out.clear();
        if last {
            return Ok((beginning, size));
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::message::anatomy::Anatomy;

    #[test]
    fn a_file_is_known_by_its_octets_too() {
        let text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n\
            Content-Type: text/plain; name=\"note.TXT. \"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAANSUhEUg==\r\n--b\r\n\
            Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n--b--\r\n";
        let content = Bytes::from_static(text.as_bytes());
        let files = Attachment::all(&content, &Anatomy::of(&content).unwrap().structure).unwrap();
        assert_eq!(files.len(), 2);
        assert_eq!((files[0].part.as_str(), files[0].media_type.as_str()), ("2", "text/plain"));
        assert_eq!((files[0].detected, files[0].size), (Some("image/png"), 16));
        assert_eq!(files[0].extension(), "txt");
        assert_eq!((files[1].part.as_str(), files[1].size), ("3", 16));
    }
}
