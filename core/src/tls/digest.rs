//! Fingerprints, pins, and kinds of keys.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut octets = [0; 32];
    octets.copy_from_slice(digest(&SHA256, bytes).as_ref());
    octets
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(&sha256(bytes))
}

/// Whether a pin, `sha256:` and hexadecimal or base64 (RFC 7469 section 2.4), is of the key with
/// this fingerprint. Both decode to 32 octets, so neither can be taken for the other.
pub(super) fn is_pin_of(pin: &str, spki_sha256: &str) -> bool {
    let Some(value) = pin.strip_prefix("sha256:") else { return false };
    let octets = [HEXLOWER_PERMISSIVE.decode(value.as_bytes()), BASE64.decode(value.as_bytes())];
    octets.into_iter().flatten().any(|octets| octets.len() == 32 && HEXLOWER.encode(&octets) == spki_sha256)
}

/// As in `ecdsa-256` or `rsa-2048`.
pub(super) fn key_kind(key: &SubjectPublicKeyInfo<'_>) -> String {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("rsa-{}", rsa.key_size()),
        // The curve P-521 has 66 octets to a coordinate.
        Ok(PublicKey::EC(point)) => {
            format!("ecdsa-{}", if point.key_size() == 528 { 521 } else { point.key_size() })
        }
        Ok(PublicKey::DSA(_)) => "dsa".to_owned(),
        _ => match key.algorithm.algorithm.to_id_string().as_str() {
            // RFC 8410 section 3.
            "1.3.101.112" => "ed25519".to_owned(),
            "1.3.101.113" => "ed448".to_owned(),
            oid => oid.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_pins_in_hexadecimal_and_base64() {
        let hex = sha256_hex(b"abc");
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(is_pin_of(&format!("sha256:{}", hex.to_uppercase()), &hex));
        assert!(is_pin_of("sha256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", &hex));
        assert!(!is_pin_of(&hex, &hex));
        assert!(!is_pin_of("sha256:", ""));
    }
}
