//! What a ClientHello says that the library does not: supported versions, extension order, and the
//! hellos that it refuses.

use rustls::CipherSuite;
use rustls::pki_types::ServerName;
use waxseal_plugins::facts::{Hello, Version};
use waxseal_plugins::verdicts::{Group, Suite};

use super::wire::Reader;

/// Extensions, by their IANA numbers (RFC 8446 section 4.2, RFC 5077, RFC 7301).
const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SESSION_TICKET: u16 = 35;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;

/// The most entries of a list that are kept: hellos in the wild have a tenth of it. Without an end a
/// client could make every session and every line of the decision log hundreds of kilobytes large.
const MOST: usize = 256;

/// What the first octets of a connection say, as far as they can be read: a hello cut short gives
/// the facts before the cut, and what is no hello gives none.
pub(super) fn read(bytes: &[u8]) -> Hello {
    let mut hello = Hello::default();
    let handshake = handshake_octets(bytes);
    if read_hello(&mut Reader::new(&handshake), &mut hello).is_none() && hello.versions.is_empty() {
        note_ssl2(bytes, &mut hello);
    }
    hello.highest_version = hello.versions.first().and_then(|name| name.parse().ok()).unwrap_or_default();
    hello
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

/// Reads a ClientHello, RFC 8446 section 4.1.2; `None` where it is cut short or is none.
fn read_hello(reader: &mut Reader<'_>, hello: &mut Hello) -> Option<()> {
    const CLIENT_HELLO: u8 = 1;
    let (kind, _length) = (reader.u8()?, reader.take(3)?);
    if kind != CLIENT_HELLO {
        return None;
    }
    // Before TLS 1.3 this was the only version said; a supported_versions extension replaces it.
    let legacy_version = reader.u16()?;
    hello.versions = version_names(&[legacy_version]);
    let _random = reader.take(32)?;
    let _session_id = reader.short_block()?;
    hello.suites = names(reader.long_block()?, suite_name);
    let _compression = reader.short_block()?;
    if reader.is_empty() {
        return Some(());
    }
    let mut extensions = Reader::new(reader.long_block_or_rest()?);
    while !extensions.is_empty() {
        let kind = extensions.u16()?;
        read_extension(kind, extensions.long_block()?, hello);
    }
    Some(())
}

/// An extension that cannot be read is passed over: the library is the judge of it.
fn read_extension(kind: u16, content: &[u8], hello: &mut Hello) {
    let mut reader = Reader::new(content);
    match kind {
        SERVER_NAME => hello.server_name = server_name(reader).unwrap_or_default(),
        SUPPORTED_GROUPS => hello.groups = names(reader.long_block().unwrap_or_default(), group_name),
        SIGNATURE_ALGORITHMS => {
            hello.signature_schemes = names(reader.long_block().unwrap_or_default(), scheme_name);
        }
        ALPN => hello.alpn = protocols(reader.long_block().unwrap_or_default()),
        // An empty ticket only says that the client would like one.
        SESSION_TICKET => hello.resumes |= !content.is_empty(),
        PRE_SHARED_KEY => hello.resumes = true,
        SUPPORTED_VERSIONS => {
            let versions = version_names(&numbers(reader.short_block().unwrap_or_default()));
            if !versions.is_empty() {
                hello.versions = versions;
            }
        }
        _ => {}
    }
}

/// The host name of a server_name extension, RFC 6066 section 3, if it is a name or an address: it
/// comes to be shown in logs and headers.
fn server_name(mut reader: Reader<'_>) -> Option<String> {
    const HOST_NAME: u8 = 0;
    let mut list = Reader::new(reader.long_block()?);
    let kind = list.u8()?;
    let name = std::str::from_utf8(list.long_block()?).ok()?;
    let is_name = kind == HOST_NAME && ServerName::try_from(name).is_ok();
    is_name.then(|| name.to_ascii_lowercase())
}

/// The protocols of ALPN, RFC 7301. Control characters become `?`: they are shown in logs and
/// replies.
fn protocols(list: &[u8]) -> Vec<String> {
    let mut reader = Reader::new(list);
    std::iter::from_fn(|| reader.short_block())
        .take(MOST)
        .map(|name| String::from_utf8_lossy(name).replace(char::is_control, "?"))
        .collect()
}

/// A hello of SSL 2.0 says the highest version the client has, as the old ones did who could do
/// more (RFC 5246 appendix E.2).
fn note_ssl2(bytes: &[u8], hello: &mut Hello) {
    let mut reader = Reader::new(bytes);
    if let (Some(0x80..), Some(_), Some(1), Some(version)) =
        (reader.u8(), reader.u8(), reader.u8(), reader.u16())
    {
        hello.versions = version_names(&[version]);
    }
}

/// Highest first.
fn version_names(numbers: &[u16]) -> Vec<String> {
    let mut versions: Vec<_> = numbers.iter().filter_map(|number| Version::from_wire(*number)).collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.dedup();
    versions.into_iter().map(|version| version.to_string()).collect()
}

fn numbers(list: &[u8]) -> Vec<u16> {
    let mut reader = Reader::new(list);
    std::iter::from_fn(|| reader.u16()).collect()
}

/// GREASE values (RFC 8701) are random and say nothing: they are left out.
fn names(list: &[u8], name: fn(u16) -> Option<String>) -> Vec<String> {
    let is_grease = |number: &u16| number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff;
    numbers(list)
        .into_iter()
        .filter(|number| !is_grease(number))
        .take(MOST)
        .map(|number| name(number).unwrap_or_else(|| format!("{number:#06x}")))
        .collect()
}

/// The library knows the names of many suites that it cannot negotiate.
fn suite_name(number: u16) -> Option<String> {
    Suite::from_number(number)
        .map(Suite::name)
        .or_else(|| CipherSuite::from(number).as_str())
        .map(|name| name.replace("TLS13_", "TLS_"))
}

/// Supported groups, RFC 8422 section 5.1.1, RFC 7919, and the hybrid ones.
fn group_name(number: u16) -> Option<String> {
    let name = Group::from_number(number).map(Group::name).or(match number {
        0x0019 => Some("secp521r1"),
        0x001e => Some("x448"),
        0x0100 => Some("ffdhe2048"),
        0x0101 => Some("ffdhe3072"),
        0x0102 => Some("ffdhe4096"),
        0x0103 => Some("ffdhe6144"),
        0x0104 => Some("ffdhe8192"),
        0x0200 => Some("MLKEM512"),
        0x0201 => Some("MLKEM768"),
        0x0202 => Some("MLKEM1024"),
        0x11eb => Some("SecP256r1MLKEM768"),
        0x11ed => Some("SecP384r1MLKEM1024"),
        _ => None,
    });
    name.map(str::to_owned)
}

/// Signature schemes, RFC 8446 section 4.2.3.
fn scheme_name(number: u16) -> Option<String> {
    let name = match number {
        0x0201 => "rsa_pkcs1_sha1",
        0x0203 => "ecdsa_sha1",
        0x0401 => "rsa_pkcs1_sha256",
        0x0403 => "ecdsa_secp256r1_sha256",
        0x0501 => "rsa_pkcs1_sha384",
        0x0503 => "ecdsa_secp384r1_sha384",
        0x0601 => "rsa_pkcs1_sha512",
        0x0603 => "ecdsa_secp521r1_sha512",
        0x0804 => "rsa_pss_rsae_sha256",
        0x0805 => "rsa_pss_rsae_sha384",
        0x0806 => "rsa_pss_rsae_sha512",
        0x0807 => "ed25519",
        0x0808 => "ed448",
        0x0809 => "rsa_pss_pss_sha256",
        0x080a => "rsa_pss_pss_sha384",
        0x080b => "rsa_pss_pss_sha512",
        0x0904 => "mldsa44",
        0x0905 => "mldsa65",
        0x0906 => "mldsa87",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
pub(super) mod tests;
