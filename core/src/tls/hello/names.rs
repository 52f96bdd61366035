//! The IANA names of what a hello lists by number.

use rustls::CipherSuite;
use waxseal_plugins::verdicts::{Group, Suite};

/// The first of the TLS ExtensionType Values, in order from 0.
/// Empty: reserved, or used twice.
const EXTENSIONS: [&str; 63] = [
    "server_name",
    "max_fragment_length",
    "client_certificate_url",
    "trusted_ca_keys",
    "truncated_hmac",
    "status_request",
    "user_mapping",
    "client_authz",
    "server_authz",
    "cert_type",
    "supported_groups",
    "ec_point_formats",
    "srp",
    "signature_algorithms",
    "use_srtp",
    "heartbeat",
    "application_layer_protocol_negotiation",
    "status_request_v2",
    "signed_certificate_timestamp",
    "client_certificate_type",
    "server_certificate_type",
    "padding",
    "encrypt_then_mac",
    "extended_master_secret",
    "token_binding",
    "cached_info",
    "tls_lts",
    "compress_certificate",
    "record_size_limit",
    "pwd_protect",
    "pwd_clear",
    "password_salt",
    "ticket_pinning",
    "tls_cert_with_extern_psk",
    "delegated_credential",
    "session_ticket",
    "TLMSP",
    "TLMSP_proxying",
    "TLMSP_delegate",
    "supported_ekt_ciphers",
    "",
    "pre_shared_key",
    "early_data",
    "supported_versions",
    "cookie",
    "psk_key_exchange_modes",
    "",
    "certificate_authorities",
    "oid_filters",
    "post_handshake_auth",
    "signature_algorithms_cert",
    "key_share",
    "transparency_info",
    "",
    "connection_id",
    "external_id_hash",
    "external_session_id",
    "quic_transport_parameters",
    "ticket_request",
    "dnssec_chain",
    "sequence_number_encryption_algorithms",
    "rrc",
    "tls_flags",
];

/// Extensions, RFC 8447 section 7 and the registry that it describes.
pub(super) fn extension_name(number: u16) -> Option<String> {
    let name = match number {
        0xfd00 => "ech_outer_extensions",
        0xfe0d => "encrypted_client_hello",
        0xff01 => "renegotiation_info",
        _ => EXTENSIONS.get(usize::from(number)).copied().filter(|name| !name.is_empty())?,
    };
    Some(name.to_owned())
}

/// The library knows the names of many suites that it cannot negotiate.
pub(super) fn suite_name(number: u16) -> Option<String> {
    let name = Suite::from_number(number).map(Suite::name).or_else(|| CipherSuite::from(number).as_str())?;
    Some(name.strip_prefix("TLS13_").map_or_else(|| name.to_owned(), |rest| format!("TLS_{rest}")))
}

/// Supported groups, RFC 8422 section 5.1.1, RFC 7919, and the hybrid ones.
pub(super) fn group_name(number: u16) -> Option<String> {
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
pub(super) fn scheme_name(number: u16) -> Option<String> {
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
