//! Hellos, real ones and damaged.

use std::sync::Arc;

use proptest::prelude::*;
use rustls::ClientConfig;
use rustls::client::ClientConnection;

use super::super::crypto;
use super::super::verifier::Deferred;
use super::*;

/// A hello as a real client sends it.
fn real_hello() -> Vec<u8> {
    let mut config = ClientConfig::builder_with_provider(crypto::provider(&Default::default()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Deferred::default()))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"smtp".to_vec()];
    let name = "MX.example.org".try_into().unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut wire = Vec::new();
    connection.write_tls(&mut wire).unwrap();
    wire
}

/// The same octets in records of 50.
fn in_small_records(wire: &[u8]) -> Vec<u8> {
    let content = handshake_octets(wire);
    let record = |part: &[u8]| [&[22, 3, 1, 0, u8::try_from(part.len()).unwrap()], part].concat();
    content.chunks(50).flat_map(record).collect()
}

/// `openssl s_client -tls1`, shortened: TLS 1.0, two suites, no extensions.
pub(in super::super) fn tls10_hello() -> Vec<u8> {
    let mut body = vec![3, 1];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0xc0, 0x14, 0x00, 0x2f, 1, 0]);
    let mut wire = vec![22, 3, 1, 0, u8::try_from(body.len() + 4).unwrap(), 1, 0, 0];
    wire.push(u8::try_from(body.len()).unwrap());
    wire.extend(body);
    wire
}

#[test]
fn reads_a_real_hello() {
    let hello = read(&real_hello());
    assert_eq!(hello.server_name, "mx.example.org");
    assert_eq!(hello.versions, ["1.3", "1.2"]);
    assert_eq!(hello.highest_version, Version::Tls13);
    assert_eq!(hello.suites.first().unwrap(), "TLS_AES_256_GCM_SHA384");
    assert_eq!(hello.suites.last().unwrap(), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
    assert_eq!(hello.groups, ["X25519MLKEM768", "x25519", "secp256r1", "secp384r1"]);
    assert!(hello.signature_schemes.contains(&"ecdsa_secp256r1_sha256".to_owned()));
    assert_eq!(hello.alpn, ["smtp"]);
    assert!(!hello.resumes);
    for kind in ["server_name", "supported_versions", "application_layer_protocol_negotiation", "key_share"] {
        assert!(hello.extensions.contains(&kind.to_owned()), "{kind} in {:?}", hello.extensions);
    }
}

/// The library shuffles the extensions of each hello.
#[test]
fn has_one_fingerprint_for_all_hellos_of_a_client() {
    let hellos: Vec<_> = std::iter::repeat_with(|| read(&real_hello())).take(8).collect();
    assert!(hellos.iter().any(|hello| hello.extensions != hellos[0].extensions));
    assert!(hellos.iter().all(|hello| hello.ja4 == hellos[0].ja4));
    let (shape, digests) = hellos[0].ja4.split_once('_').unwrap();
    let expected = format!("t13d{:02}{:02}sp", hellos[0].suites.len(), hellos[0].extensions.len());
    assert_eq!((shape, digests.len()), (expected.as_str(), 25));
}

/// A digest of a part would pass for that of another client.
#[test]
fn has_no_fingerprint_for_a_hello_cut_short() {
    let wire = real_hello();
    for end in 0..wire.len() {
        assert_eq!(read(&wire[..end]).ja4, "", "cut to {end}");
    }
    assert_ne!(read(&wire).ja4, "");
}

#[test]
fn puts_records_together() {
    let wire = real_hello();
    assert_eq!(read(&in_small_records(&wire)), read(&wire));
}

/// The octets of an extension.
fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&kind.to_be_bytes()[..], &length.to_be_bytes(), content].concat()
}

