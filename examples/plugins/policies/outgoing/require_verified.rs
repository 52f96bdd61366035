//! outgoing/require_verified: Require encryption, and proof that this is
//! the right host.
//!
//! The host's certificate must lead to a trusted root and name the right host:
//! the `names` of the row, else the host of a configured route, else an MX name
//! that DNSSEC or MTA-STS vouches for, else the recipient's domain or a name
//! below it. No mail is sent to any other host.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct RequireVerified;

impl outgoing::Offer for RequireVerified {
    fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
        if host.offers_tls() { start_tls() } else { defer("4.7.4", "TLS is required, but was not offered") }
    }
}

impl outgoing::Certificate for RequireVerified {
    fn certificate(&self, _: &Host, certificate: &Certificate) -> outgoing::certificate::Verdict {
        if certificate.verified() {
            accept()
        } else {
            defer("4.7.5", format!("The certificate cannot be validated: {}", certificate.problem()))
        }
    }
}

impl outgoing::Mail for RequireVerified {
    fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
        if host.encrypted() {
            accept()
        } else {
            defer("4.7.5", format!("TLS is required: {}", host.tls_failure()))
        }
    }
}

export!(RequireVerified: outgoing::Offer, outgoing::Certificate, outgoing::Mail);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_started_where_offered() {
        assert_eq!(RequireVerified.offer(&testing::offering_host()), start_tls());
        let later = defer("4.7.4", "TLS is required, but was not offered");
        assert_eq!(RequireVerified.offer(&testing::clear_host()), later);
    }

    #[test]
    fn a_verified_certificate_only_is_taken() {
        let host = testing::encrypted_host();
        assert_eq!(RequireVerified.certificate(&host, &testing::certificate()), accept());
        let wrong = [
            testing::no_certificate(),
            testing::expired_certificate(),
            testing::not_yet_valid_certificate(),
            testing::wrong_name_certificate(),
            testing::unknown_root_certificate(),
            testing::self_signed_certificate(),
        ];
        for certificate in wrong {
            let problem = (*certificate).problem();
            let later = defer("4.7.5", format!("The certificate cannot be validated: {problem}"));
            assert_eq!(RequireVerified.certificate(&host, &certificate), later);
        }
    }

    #[test]
    fn encrypted_mail_only_is_sent() {
        assert_eq!(RequireVerified.mail(&testing::encrypted_host(), &testing::mail()), accept());
        let failed = testing::offering_host().tls_failure("handshake failure");
        let later = defer("4.7.5", "TLS is required: handshake failure");
        assert_eq!(RequireVerified.mail(&failed, &testing::mail()), later);
    }
}
