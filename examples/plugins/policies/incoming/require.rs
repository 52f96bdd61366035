//! incoming/require: Take mail over encrypted connections only.
//!
//! Whether others can validate our own certificate is logged; it does not stop
//! the mail, and no certificate is asked of the client.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct Require;

impl incoming::Offer for Require {
    fn offer(&self, _: &Client) -> incoming::offer::Verdict {
        advertise()
    }
}

impl incoming::Mail for Require {
    fn mail(&self, client: &Client, _: &Mail) -> incoming::mail::Verdict {
        if !client.encrypted() {
            return refuse("5.7.0", "Must issue a STARTTLS command first");
        }
        let own = client.own_certificate();
        if !own.verified() {
            log!("others cannot validate our certificate: {}", own.problem());
        }
        accept()
    }
}

export!(Require: incoming::Offer, incoming::Mail);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_mail_is_refused() {
        let client = testing::clear_client();
        assert_eq!(Require.offer(&client), advertise());
        let no = refuse("5.7.0", "Must issue a STARTTLS command first");
        assert_eq!(Require.mail(&client, &testing::mail()), no);
    }

    #[test]
    fn encrypted_mail_is_taken_whatever_our_certificate() {
        let client = testing::encrypted_client();
        assert_eq!(Require.mail(&client, &testing::mail()), accept());
        assert!(testing::logged().is_empty());
        let expired = client.own_certificate(testing::expired_certificate());
        assert_eq!(Require.mail(&expired, &testing::mail()), accept());
        assert_eq!(
            testing::logged(),
            ["others cannot validate our certificate: the certificate has expired"]
        );
    }
}