/// The real hello with another extension in front of its own, in records of 16 KiB.
fn hello_with(extra: &[u8]) -> Vec<u8> {
    let mut content = handshake_octets(&real_hello());
    let suites = usize::from(u16::from_be_bytes([content[71], content[72]]));
    let extensions = 71 + 2 + suites + 2;
    let length = u16::from_be_bytes([content[extensions], content[extensions + 1]]);
    let length = length + u16::try_from(extra.len()).unwrap();
    content.splice(extensions..extensions + 2, length.to_be_bytes());
    content.splice(extensions + 2..extensions + 2, extra.iter().copied());
    let length = u32::try_from(content.len() - 4).unwrap().to_be_bytes();
    content.splice(1..4, length[1..].iter().copied());
    in_records(&content)
}

fn in_records(content: &[u8]) -> Vec<u8> {
    let record =
        |part: &[u8]| [&[22, 3, 1], &u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat();
    content.chunks(16 * 1024).flat_map(record).collect()
}

/// A hello of nothing but these.
fn made_hello(suites: &[u16], extensions: &[Vec<u8>]) -> Vec<u8> {
    let block = |content: &[u8]| [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat();
    let body = [&[3, 3][..], &[7; 32], &[0], &block(&octets(suites)), &[1, 0], &block(&extensions.concat())];
    let body = body.concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    in_records(&[&[1], &length[1..], &body].concat())
}

fn octets(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().copied().flat_map(u16::to_be_bytes).collect()
}

/// A real hello of some 45 KiB: padded, RFC 7685.
pub(in super::super) fn large_hello() -> Vec<u8> {
    hello_with(&extension(21, &[0; 45_000]))
}

#[test]
fn reads_a_large_hello() {
    let (large, real) = (read(&large_hello()), read(&real_hello()));
    assert_eq!(large.extensions.first().unwrap(), "padding");
    assert_eq!(large.extensions.len(), real.extensions.len() + 1);
    // The library shuffles its extensions.
    let rest = |hello| Hello { extensions: Vec::new(), ja4: String::new(), ..hello };
    assert_eq!(rest(large), rest(real));
}

#[test]
fn keeps_a_bounded_number_of_entries() {
    let many: Vec<u16> = (0x5000..0x6000).collect();
    let list = [&[0x20, 0][..], &octets(&many)].concat();
    let protocols = [&[0x20, 0][..], &[1, b'x'].repeat(0x1000)].concat();
    let versions = [&[254][..], &[3, 4].repeat(127)].concat();
    let lists = [(10, &list), (13, &list), (16, &protocols), (43, &versions)];
    let mut extensions: Vec<_> = lists.iter().map(|(kind, content)| extension(*kind, content)).collect();
    extensions.extend(many.iter().map(|kind| extension(*kind, b"")));
    let hello = read(&made_hello(&many, &extensions));
    let kept = [&hello.suites, &hello.extensions, &hello.groups, &hello.signature_schemes, &hello.alpn];
    assert_eq!(kept.map(Vec::len), [256; 5]);
    assert_eq!(hello.versions, ["1.3"]);

    // The fingerprint is that of all.
    let fewer = read(&made_hello(&many[..300], &extensions));
    assert_eq!(fewer.suites, hello.suites);
    assert_eq!(fewer.ja4.get(..11), hello.ja4.get(..11));
    assert_ne!(fewer.ja4, hello.ja4);
}

#[test]
fn shows_protocols_without_control_characters() {
    let hello = read(&made_hello(&[], &[extension(16, b"\0\x07\x06a\r\n\x1bb\0")]));
    assert_eq!(hello.alpn, ["a???b?"]);
}

#[test]
fn shows_only_server_names_that_are_names() {
    let asked = |name: &str| {
        let length = u8::try_from(name.len()).unwrap();
        let entry = [&[0, length + 3, 0, 0, length][..], name.as_bytes()].concat();
        server_name(&entry).unwrap_or_default()
    };
    assert_eq!(asked("MX_1.Example.org."), "mx_1.example.org.");
    assert_eq!(asked("192.0.2.1"), "192.0.2.1");
    for odd in ["", "a;(b)", "*.example.org", "b\u{fc}cher.example", &"x".repeat(250)] {
        assert_eq!(asked(odd), "", "{odd}");
    }
}

#[test]
fn reads_an_old_hello() {
    let hello = read(&tls10_hello());
    assert_eq!(hello.versions, ["1.0"]);
    assert_eq!(hello.highest_version, Version::Tls10);
    assert_eq!(hello.suites, ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"]);
    assert_eq!(hello.ja4.split_once('_').unwrap().0, "t10i020000");
}

#[test]
fn reads_the_version_of_an_ssl2_hello() {
    assert_eq!(read(&[0x80, 0x2e, 1, 3, 1, 0, 9]).highest_version, Version::Tls10);
}

#[test]
fn reads_nothing_from_garbage() {
    assert_eq!(read(b"EHLO client.example\r\n"), Hello::default());
}

/// GREASE, RFC 8701, stands in every list and as an extension of its own.
#[test]
fn leaves_grease_out_and_numbers_the_unknown() {
    let with = |grease: &[u16]| {
        let list = |numbers: &[u16]| {
            let numbers = [grease, numbers].concat();
            [&u16::try_from(2 * numbers.len()).unwrap().to_be_bytes()[..], &octets(&numbers)].concat()
        };
        let versions = [grease, &[0x0304]].concat();
        let versions = [&[u8::try_from(2 * versions.len()).unwrap()][..], &octets(&versions)].concat();
        let mut extensions: Vec<_> = grease.iter().map(|kind| extension(*kind, b"")).collect();
        extensions.push(extension(10, &list(&[0x001d])));
        extensions.push(extension(13, &list(&[0x0403, 0xefef])));
        extensions.push(extension(0x1a2b, b""));
        extensions.push(extension(43, &versions));
        extensions.push(extension(0xff01, b"\0"));
        read(&made_hello(&[grease, &[0x1301, 0xfe0d]].concat(), &extensions))
    };
    let hello = with(&[0x0a0a, 0xfafa]);
    assert_eq!(hello, with(&[]));
    assert_eq!(hello.suites, ["TLS_AES_128_GCM_SHA256", "0xfe0d"]);
    assert_eq!(hello.groups, ["x25519"]);
    assert_eq!(hello.signature_schemes, ["ecdsa_secp256r1_sha256", "0xefef"]);
    let extensions = ["supported_groups", "signature_algorithms", "0x1a2b", "supported_versions"];
    assert_eq!(hello.extensions, [&extensions[..], &["renegotiation_info"]].concat());
    assert_eq!(hello.ja4.get(..10).unwrap(), "t13i020500");
}

#[test]
fn names_extensions_by_their_numbers() {
    let named = [0, 16, 35, 41, 43, 51, 57, 62].map(|number| extension_name(number).unwrap());
    let known = ["server_name", "application_layer_protocol_negotiation", "session_ticket", "pre_shared_key"];
    let more = ["supported_versions", "key_share", "quic_transport_parameters", "tls_flags"];
    assert_eq!(named.as_slice(), [known, more].concat());
    for reserved in [40, 46, 53, 63] {
        assert_eq!(extension_name(reserved), None);
    }
}

/// A client has asked for a host by name, even where we do not show by which.
#[test]
fn counts_a_server_name_that_is_not_shown() {
    let hello = read(&made_hello(&[0x1301], &[extension(0, b"\0\x06\0\0\x03a;b")]));
    assert_eq!((hello.server_name.as_str(), hello.ja4.get(..4)), ("", Some("t12d")));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read(&bytes);
    }

    #[test]
    fn never_panics_on_a_damaged_hello(cut in 0..400_usize, at in 0..400_usize, octet in any::<u8>()) {
        let mut wire = real_hello();
        wire.truncate(wire.len().saturating_sub(cut));
        if let Some(place) = wire.get_mut(at) {
            *place = octet;
        }
        let ja4 = read(&wire).ja4;
        prop_assert!(ja4.is_empty() || ja4.len() == 36 && ja4.is_ascii(), "{ja4}");
    }
}
