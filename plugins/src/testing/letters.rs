//! The message that a test gives to `receive`: a text, a file, or what it is made of.

use ::rhai::{Array, Dynamic, Map};
use bytes::Bytes;
use data_encoding::BASE64;

use super::builders::{Made, override_all};
use crate::bundle::Bundle;
use crate::conversation::{Overrides, ordinary_fields};
use crate::facts::Message;
use crate::suggest;

/// What a message is made of.
const MADE_OF: [&str; 5] = ["text", "file", "headers", "body", "parts"];
/// What is found out about it by asking the network, and is what the test says.
const FOUND_OUT: [&str; 7] = ["spf", "dkim", "dkim_domains", "dmarc", "dmarc_policy", "arc", "arc_domain"];
/// What a part is made of.
const PART: [&str; 4] = ["type", "name", "text", "base64"];

/// Between the parts of a message of several.
const BOUNDARY: &str = "=_between_the_parts";
/// Octets of an encoded word's text: the word is no longer than 75 characters (RFC 2047 section 2).
const WORD: usize = 45;

/// Of whom the message is, and where its file is looked for.
pub(super) struct Envelope<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) sender: &'a str,
    pub(super) recipients: &'a [String],
}

/// The message of this value; what is said of it besides goes to the facts.
pub(super) fn letter(value: &Dynamic, envelope: &Envelope<'_>, facts: &mut Overrides) -> Made<Bytes> {
    if let Some(map) = value.read_lock::<Map>() {
        return of_map(&map, envelope, facts);
    }
    let text = value.clone().into_string().map_err(|kind| {
        format!("`message` is a text, or a map as in #{{ headers: #{{ Subject: \"Offer\" }}, body: \"Hello\" }}, not a {kind}")
    })?;
    Ok(canonical(text.as_bytes()))
}

fn of_map(map: &Map, envelope: &Envelope<'_>, facts: &mut Overrides) -> Made<Bytes> {
    let found_out: Map = map
        .iter()
        .filter(|(name, _)| FOUND_OUT.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    override_all::<Message>(facts, &found_out)?;
    let known = [MADE_OF.as_slice(), FOUND_OUT.as_slice()].concat();
    if let Some(name) = map.keys().find(|name| !known.contains(&name.as_str())) {
        let help = suggest::help(name, &known);
        return Err(format!("a message is not made of `{name}`, and it is not given: {help}").into());
    }
    let given: Vec<_> = MADE_OF.into_iter().filter(|name| map.contains_key(*name)).collect();
    match given.as_slice() {
        ["text"] => Ok(canonical(text(map, "text")?.unwrap_or_default().as_bytes())),
        ["file"] => file(&text(map, "file")?.unwrap_or_default(), envelope.bundle),
        [.., _] if given.iter().any(|name| ["text", "file"].contains(name)) => Err(format!(
            "a message is given by `{}` at once; its whole `text` or `file` stands alone",
            given.join("`, `")
        )
        .into()),
        _ => composed(map, envelope),
    }
}

/// A file of the tests' own folder.
fn file(name: &str, bundle: &Bundle) -> Made<Bytes> {
    let messages = bundle.messages();
    match messages.get(format!("tests/{name}").as_str()) {
        Some(octets) => Ok(canonical(octets)),
        None => {
            let known: Vec<_> = messages.keys().filter_map(|path| path.strip_prefix("tests/")).collect();
            let help =
                if known.is_empty() { "there is none yet".to_owned() } else { suggest::help(name, &known) };
            Err(format!("there is no message `tests/{name}`, as in tests/spam.eml: {help}").into())
        }
    }
}

/// An ordinary message, with what differs.
fn composed(map: &Map, envelope: &Envelope<'_>) -> Made<Bytes> {
    let mut message = String::new();
    for (name, value) in fields(map.get("headers"), envelope)? {
        message += &format!("{name}: {}\r\n", written(&value)?);
    }
    let body = text(map, "body")?;
    match map.get("parts") {
        Some(_) if body.is_some() => return Err("a message has a `body` or `parts`, not both".into()),
        Some(parts) => message += &of_parts(parts)?,
        None => {
            let body = body.unwrap_or_else(|| "Hello,\n\nthis is an ordinary message.\n".to_owned());
            let is_declared = message.to_ascii_lowercase().contains("content-type:");
            if !body.is_ascii() && !is_declared {
                message += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
            }
            message += &format!("\r\n{body}");
        }
    }
    Ok(canonical(message.as_bytes()))
}

/// The header fields: a map has what differs from those of an ordinary message, `()` where one is missing; a
/// list has all of them, in its order.
fn fields(given: Option<&Dynamic>, envelope: &Envelope<'_>) -> Made<Vec<(String, String)>> {
    let wrong =
        "`headers` is a map, as in #{ Subject: \"Offer\" }, or a list of texts, as in [\"Subject: Offer\"]";
    let ordinary = ordinary_fields(envelope.sender, envelope.recipients);
    let mut fields: Vec<(String, String)> = ordinary.map(|(name, value)| (name.to_owned(), value)).into();
    let Some(given) = given else { return Ok(fields) };
    if let Some(list) = given.read_lock::<Array>() {
        let field = |one: &Dynamic| -> Made<(String, String)> {
            let line = one.clone().into_string().map_err(|_| wrong)?;
            let (name, value) = line.split_once(':').ok_or(wrong)?;
            Ok((name.to_owned(), value.trim_start().to_owned()))
        };
        return list.iter().map(field).collect();
    }
    for (name, value) in given.read_lock::<Map>().ok_or(wrong)?.iter() {
        let at = fields.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
        if value.is_unit() {
            fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            continue;
        }
        let value = value.clone().into_string().map_err(|_| wrong)?;
        match at.and_then(|at| fields.get_mut(at)) {
            Some(known) => known.1 = value,
            None => fields.push((name.to_string(), value)),
        }
    }
    Ok(fields)
}

/// A field's value as it is sent: what is not ASCII in encoded words (RFC 2047).
fn written(value: &str) -> Made<String> {
    if value.contains(['\r', '\n']) {
        return Err("a header field has no line break: one that is folded goes into `text`".into());
    }
    if value.is_ascii() {
        return Ok(value.to_owned());
    }
    let (mut words, mut rest) = (Vec::new(), value);
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.floor_char_boundary(WORD));
        words.push(format!("=?utf-8?B?{}?=", BASE64.encode(word.as_bytes())));
        rest = behind;
    }
    Ok(words.join("\r\n "))
}

