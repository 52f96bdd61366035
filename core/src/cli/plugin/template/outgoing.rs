//! Mail goes only to hosts that prove who they are: by a certificate that verifies, or by a key that
//! we know.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

/// What the `.toml` beside the plugin says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    /// SHA-256 of the public keys that we know, in lower-case hexadecimal.
    keys: Vec<String>,
}

impl outgoing::Offer for Policy {
    fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
        if host.offers_tls() { start_tls() } else { defer("4.7.4", "TLS is required, but was not offered") }
    }
}

impl outgoing::Certificate for Policy {
    fn certificate(&self, host: &Host, certificate: &Certificate) -> outgoing::certificate::Verdict {
        let key = certificate.spki_sha256();
        if certificate.verified() || certificate.possession() && self.keys.contains(&key) {
            return accept();
        }
        log!("{} has a key that we do not know: {key}", host.name());
        defer("4.7.5", format!("The host cannot be verified: {}", certificate.problem()))
    }
}

// A policy that looks at certificates and has no `mail` hook lets no mail through in clear.
export!(Policy: outgoing::Offer, outgoing::Certificate);

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        testing::configured(r#"keys = ["a1b2c3"]"#).unwrap()
    }

    #[test]
    fn a_host_without_tls_waits() {
        assert_eq!(policy().offer(&testing::offering_host()), start_tls());
        assert_eq!(policy().offer(&testing::clear_host()).word(), "defer");
    }

    #[test]
    fn a_certificate_that_verifies_will_do() {
        let host = testing::encrypted_host();
        assert_eq!(policy().certificate(&host, &testing::certificate()), accept());
    }

    #[test]
    fn a_certificate_that_does_not_verify_needs_a_known_key() {
        let host = testing::encrypted_host();
        let known = testing::self_signed_certificate().spki_sha256("a1b2c3");
        assert_eq!(policy().certificate(&host, &known), accept());
        assert!(testing::logged().is_empty());

        let unknown = testing::self_signed_certificate().spki_sha256("d4e5f6");
        let verdict = policy().certificate(&host, &unknown);
        assert_eq!(verdict, defer("4.7.5", "The host cannot be verified: the certificate is self-signed"));
        assert_eq!(testing::logged(), ["mx.example.org has a key that we do not know: d4e5f6"]);
    }
}
