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
    let record =
        |part: &[u8]| [&[22, 3, 1], &u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat();
    content.chunks(16 * 1024).flat_map(record).collect()
}

/// A real hello of some 45 KiB: padded, RFC 7685.
pub(in super::super) fn large_hello() -> Vec<u8> {
    hello_with(&extension(21, &[0; 45_000]))
}

#[test]
fn reads_a_large_hello() {
    assert_eq!(read(&large_hello()), read(&real_hello()));
}

#[test]
fn keeps_a_bounded_number_of_entries() {
    let numbers: Vec<u8> = (0x5000..0x7000_u16).flat_map(u16::to_be_bytes).collect();
    let list = [&u16::try_from(numbers.len()).unwrap().to_be_bytes()[..], &numbers].concat();
    let protocols = [&[0x20, 0][..], &[1, b'x'].repeat(0x1000)].concat();
    let versions = [&[254][..], &[3, 4].repeat(127)].concat();
    let mut hello = Hello::default();
    for (kind, content) in [(10, &list), (13, &list), (16, &protocols), (43, &versions)] {
        read_extension(kind, content, &mut hello);
    }
    assert_eq!((hello.groups.len(), hello.signature_schemes.len(), hello.alpn.len()), (256, 256, 256));
    assert_eq!(hello.versions, ["1.3"]);
}

#[test]
fn shows_protocols_without_control_characters() {
    let mut hello = Hello::default();
    read_extension(ALPN, b"\0\x07\x06a\r\n\x1bb\0", &mut hello);
    assert_eq!(hello.alpn, ["a???b?"]);
}

#[test]
fn shows_only_server_names_that_are_names() {
    let asked = |name: &str| {
        let length = u8::try_from(name.len()).unwrap();
        let entry = [&[0, length + 3, 0, 0, length][..], name.as_bytes()].concat();
        server_name(Reader::new(&entry)).unwrap_or_default()
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
}

#[test]
fn reads_the_version_of_an_ssl2_hello() {
    assert_eq!(read(&[0x80, 0x2e, 1, 3, 1, 0, 9]).highest_version, Version::Tls10);
}

#[test]
fn reads_nothing_from_garbage() {
    assert_eq!(read(b"EHLO client.example\r\n"), Hello::default());
}

#[test]
fn leaves_grease_out_and_numbers_the_unknown() {
    assert_eq!(
        names(&[0x0a, 0x0a, 0xfa, 0xfa, 0x13, 0x01, 0xfe, 0x0d], suite_name),
        ["TLS_AES_128_GCM_SHA256", "0xfe0d"]
    );
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
        read(&wire);
    }
}
