//! Mail comes in over encrypted connections only. Until that is enforced, mail in clear is let in and
//! counted, so that it is known beforehand whom it will hit.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

/// What the `.toml` beside the plugin says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    /// Whether mail in clear is refused.
    enforce: bool,
}

impl incoming::Mail for Policy {
    fn mail(&self, client: &Client, mail: &Mail) -> incoming::mail::Verdict {
        if client.encrypted() {
            return accept();
        }
        counters::add("in_clear", 1);
        if self.enforce {
            return refuse("5.7.0", "Must issue a STARTTLS command first");
        }
        log!("{} sends mail of {} in clear", client.address(), mail.sender());
        accept()
    }
}

export!(Policy: incoming::Mail);

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        testing::configured(text).unwrap()
    }

    #[test]
    fn encrypted_mail_comes_in() {
        let verdict = policy("enforce = true").mail(&testing::encrypted_client(), &testing::mail());
        assert_eq!(verdict, accept());
        assert_eq!(testing::counted("in_clear"), 0);
    }

    #[test]
    fn mail_in_clear_is_let_in_and_counted_while_we_learn() {
        let verdict = policy("enforce = false").mail(&testing::clear_client(), &testing::mail());
        assert_eq!(verdict, accept());
        assert_eq!(testing::counted("in_clear"), 1);
        assert_eq!(testing::logged(), ["192.0.2.25 sends mail of alice@example.com in clear"]);
    }

    #[test]
    fn mail_in_clear_is_refused_then() {
        let verdict = policy("enforce = true").mail(&testing::clear_client(), &testing::mail());
        assert_eq!(verdict, refuse("5.7.0", "Must issue a STARTTLS command first"));
    }
}
