//! Appending a text, such as a disclaimer, to what the reader is shown first.

use std::borrow::Cow;

use waxseal_plugins::content::Content;

use super::lines;
use super::part::{Attempt, Target, WHOLE, is_sealed};
use super::refusal::Why;
use super::rope::Splice;
use super::written::{Text, content_type, written};
use crate::message::anatomy::Anatomy;
use crate::message::structure::declared::Lines;
use crate::message::structure::{Kind, Part, Structure, TransferEncoding};
use crate::message::text::{self, charset, html, transfer};

/// How much of the end of a part is looked at, to see how its last line ends, octets.
const TAIL: u64 = 1_024;

/// How much of a text is searched for the armour of PGP, octets.
const ARMOUR: usize = 64 * 1024;

/// Appends a text to the first text part, and to the HTML part that says the same.
pub(super) fn append(
    content: &dyn Content,
    anatomy: &Anatomy,
    plain: &str,
    html: Option<&str>,
) -> Attempt<Vec<Splice>> {
    let shown = match Shown::of(&anatomy.structure) {
        Ok(shown) => shown,
        Err(why) => return Ok(Err(why)),
    };
    let mut splices = Vec::new();
    if let Some(part) = shown.plain {
        match append_plain(content, &Target::of(content, anatomy, part)?, plain)? {
            Ok(more) => splices.extend(more),
            Err(why) => return Ok(Err(why)),
        }
    }
    if let Some(part) = shown.html {
        let html = html.map_or_else(|| html::escaped(plain), str::to_owned);
        match append_html(content, &Target::of(content, anatomy, part)?, &html)? {
            Ok(more) => splices.extend(more),
            Err(why) => return Ok(Err(why)),
        }
    }
    splices.sort_by_key(|splice| splice.range.start);
    Ok(Ok(splices))
}

/// The parts that the reader is shown first.
#[derive(Clone, Copy, Debug, Default)]
struct Shown<'a> {
    plain: Option<&'a Part>,
    html: Option<&'a Part>,
    /// Something that is signed or encrypted, and would have been shown before all that was found.
    sealed: Option<&'a Part>,
}

impl<'a> Shown<'a> {
    fn of(structure: &'a Structure) -> Result<Self, Why> {
        let shown = structure.root().map(|root| Self::within(structure, root)).unwrap_or_default();
        match (shown.is_something(), shown.sealed) {
            (true, _) => Ok(shown),
            (false, Some(sealed)) => Err(Why::Sealed(number(structure, sealed))),
            (false, None) => Err(Why::NoText),
        }
    }

    fn within(structure: &'a Structure, part: &'a Part) -> Self {
        if is_sealed(part) {
            return Self { sealed: Some(part), ..Self::default() };
        }
        let children = structure.children(part).map(|child| Self::within(structure, child));
        match (&part.kind, part.media_type()) {
            (Kind::Leaf, "text/plain") if !part.is_attachment() => {
                Self { plain: Some(part), ..Self::default() }
            }
            (Kind::Leaf, "text/html") if !part.is_attachment() => {
                Self { html: Some(part), ..Self::default() }
            }
            (Kind::Leaf | Kind::Message, _) => Self::default(),
            (Kind::Multipart { .. }, "multipart/alternative") => children.fold(Self::default(), Self::and),
            (Kind::Multipart { .. }, _) => children.fold(Self::default(), Self::or),
        }
    }

    /// Two forms of one text.
    fn and(self, other: Self) -> Self {
        Self {
            plain: self.plain.or(other.plain),
            html: self.html.or(other.html),
            sealed: self.sealed.or(other.sealed),
        }
    }

    /// One text after another.
    fn or(self, other: Self) -> Self {
        if self.is_something() { self } else { Self { sealed: self.sealed.or(other.sealed), ..other } }
    }

    fn is_something(self) -> bool {
        self.plain.is_some() || self.html.is_some()
    }
}

/// The number of a part, or of the first part that it holds where it has none itself.
fn number(structure: &Structure, part: &Part) -> String {
    if part.number.is_empty() {
        return structure.children(part).next().map(|child| child.number.clone()).unwrap_or_default();
    }
    part.number.clone()
}

fn append_plain(content: &dyn Content, target: &Target<'_>, text: &str) -> Attempt<Vec<Splice>> {
    let declared = &target.part.declared;
    if let Some(why) = unreadable(target.part) {
        return Ok(Err(why));
    }
    let beginning = text::decoded(content, target.part, ARMOUR)?.0;
    if memchr::memmem::find(&beginning, b"-----BEGIN PGP ").is_some() {
        return Ok(Err(Why::Sealed(target.part.number.clone())));
    }
    let text = lines::composed(text, declared.lines);
    let (before, after) = around(content, target)?;
    let text = format!("{before}{text}{after}");
    let charset = declared.charset.as_deref();
    let octets = charset::encode(charset, &text);
    let stays = |octets: &[u8]| !target.would_be_cut(octets);
    match (declared.encoding, octets) {
        (TransferEncoding::EightBit | TransferEncoding::Binary, Some(octets)) if stays(&octets) => {
            Ok(Ok(vec![target.appended(&octets)]))
        }
        (TransferEncoding::SevenBit, Some(octets)) if octets.is_ascii() && stays(&octets) => {
            Ok(Ok(vec![target.appended(&octets)]))
        }
        (encoding @ TransferEncoding::QuotedPrintable, Some(octets)) => {
            Ok(Ok(vec![target.appended(&written(encoding, &octets))]))
        }
        (_, Some(octets)) => Ok(target.decoded(content)?.and_then(|whole| {
            let text = Text { octets: [&whole, octets.as_ref()].concat(), charset: declared.charset.clone() };
            text.replace(target, Vec::new())
        })),
        (_, None) => Ok(target.decoded(content)?.and_then(|whole| {
            let whole = read(target.part, &whole)?;
            rewritten(target, &format!("{whole}{text}"))
        })),
    }
}

