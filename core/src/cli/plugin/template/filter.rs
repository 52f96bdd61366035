//! Mail from and to certain domains crosses encrypted connections only, whatever the domain table
//! says of them.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

/// What the `.toml` beside the plugin says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// The domains, in lower case.
    domains: Vec<String>,
}

impl incoming::Mail for Filter {
    fn mail(&self, client: &Client, mail: &Mail) -> incoming::mail::Verdict {
        let domain = mail.sender_domain();
        if client.encrypted() || !self.domains.contains(&domain) {
            return no_opinion();
        }
        refuse("5.7.0", format!("Mail from {domain} is taken over encrypted connections only"))
    }
}

impl outgoing::Offer for Filter {
    fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
        // The relay itself holds this floor from then on, in every later hook and in a fallback.
        if self.domains.contains(&host.domain()) { require(Floor::Encrypted) } else { no_opinion() }
    }
}

export!(Filter: incoming::Mail, outgoing::Offer);

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> Filter {
        testing::configured(r#"domains = ["partner.example"]"#).unwrap()
    }

    #[test]
    fn mail_of_the_domains_comes_in_encrypted() {
        let partner = testing::mail().sender_domain("partner.example");
        assert_eq!(filter().mail(&testing::encrypted_client(), &partner), no_opinion());
        assert_eq!(filter().mail(&testing::clear_client(), &partner).code(), Some("5.7.0"));
    }

    #[test]
    fn mail_to_the_domains_goes_out_encrypted() {
        let partner = testing::offering_host().domain("partner.example");
        assert_eq!(filter().offer(&partner), require(Floor::Encrypted));
    }

    #[test]
    fn other_domains_are_none_of_its_business() {
        assert_eq!(filter().mail(&testing::clear_client(), &testing::mail()), no_opinion());
        assert_eq!(filter().offer(&testing::clear_host()), no_opinion());
    }
}
