//! Mail from and to certain domains crosses encrypted connections only, whatever the domain table
//! says of them; and what says that it is theirs must be theirs.

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

impl incoming::Message for Filter {
    fn message(&self, _: &Client, message: &Message) -> incoming::message::Verdict {
        let domain = message.from_domain();
        if !self.domains.contains(&domain) {
            return no_opinion();
        }
        match message.dmarc().as_str() {
            // The log, the queue and later filters show it.
            "pass" => accept_changed(Edits::new().tag("partner", domain)),
            "temperror" => {
                defer("4.7.1", format!("Whether this is mail of {domain} cannot be found out now"))
            }
            // It waits for an operator's word: `waxseal quarantine list`.
            _ => quarantine(format!("It says that it is mail of {domain}, and nothing proves it")),
        }
    }
}

impl outgoing::Offer for Filter {
    fn offer(&self, host: &Host) -> outgoing::offer::Verdict {
        // The relay itself holds this floor from then on, in every later hook and in a fallback.
        if self.domains.contains(&host.domain()) { require(Floor::Encrypted) } else { no_opinion() }
    }
}

export!(Filter: incoming::Mail, incoming::Message, outgoing::Offer);

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
    fn what_says_that_it_is_theirs_is_theirs_or_waits() {
        let asked = |message: &Message| filter().message(&testing::clear_client(), message);
        let partner = || testing::message().from_domain("partner.example");
        assert_eq!(asked(&partner()), accept_changed(Edits::new().tag("partner", "partner.example")));
        assert_eq!(asked(&partner().dmarc("fail")).word(), "quarantine");
        assert_eq!(asked(&partner().dmarc("temperror")).code(), Some("4.7.1"));
    }

    #[test]
    fn mail_to_the_domains_goes_out_encrypted() {
        let partner = testing::offering_host().domain("partner.example");
        assert_eq!(filter().offer(&partner), require(Floor::Encrypted));
    }

    #[test]
    fn other_domains_are_none_of_its_business() {
        assert_eq!(filter().mail(&testing::clear_client(), &testing::mail()), no_opinion());
        assert_eq!(filter().message(&testing::clear_client(), &testing::message()), no_opinion());
        assert_eq!(filter().offer(&testing::clear_host()), no_opinion());
    }
}
