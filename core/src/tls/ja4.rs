//! JA4, a fingerprint of TLS clients by their ClientHello, as its specification says:
//! <https://github.com/FoxIO-LLC/ja4/blob/main/technical_details/JA4.md>.
//!
//! Clients of one program have the same one, in whatever order they shuffle suites and extensions.
//! It proves nothing: who wants to can send another's hello.

use data_encoding::HEXLOWER;

use super::digest::sha256;
use super::hello::{ALPN, ClientHello, SERVER_NAME};

/// How long a fingerprint is: octets.
const LENGTH: usize = 36;

/// As in `t13d1516h2_8daaf6152771_e5627efa2ab1`: what can be read of it, a digest of the suites, one
/// of extensions and signature schemes.
pub(super) fn fingerprint(hello: &ClientHello<'_>) -> String {
    let mut text = String::with_capacity(LENGTH);
    text.push('t');
    text.push_str(version(hello));
    text.push(if hello.extensions.contains(&SERVER_NAME) { 'd' } else { 'i' });
    push_count(&mut text, &hello.suites);
    push_count(&mut text, &hello.extensions);
    push_ends(&mut text, hello.protocols().next().unwrap_or_default());
    let mut list = String::with_capacity(5 * (hello.extensions.len() + hello.signature_schemes.len()));
    push_sorted(&mut list, hello.suites.iter().copied());
    text.push('_');
    push_digest(&mut text, &list);
    list.clear();
    push_extensions(&mut list, hello);
    text.push('_');
    push_digest(&mut text, &list);
    text
}

/// Of the highest version, were it one that nobody knows.
fn version(hello: &ClientHello<'_>) -> &'static str {
    let highest = match &hello.supported_versions {
        Some(versions) => versions.iter().copied().max().unwrap_or_default(),
        None => hello.legacy_version,
    };
    match highest {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    }
}

fn push_count(text: &mut String, numbers: &[u16]) {
    let count = u8::try_from(numbers.len()).unwrap_or(u8::MAX).min(99);
    text.extend([count / 10, count % 10].map(|digit| char::from(b'0' + digit)));
}

/// The first and the last character of a protocol; where one of them is neither letter nor digit,
/// the first and the last hexadecimal digit.
fn push_ends(text: &mut String, protocol: &[u8]) {
    let (Some(&first), Some(&last)) = (protocol.first(), protocol.last()) else {
        text.push_str("00");
        return;
    };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        text.extend([first, last].map(char::from));
    } else {
        // The high half of the first octet and the low half of the last: two digits.
        HEXLOWER.encode_append(&[first & 0xf0 | last & 0x0f], text);
    }
}

/// Name and protocol are left out, they are told apart before: so a client has the same digest
/// whatever host it asks for. The order of the signature schemes says something, and stays.
fn push_extensions(list: &mut String, hello: &ClientHello<'_>) {
    let told_apart = |kind: &u16| matches!(*kind, SERVER_NAME | ALPN);
    push_sorted(list, hello.extensions.iter().copied().filter(|kind| !told_apart(kind)));
    for (at, scheme) in hello.signature_schemes.iter().enumerate() {
        list.push(if at == 0 { '_' } else { ',' });
        HEXLOWER.encode_append(&scheme.to_be_bytes(), list);
    }
}

fn push_sorted(list: &mut String, numbers: impl Iterator<Item = u16>) {
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    for (at, number) in numbers.iter().enumerate() {
        if at > 0 {
            list.push(',');
        }
        HEXLOWER.encode_append(&number.to_be_bytes(), list);
    }
}

