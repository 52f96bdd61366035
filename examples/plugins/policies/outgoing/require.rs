//! outgoing/require: Require encryption. The certificate is checked and the
//! result recorded; a failed check does not stop the mail.
//!
//! Mail that cannot be encrypted waits and is tried again; in the end it goes
//! back to its sender with the reason.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct Require;

impl outgoing::Offer for Require {
    fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
        if host.offers_tls() { start_tls() } else { defer("4.7.4", "TLS is required, but was not offered") }
    }
}

impl outgoing::Mail for Require {
    fn mail(&self, host: &Host, _: &Mail) -> outgoing::mail::Verdict {
        if host.encrypted() {
            accept()
        } else {
            defer("4.7.5", format!("TLS is required: {}", host.tls_failure()))
        }
    }
}

export!(Require: outgoing::Offer, outgoing::Mail);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_started_where_offered() {
        assert_eq!(Require.offer(&testing::offering_host()), start_tls());
        let later = defer("4.7.4", "TLS is required, but was not offered");
        assert_eq!(Require.offer(&testing::clear_host()), later);
    }

    #[test]
    fn encrypted_mail_only_is_sent() {
        assert_eq!(Require.mail(&testing::encrypted_host(), &testing::mail()), accept());
        let failed = testing::offering_host().tls_failure("handshake failure");
        let later = defer("4.7.5", "TLS is required: handshake failure");
        assert_eq!(Require.mail(&failed, &testing::mail()), later);
    }
}
