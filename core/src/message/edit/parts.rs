//! Replacing and removing parts.

use bytes::Bytes;
use waxseal_plugins::content::Content;

use super::Effect;
use super::lines;
use super::part::{Attempt, Target, find};
use super::refusal::Why;
use super::rope::Splice;
use super::written::{Text, content_type};
use crate::message::anatomy::Anatomy;
use crate::message::headers::Ending;
use crate::message::structure::declared::Lines;
use crate::message::structure::{Kind, Part, Structure};
use crate::message::text::charset;

/// Gives a part another text. It is in the part's character set if that can hold it, and in UTF-8 if not.
///
/// A part that becomes another type is no longer what its Content-Disposition says: it is shown on the spot, without a file name.
pub(super) fn replace(
    content: &dyn Content,
    anatomy: &Anatomy,
    (number, media_type): (&str, Option<&str>),
    text: &str,
) -> Attempt<Vec<Splice>> {
    let media_type = media_type.unwrap_or("text/plain").to_ascii_lowercase();
    if !is_media_type(&media_type) {
        return Ok(Err(Why::MediaType(media_type)));
    }
    let part = match find(&anatomy.structure, number) {
        Ok(part) => part,
        Err(why) => return Ok(Err(why)),
    };
    let target = Target::of(content, anatomy, part)?;
    let declared = &part.declared;
    let same = declared.media_type == media_type;
    let text = Text::of(&lines::canonical(text), declared.charset.as_deref().filter(|_| same));
    let mut changes = Vec::new();
    if !same || declared.charset != text.charset || declared.lines != Lines::Fixed {
        let charset = text.charset.as_ref().map(|charset| format!("; charset={charset}")).unwrap_or_default();
        changes.push(("Content-Type", Some(format!("{media_type}{charset}"))));
    }
    if !same {
        changes.push(("Content-Disposition", None));
    }
    Ok(text.replace(&target, changes))
}

/// Removes a part with its delimiter line. The only part of a multipart leaves an empty one, since none has no parts
/// (RFC 2046 section 5.1.1).
pub(super) fn remove(structure: &Structure, number: &str) -> Result<Effect, Why> {
    let part = find(structure, number)?;
    let holder = part.parent.and_then(|holder| structure.parts().get(holder));
    let Some(holder @ Part { kind: Kind::Multipart { .. }, .. }) = holder else {
        return Err(Why::WholeMessage(number.to_owned()));
    };
    if holder.children.len() > 1 {
        let index = structure.parts().iter().position(|one| std::ptr::eq(one, part)).unwrap_or_default();
        return Ok(Effect::Removed(Splice { range: part.extent.clone(), with: Bytes::new() }, index));
    }
    let emptied = Splice { range: part.headers.start..part.body.end, with: Bytes::from_static(b"\r\n") };
    Ok(Effect::Parts(vec![emptied]))
}

/// Replaces everything behind the header section, which stays as it is; but for what it says of a text, where that is not true of the
/// new one.
pub(super) fn replace_body(content: &dyn Content, anatomy: &Anatomy, octets: &Bytes) -> Attempt<Vec<Splice>> {
    let canonical = canonical(octets);
    let text = anatomy.structure.root().filter(|root| root.kind == Kind::Leaf && root.begins("text/"));
    let Some(root) = text.filter(|_| !canonical.is_ascii() && str::from_utf8(&canonical).is_ok()) else {
        return Ok(Ok(vec![whole_body(anatomy, content.size(), octets, &canonical)]));
    };
    let target = Target::of(content, anatomy, root)?;
    let label = content_type(&target, charset::UTF8).map(|value| ("Content-Type", Some(value)));
    let text = Text { octets: canonical, charset: Some(charset::UTF8.to_owned()) };
    Ok(text.replace(&target, label.into_iter().collect()))
}

fn whole_body(anatomy: &Anatomy, size: u64, octets: &Bytes, canonical: &[u8]) -> Splice {
    let start = anatomy.headers.body();
    let mut with = Vec::with_capacity(canonical.len() + 4);
    if anatomy.headers.ending() == Ending::Message && !canonical.is_empty() {
        with.extend_from_slice(b"\r\n");
    }
    with.extend_from_slice(canonical);
    Splice { range: start..size, with: if with.len() == octets.len() { octets.clone() } else { with.into() } }
}

/// Octets whose lines end with CRLF, the last too: nothing else may go out (RFC 5321 section 2.3.8).
fn canonical(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + 2);
    let mut last = 0;
    for octet in octets {
        match (last, octet) {
            (b'\r', b'\n') => {}
            (b'\r', _) => out.push(b'\n'),
            (_, b'\n') => out.push(b'\r'),
            _ => {}
        }
        out.push(*octet);
        last = *octet;
    }
    match out.last() {
        None | Some(b'\n') => {}
        Some(b'\r') => out.push(b'\n'),
        Some(_) => out.extend_from_slice(b"\r\n"),
    }
    out
}

/// A type of something that is a text, or can be given as one.
fn is_media_type(text: &str) -> bool {
    let token = |text: &str| {
        let special = |octet: u8| b"()<>@,;:\\\"/[]?=".contains(&octet);
        (1..=127).contains(&text.len())
            && text.bytes().all(|octet| octet.is_ascii_graphic() && !special(octet))
    };
    text.split_once('/')
        .is_some_and(|(main, sub)| token(main) && token(sub) && !matches!(main, "multipart" | "message"))
}
