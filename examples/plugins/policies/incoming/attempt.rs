//! incoming/attempt: Encrypt where the other side can, take the mail anyhow.
//!
//! A client whose handshake with us failed within the last hour is not offered
//! TLS again for that hour: many clients would try again in the same way for
//! ever, and their mail would never arrive. A success ends this at once.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct Attempt;

impl incoming::Offer for Attempt {
    fn offer(&self, client: &Client) -> incoming::offer::Verdict {
        if client.recent_failures() > 0 { withhold() } else { advertise() }
    }
}

impl incoming::Mail for Attempt {
    fn mail(&self, _: &Client, _: &Mail) -> incoming::mail::Verdict {
        accept()
    }
}

export!(Attempt: incoming::Offer, incoming::Mail);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_offered_but_not_again_after_a_failure() {
        let client = testing::clear_client();
        assert_eq!(Attempt.offer(&client), advertise());
        let failed = client.recent_failures(1).tls_failure("no common cipher suite");
        assert_eq!(Attempt.offer(&failed), withhold());
    }

    #[test]
    fn mail_is_taken_clear_and_encrypted() {
        for client in [testing::clear_client(), testing::encrypted_client()] {
            assert_eq!(Attempt.mail(&client, &testing::mail()), accept());
        }
    }
}
