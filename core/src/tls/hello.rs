//! What a ClientHello says that the library does not: supported versions, extension order, and the
//! hellos that it refuses.

mod client_hello;
mod names;

use rustls::pki_types::ServerName;
use waxseal_plugins::facts::{Hello, Version};

use super::ja4;
use super::wire::Reader;
pub(super) use client_hello::{ALPN, ClientHello, SERVER_NAME};
use names::{extension_name, group_name, scheme_name, suite_name};

/// The most entries of a list that are kept: hellos in the wild have a tenth of it. Without an end a
/// client could make every session and every line of the decision log hundreds of kilobytes large.
const MOST: usize = 256;

/// What the first octets of a connection say, as far as they can be read: a hello cut short gives
/// the facts before the cut, and what is no hello gives none.
pub(super) fn read(bytes: &[u8]) -> Hello {
    let message = handshake_octets(bytes);
    let mut wire = ClientHello::default();
    let ja4 = wire.read(&message).map(|()| ja4::fingerprint(&wire)).unwrap_or_default();
    let versions = match versions(&wire) {
        known if known.is_empty() => ssl2_version(bytes).into_iter().collect(),
        known => known,
    };
    Hello {
        server_name: wire.server_name.and_then(server_name).unwrap_or_default(),
        highest_version: versions.first().copied().unwrap_or_default(),
        versions: versions.iter().map(Version::to_string).collect(),
        suites: named(&wire.suites, suite_name),
        extensions: named(&wire.extensions, extension_name),
        groups: named(&wire.groups, group_name),
        signature_schemes: named(&wire.signature_schemes, scheme_name),
        alpn: wire.protocols().take(MOST).map(shown).collect(),
        resumes: wire.resumes,
        ja4,
        library_refusal: String::new(),
    }
}

/// The content of the handshake records (RFC 8446 section 5.1), put together: a hello may be cut
/// into several.
fn handshake_octets(bytes: &[u8]) -> Vec<u8> {
    const HANDSHAKE: u8 = 22;
    let mut reader = Reader::new(bytes);
    let mut content = Vec::new();
    while reader.u8() == Some(HANDSHAKE) && reader.u16().is_some() {
        let Some(length) = reader.u16() else { break };
        content.extend_from_slice(reader.up_to(length.into()));
    }
    content
}

/// The versions that we know, highest first.
fn versions(wire: &ClientHello<'_>) -> Vec<Version> {
    let known = |numbers: &[u16]| {
        let mut versions: Vec<_> = numbers.iter().filter_map(|number| Version::from_wire(*number)).collect();
        versions.sort_unstable_by(|one, other| other.cmp(one));
        versions.dedup();
        versions
    };
    match wire.supported_versions.as_deref().map(known) {
        Some(versions) if !versions.is_empty() => versions,
        _ => known(&[wire.legacy_version]),
    }
}

/// A hello of SSL 2.0 says the highest version the client has, as the old ones did who could do
/// more (RFC 5246 appendix E.2).
fn ssl2_version(bytes: &[u8]) -> Option<Version> {
    let mut reader = Reader::new(bytes);
    match (reader.u8()?, reader.u8()?, reader.u8()?) {
        (0x80.., _, 1) => Version::from_wire(reader.u16()?),
        _ => None,
    }
}

/// The host name of a server_name extension, RFC 6066 section 3, if it is a name or an address: it
/// comes to be shown in logs and headers.
fn server_name(content: &[u8]) -> Option<String> {
    const HOST_NAME: u8 = 0;
    let mut list = Reader::new(Reader::new(content).long_block()?);
    let kind = list.u8()?;
    let name = std::str::from_utf8(list.long_block()?).ok()?;
    let is_name = kind == HOST_NAME && ServerName::try_from(name).is_ok();
    is_name.then(|| name.to_ascii_lowercase())
}

/// A protocol of ALPN. Control characters become `?`: it is shown in logs and replies.
fn shown(protocol: &[u8]) -> String {
    String::from_utf8_lossy(protocol).replace(char::is_control, "?")
}

fn named(numbers: &[u16], name: fn(u16) -> Option<String>) -> Vec<String> {
    let named = |number: &u16| name(*number).unwrap_or_else(|| format!("{number:#06x}"));
    numbers.iter().take(MOST).map(named).collect()
}

#[cfg(test)]
pub(super) mod tests;