fn of_parts(parts: &Dynamic) -> Made<String> {
    let wrong = "`parts` is a list of maps, as in [#{ type: \"text/plain\", text: \"Hello\" }]";
    let parts = parts.read_lock::<Array>().ok_or(wrong)?;
    let mut body =
        format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n");
    for part in parts.iter() {
        let part = part.read_lock::<Map>().ok_or(wrong)?;
        body += &format!("--{BOUNDARY}\r\n{}\r\n", of_part(&part)?);
    }
    body += &format!("--{BOUNDARY}--\r\n");
    Ok(body)
}

/// A part: by its text, or what it is in base64; with a name it is an attachment.
fn of_part(part: &Map) -> Made<String> {
    if let Some(name) = part.keys().find(|name| !PART.contains(&name.as_str())) {
        return Err(format!("a part is not made of `{name}`; {}", suggest::help(name, &PART)).into());
    }
    let (said, encoded) = (text(part, "text")?, text(part, "base64")?);
    let usual = if encoded.is_some() { "application/octet-stream" } else { "text/plain" };
    let media_type = text(part, "type")?.unwrap_or_else(|| usual.to_owned());
    let (encoding, charset) = match &encoded {
        Some(_) => ("base64", ""),
        None if media_type.starts_with("text/") => ("8bit", "; charset=utf-8"),
        None => ("8bit", ""),
    };
    let mut written =
        format!("Content-Type: {media_type}{charset}\r\nContent-Transfer-Encoding: {encoding}\r\n");
    if let Some(name) = text(part, "name")? {
        if !name.is_ascii() || name.contains(['"', '\\', '\r', '\n']) {
            return Err(format!("`{name}` is no plain file name: give the whole message as `text`").into());
        }
        written += &format!("Content-Disposition: attachment; filename=\"{name}\"\r\n");
    }
    written += &format!("\r\n{}", encoded.or(said).unwrap_or_default());
    Ok(written)
}

fn text(map: &Map, name: &str) -> Result<Option<String>, String> {
    let value = map.get(name).cloned().map(Dynamic::into_string).transpose();
    value.map_err(|kind| format!("`{name}` of a message is a text, not a {kind}"))
}

/// With line ends as they are sent, the last line with one.
fn canonical(octets: &[u8]) -> Bytes {
    let mut lines = Vec::with_capacity(octets.len() + octets.len() / 32);
    let mut before = 0;
    for &octet in octets {
        match octet {
            b'\n' if before == b'\r' => {}
            b'\n' | b'\r' => lines.extend_from_slice(b"\r\n"),
            octet => lines.push(octet),
        }
        before = octet;
    }
    if !lines.ends_with(b"\r\n") {
        lines.extend_from_slice(b"\r\n");
    }
    Bytes::from(lines)
}

#[cfg(test)]
mod tests;
