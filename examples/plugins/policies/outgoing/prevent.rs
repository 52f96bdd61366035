//! outgoing/prevent: Never encrypt, even where the host offers it.
//!
//! For hosts whose TLS is broken. Say in the row why, and until when:
//! `"legacy.example" prevent because "breaks on STARTTLS" until "2027-06-30"`

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct Prevent;

impl outgoing::Offer for Prevent {
    fn offer(&self, _: &Host) -> outgoing::offer::Verdict {
        stay_clear()
    }
}

impl outgoing::Mail for Prevent {
    fn mail(&self, _: &Host, _: &Mail) -> outgoing::mail::Verdict {
        accept()
    }
}

export!(Prevent: outgoing::Offer, outgoing::Mail);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_never_started() {
        for host in [testing::clear_host(), testing::offering_host()] {
            assert_eq!(Prevent.offer(&host), stay_clear());
            assert_eq!(Prevent.mail(&host, &testing::mail()), accept());
        }
    }
}
