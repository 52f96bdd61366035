//! outgoing/attempt: Encrypt where the host can, send the mail anyhow.
//!
//! TLS is started where the host offers it, whatever its certificate. If it is
//! not offered, or the handshake fails, the mail goes in clear at once, on a new
//! connection.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct Attempt;

impl outgoing::Offer for Attempt {
    fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
        if host.offers_tls() { start_tls() } else { stay_clear() }
    }
}

impl outgoing::Mail for Attempt {
    fn mail(&self, _: &Host, _: &Mail) -> outgoing::mail::Verdict {
        accept()
    }
}

export!(Attempt: outgoing::Offer, outgoing::Mail);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_started_where_offered() {
        assert_eq!(Attempt.offer(&testing::offering_host()), start_tls());
        assert_eq!(Attempt.offer(&testing::clear_host()), stay_clear());
    }

    #[test]
    fn mail_is_sent_clear_and_encrypted() {
        let failed = testing::offering_host().tls_failure("handshake failure");
        for host in [testing::clear_host(), testing::encrypted_host(), failed] {
            assert_eq!(Attempt.mail(&host, &testing::mail()), accept());
        }
    }
}
