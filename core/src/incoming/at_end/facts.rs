//! What filters are told of a message: what costs something is found out only where one of them reads it.

use std::io;
use std::sync::Arc;

use waxseal_plugins::content::Content;
use waxseal_plugins::facts::{Body, Fields, Message, Part, Reads};

use super::super::refusal::{Refusal, Refused};
use super::super::replies;
use super::letter::Letter;
use super::{authentication, unreadable};
use crate::authentication::Results;
use crate::message::attachments::Attachment;
use crate::message::edit::{Reach, is_within_sealed};
use crate::message::headers::{HeaderSection, Person};
use crate::message::structure::{self, Kind, Known, Structure};
use crate::message::text::PartText;
use crate::message::urls::urls;

/// The most octets of text that are decoded, of the message and of a part.
const DECODED: usize = 256 * 1024;

/// The same of all parts together.
const OF_PARTS: usize = 1024 * 1024;

/// The longest address that anybody has, octets (RFC 5321 section 4.5.3.1), and the longest line, which an identification fits on.
const ADDRESS: usize = 320;
const LINE: usize = 998;

/// What is costly, and has to be found out where filters read it.
const HEADERS: Reads<Message> = Reads::of(&["headers"]);
const SUBJECT: Reads<Message> = Reads::of(&["subject"]);
const TEXT: Reads<Message> = Reads::of(&["text"]);
const URLS: Reads<Message> = Reads::of(&["urls"]);
const TEXTS: Reads<Message> = Reads::of(&["text", "urls"]);
const ATTACHMENTS: Reads<Message> = Reads::of(&["attachments", "attachment_types"]);
const PARTS: Reads<Message> = Reads::of(&["parts"]);
const MORE_PARTS: Reads<Message> = Reads::of(&["more_parts"]);
const STRUCTURE: Reads<Message> =
    Reads::of(&["text", "urls", "attachments", "attachment_types", "parts", "more_parts"]);

/// Why filters cannot be told of a message.
#[derive(Debug, thiserror::Error)]
pub(super) enum Untold {
    /// It cannot be read.
    #[error("the message cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It has more parts than are looked at: somebody behind us may see in them what no filter has.
    #[error("the message has more parts than are looked at, or deeper ones")]
    TooMuch,
}

impl From<Untold> for Refused {
    fn from(untold: Untold) -> Self {
        match untold {
            Untold::Unreadable(error) => unreadable(&error),
            Untold::TooMuch => Refusal::Filter.saying(replies::structure_too_large()),
        }
    }
}

/// The facts of a message as it is by now, of which these are read.
///
/// # Errors
///
/// It cannot be read, or not all of it.
pub(super) fn of(letter: &mut Letter, reads: Reads<Message>, results: &Results) -> Result<Message, Untold> {
    let mut message = Message::default();
    authentication::tell(results, &mut message);
    renew(&mut message, letter, reads, Reach::Parts)?;
    Ok(message)
}

/// Finds those out again that edits have changed.
///
/// # Errors
///
/// It cannot be read.
pub(super) fn renew(
    message: &mut Message,
    letter: &mut Letter,
    reads: Reads<Message>,
    changed: Reach,
) -> Result<(), Untold> {
    of_envelope(message, letter);
    if changed >= Reach::Fields {
        let content = letter.content();
        let headers = letter.headers()?;
        of_headers(message, headers, reads);
        message.size = number(content.size());
        message.body = Arc::new(Body::new(content, headers.body()));
    }
    if changed >= Reach::Parts {
        of_parts(message, letter, reads)?;
    }
    Ok(())
}

fn of_envelope(message: &mut Message, letter: &Letter) {
    let sender = letter.sender();
    message.sender = sender.to_string();
    message.sender_domain = sender.lookup_domain().unwrap_or_default();
    message.recipients = letter.recipients().iter().map(|recipient| recipient.address.clone()).collect();
    message.tags = Arc::new(letter.tags().iter().cloned().collect());
}

fn of_headers(message: &mut Message, headers: &HeaderSection, reads: Reads<Message>) {
    let author = headers.authors().into_iter().next().filter(|author| author.address.len() <= ADDRESS);
    message.from_domain = author.as_ref().and_then(Person::domain).unwrap_or_default();
    message.from = author.map(|author| author.address).unwrap_or_default();
    message.message_id = headers.message_id().filter(|id| id.len() <= LINE).unwrap_or_default();
    message.subject = if reads.touches(SUBJECT) { headers.subject() } else { String::new() };
    let named = reads.touches(HEADERS).then(|| Fields::elsewhere(Arc::new(headers.clone())));
    message.headers = Arc::new(named.unwrap_or_default());
}

fn of_parts(message: &mut Message, letter: &mut Letter, reads: Reads<Message>) -> Result<(), Untold> {
    (message.text, message.urls, message.parts) = Default::default();
    (message.attachments, message.attachment_types) = Default::default();
    if !reads.touches(STRUCTURE) {
        return Ok(());
    }
    let content = letter.content();
    let (content, structure) = (content.as_ref(), &letter.anatomy()?.structure);
    message.more_parts = structure.known() == Known::Truncated;
    if message.more_parts && !reads.touches(MORE_PARTS) {
        return Err(Untold::TooMuch);
    }
    if reads.touches(TEXTS) {
        let texts = PartText::all(content, structure, DECODED)?;
        if reads.touches(URLS) {
            message.urls = urls(&texts);
        }
        if reads.touches(TEXT) {
            message.text = cut(texts.iter().map(PartText::readable).collect::<Vec<_>>().join("\n"), DECODED);
        }
    }
    if reads.touches(ATTACHMENTS) {
        let attachments = Attachment::all(content, structure)?;
        message.attachments = attachments.iter().flat_map(|one| one.file_names.clone()).collect();
        message.attachment_types = types(&attachments);
    }
    if reads.touches(PARTS) {
        let leaves = structure.parts().iter().filter(|part| !matches!(part.kind, Kind::Multipart { .. }));
        let mut left = OF_PARTS;
        for part in leaves {
            let told = of_part(content, (structure, part), left.min(DECODED))?;
            left -= told.text.len();
            message.parts.push(Arc::new(told));
        }
    }
    Ok(())
}

/// What attachments say they are, and what their octets show where that is something else; each once.
fn types(attachments: &[Attachment]) -> Vec<String> {
    let mut types: Vec<String> = Vec::new();
    for one in attachments {
        for name in [Some(one.media_type.as_str()), one.detected].into_iter().flatten() {
            if !types.iter().any(|known| known == name) {
                types.push(name.to_owned());
            }
        }
    }
    types
}

/// Of its text so many octets.
fn of_part(
    content: &dyn Content,
    (structure, part): (&Structure, &structure::Part),
    most: usize,
) -> io::Result<Part> {
    let text = part.kind == Kind::Leaf && part.begins("text/");
    let file = Attachment::of(content, part)?;
    Ok(Part {
        number: part.number.clone(),
        content_type: part.media_type().to_owned(),
        detected_type: file.detected.unwrap_or_default().to_owned(),
        charset: part.declared.charset.clone().unwrap_or_default(),
        name: file.file_names.first().cloned().unwrap_or_default(),
        names: file.file_names,
        sealed: is_within_sealed(structure, part),
        attachment: part.is_attachment() || part.kind == Kind::Message,
        size: number(part.body.end.saturating_sub(part.body.start)),
        text: if text { cut(PartText::of(content, part, most)?.text, most) } else { String::new() },
    })
}

/// Scripts are given texts of a bounded length.
fn cut(mut text: String, most: usize) -> String {
    text.truncate(text.floor_char_boundary(most));
    text
}

fn number(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