/// The first 12 digits of SHA-256; zeros, and not the digest of nothing, for nothing.
fn push_digest(text: &mut String, list: &str) {
    let digest = if list.is_empty() { [0; 32] } else { sha256(list.as_bytes()) };
    HEXLOWER.encode_append(digest.get(..6).unwrap_or_default(), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(list: &str) -> Vec<u16> {
        list.split(',').map(|digits| u16::from_str_radix(digits, 16).unwrap()).collect()
    }

    /// The example of the specification, as on the wire.
    fn example() -> ClientHello<'static> {
        ClientHello {
            legacy_version: 0x0303,
            supported_versions: Some(vec![0x0304, 0x0303]),
            suites: numbers("1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"),
            extensions: numbers(
                "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015",
            ),
            signature_schemes: numbers("0403,0804,0401,0503,0805,0501,0806,0601"),
            protocols: b"\x02h2\x08http/1.1",
            ..ClientHello::default()
        }
    }

    #[test]
    fn is_that_of_the_specification() {
        assert_eq!(fingerprint(&example()), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        let without_schemes = ClientHello { signature_schemes: Vec::new(), ..example() };
        assert_eq!(fingerprint(&without_schemes), "t13d1516h2_8daaf6152771_6d807ffa2a79");
    }

    /// Captures that come with the specification: `sigalg-grease.pcapng`, and `tls-alpn-h2.pcap`,
    /// whose numbers are like GREASE and are none.
    #[test]
    fn is_that_of_published_captures() {
        let newer = ClientHello {
            extensions: numbers(
                "fe0d,0010,0017,0033,44cd,ff01,000a,000d,0023,002b,000b,ca34,002d,0000,0005,001b,0012",
            ),
            signature_schemes: numbers("0904,0905,0906,0403,0804,0401,0503,0805,0501,0806,0601"),
            ..example()
        };
        assert_eq!(fingerprint(&newer), "t13d1517h2_8daaf6152771_cb7bf5808d99");
        let older = ClientHello {
            legacy_version: 0x0303,
            suites: numbers(
                "0004,0005,000a,0016,002f,0033,0035,0039,003c,003d,0041,0045,0067,006b,0081,0084,0088,009c,\
                 009d,009e,009f,00ba,00be,00c0,00c4,00ff,c007,c008,c009,c00a,c011,c012,c013,c014,c023,c024,\
                 c027,c028,c02b,c02c,c02f,c030,cca8,cca9,ccaa,ff85",
            ),
            extensions: numbers("0000,000b,000a,000d,0010"),
            signature_schemes: numbers("0601,0603,efef,0501,0503,0401,0403,eeee,eded,0301,0303,0201,0203"),
            protocols: b"\x02h2",
            ..ClientHello::default()
        };
        assert_eq!(fingerprint(&older), "t12d4605h2_85626a9a5f7f_aaf95bb78ec9");
    }

    #[test]
    fn depends_on_no_order_but_that_of_the_signature_schemes() {
        let mut hello = example();
        hello.suites.reverse();
        hello.extensions.reverse();
        hello.supported_versions = Some(vec![0x0303, 0x0304]);
        assert_eq!(fingerprint(&hello), fingerprint(&example()));
        hello.signature_schemes.reverse();
        assert_ne!(fingerprint(&hello), fingerprint(&example()));
    }

    #[test]
    fn has_zeros_for_what_is_missing() {
        assert_eq!(fingerprint(&ClientHello::default()), "t00i000000_000000000000_000000000000");
        let only_told_apart = ClientHello { extensions: vec![0, 16], ..ClientHello::default() };
        assert_eq!(fingerprint(&only_told_apart), "t00d000200_000000000000_000000000000");
    }

    #[test]
    fn counts_to_99() {
        let many = ClientHello { suites: vec![1; 100], extensions: vec![5; 300], ..ClientHello::default() };
        assert_eq!(fingerprint(&many).get(..8).unwrap(), "t00i9999");
    }

    #[test]
    fn says_the_highest_version() {
        let said = |legacy_version, supported_versions| {
            version(&ClientHello { legacy_version, supported_versions, ..ClientHello::default() })
        };
        let legacy = [0x0304, 0x0303, 0x0302, 0x0301, 0x0300, 0x0002, 0x0505];
        assert_eq!(legacy.map(|number| said(number, None)), ["13", "12", "11", "10", "s3", "s2", "00"]);
        assert_eq!(said(0x0303, Some(vec![0x0301, 0x0304, 0x0302])), "13");
        assert_eq!(said(0x0303, Some(vec![0x7f1c, 0x0304])), "00", "a draft of TLS 1.3");
        assert_eq!(said(0x0303, Some(Vec::new())), "00");
    }

    /// The examples of the specification, and of the registry of protocols.
    #[test]
    fn shows_the_ends_of_a_protocol() {
        let ends = |protocol: &[u8]| {
            let mut text = String::new();
            push_ends(&mut text, protocol);
            text
        };
        let said = [&b"h2"[..], b"http/1.1", b"x", b"smtp", b""].map(ends);
        assert_eq!(said, ["h2", "h1", "xx", "sp", "00"]);
        let odd =
            [&[0xab][..], &[0xab, 0xcd], &[0x30, 0xab], &[0x30, 0x31, 0xab, 0xcd], &[0x30, 0xab, 0xcd, 0x31]];
        assert_eq!(odd.map(ends), ["ab", "ad", "3b", "3d", "01"]);
        assert_eq!(ends("h\u{fc}".as_bytes()), "6c", "octets, not characters");
    }
}
