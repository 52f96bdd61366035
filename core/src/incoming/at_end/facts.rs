//! What filters are told of a message: what costs something is found out only where one of them reads it.

use std::io;
use std::sync::Arc;

use waxseal_plugins::bundle::Bundle;
use waxseal_plugins::content::Content;
use waxseal_plugins::facts::{Body, Fields, Message, Part};
use waxseal_plugins::hooks::incoming;

use super::authentication;
use super::letter::Letter;
use crate::authentication::Results;
use crate::message::anatomy::Anatomy;
use crate::message::attachments::Attachment;
use crate::message::edit::is_within_sealed;
use crate::message::headers::Person;
use crate::message::structure::{self, Kind, Known, Structure};
use crate::message::text::PartText;
use crate::message::urls::urls;

/// The most octets of text that are decoded, of the message and of a part.
const TEXT: usize = 256 * 1024;

/// What filters read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is read or not, independently of the others")]
pub(super) struct Wanted {
    headers: bool,
    texts: bool,
    urls: bool,
    parts: bool,
    attachments: bool,
}

impl Wanted {
    /// What the filters of a bundle read.
    pub(super) fn of(bundle: &Bundle) -> Self {
        let reads = |fact: &str| bundle.may_read::<incoming::Message>(fact);
        Self {
            headers: reads("headers"),
            texts: reads("text"),
            urls: reads("urls"),
            parts: reads("parts"),
            attachments: reads("attachments") || reads("attachment_types"),
        }
    }
}

/// The facts of a message as it is by now.
///
/// # Errors
///
/// It cannot be read.
pub(super) fn of(letter: &mut Letter, wanted: Wanted, results: &Results) -> io::Result<Message> {
    let content = letter.content();
    let mut message = envelope(letter);
    let Anatomy { headers, structure } = letter.anatomy()?;
    let author = headers.authors().into_iter().next();
    message.from_domain = author.as_ref().and_then(Person::domain).unwrap_or_default();
    message.from = author.map(|author| author.address).unwrap_or_default();
    message.subject = headers.subject();
    message.message_id = headers.message_id().unwrap_or_default();
    message.size = number(content.size());
    message.body = Arc::new(Body::new(Arc::clone(&content), headers.body()));
    if wanted.headers {
        let fields: Fields = headers.fields().map(|field| (field.name(), field.text())).collect();
        message.headers = Arc::new(fields);
    }
    message.more_parts = structure.known() == Known::Truncated;
    of_parts(&mut message, content.as_ref(), structure, wanted)?;
    authentication::tell(results, &mut message);
    Ok(message)
}

fn envelope(letter: &Letter) -> Message {
    let sender = letter.sender();
    Message {
        sender: sender.to_string(),
        sender_domain: sender.lookup_domain().unwrap_or_default(),
        recipients: letter.recipients().iter().map(|recipient| recipient.address.clone()).collect(),
        tags: Arc::new(letter.tags().iter().cloned().collect()),
        ..Message::default()
    }
}

fn of_parts(
    message: &mut Message,
    content: &dyn Content,
    structure: &Structure,
    wanted: Wanted,
) -> io::Result<()> {
    if wanted.texts || wanted.urls {
        let texts = PartText::all(content, structure, TEXT)?;
        if wanted.urls {
            message.urls = urls(&texts);
        }
        if wanted.texts {
            message.text = cut(texts.iter().map(PartText::readable).collect::<Vec<_>>().join("\n"));
        }
    }
    if wanted.attachments {
        let attachments = Attachment::all(content, structure)?;
        message.attachments = attachments.iter().flat_map(|one| one.file_names.clone()).collect();
        message.attachment_types = types(&attachments);
    }
    if wanted.parts {
        let leaves = structure.parts().iter().filter(|part| !matches!(part.kind, Kind::Multipart { .. }));
        let parts = leaves.map(|part| of_part(content, structure, part).map(Arc::new));
        message.parts = parts.collect::<io::Result<_>>()?;
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

fn of_part(content: &dyn Content, structure: &Structure, part: &structure::Part) -> io::Result<Part> {
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
        text: if text { cut(PartText::of(content, part, TEXT)?.text) } else { String::new() },
    })
}

/// Scripts are given texts of a bounded length.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT));
    text
}

fn number(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