/// What comes between the end of a part and what is appended, and what behind it: it begins on a line of its own, is no part of a
/// flowed paragraph, and ends as the part ended.
fn around(content: &dyn Content, target: &Target<'_>) -> std::io::Result<(&'static str, &'static str)> {
    let (part, body) = (target.part, &target.part.body);
    let raw = text::raw(content, body.end.saturating_sub(TAIL).max(body.start)..body.end, usize::MAX)?;
    let quoted = part.declared.encoding == TransferEncoding::QuotedPrintable;
    let tail = if part.declared.encoding == TransferEncoding::Base64 {
        target.decoded(content)?.unwrap_or_default()
    } else {
        transfer::decoded(part.declared.encoding, &raw)
    };
    let charset = part.declared.charset.as_deref();
    // In UTF-16 a line ends otherwise.
    let tail = match charset::decode(charset, &tail) {
        Some(text) if !charset::holds_ascii(charset) => text.into_owned().into_bytes(),
        _ => tail,
    };
    let ended = tail.ends_with(b"\r\n");
    let last = tail.strip_suffix(b"\r\n").unwrap_or(&tail);
    let flows = part.declared.lines != Lines::Fixed && last.ends_with(b" ") && !last.ends_with(b"\n-- ");
    // A soft line break at the very end would take the line end that follows for its own.
    let open = flows || (quoted && raw.ends_with(b"="));
    let before = match (ended, open) {
        _ if body.is_empty() => "",
        (true, false) => "",
        (true, true) | (false, false) => "\r\n",
        (false, true) => "\r\n\r\n",
    };
    Ok((before, if ended || target.ends_with_its_body() { "\r\n" } else { "" }))
}

fn append_html(content: &dyn Content, target: &Target<'_>, addition: &str) -> Attempt<Vec<Splice>> {
    let declared = &target.part.declared;
    if let Some(why) = unreadable(target.part) {
        return Ok(Err(why));
    }
    let addition = format!("\r\n{}\r\n", lines::composed(&html::in_ascii(addition), Lines::Fixed));
    let whole = match target.decoded(content)? {
        Ok(whole) => whole,
        Err(why) => return Ok(Err(why)),
    };
    let charset = declared.charset.as_deref();
    if !charset::holds_ascii(charset) {
        let mut text = match read(target.part, &whole) {
            Ok(text) => text,
            Err(why) => return Ok(Err(why)),
        };
        let at = html::end_of_body(text.as_bytes());
        text.insert_str(text.floor_char_boundary(at), &addition);
        return Ok(rewritten(target, &text));
    }
    let at = html::end_of_body(&whole);
    let is_identity = declared.encoding != TransferEncoding::QuotedPrintable;
    let cut = is_identity && target.would_be_cut(addition.as_bytes());
    if declared.encoding == TransferEncoding::Base64 || whole.is_empty() || cut {
        let mut octets = whole;
        octets.splice(at..at, addition.into_bytes());
        return Ok(Text { octets, charset: declared.charset.clone() }.replace(target, Vec::new()));
    }
    let at = match declared.encoding {
        TransferEncoding::QuotedPrintable => {
            let raw = text::raw(content, target.part.body.clone(), 4 * WHOLE)?;
            transfer::written_at(&raw, at)
        }
        _ => at,
    };
    let at = target.part.body.start + at as u64;
    let with = written(declared.encoding, addition.as_bytes());
    Ok(Ok(vec![Splice { range: at..at, with: with.into() }]))
}

/// Why a text cannot be read, if it cannot.
fn unreadable(part: &Part) -> Option<Why> {
    let charset = part.declared.charset.as_deref();
    if part.declared.encoding == TransferEncoding::Unknown {
        return Some(Why::Encoding(part.number.clone()));
    }
    if charset::decode(charset, b"").is_none() { Some(unknown_charset(part)) } else { None }
}

/// What a part says, if its character set explains all of it: what it does not explain could not be written again.
fn read(part: &Part, octets: &[u8]) -> Result<String, Why> {
    let text = charset::decode(part.declared.charset.as_deref(), octets);
    let text = text.filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
    text.map(Cow::into_owned).ok_or_else(|| unknown_charset(part))
}

fn unknown_charset(part: &Part) -> Why {
    let charset = part.declared.charset.clone().unwrap_or_default();
    Why::Charset { part: part.number.clone(), charset }
}

/// A part that is written anew as a whole, in its own character set if that can hold it, otherwise in UTF-8.
fn rewritten(target: &Target<'_>, text: &str) -> Result<Vec<Splice>, Why> {
    let text = Text::of(text, target.part.declared.charset.as_deref());
    let charset = text.charset.as_deref().and_then(|charset| content_type(target, charset));
    text.replace(target, charset.map(|value| ("Content-Type", Some(value))).into_iter().collect())
}
