//! incoming/require_verified: Take mail over encrypted connections only,
//! from clients that prove with a certificate who they are.
//!
//! The client's certificate must lead to a trusted root, and name the sender's
//! domain, a name below it, or one of the `names` of the row. Our own
//! certificate must be one that others can validate: if it is not, that is our
//! fault, so the mail is put off and not refused.

use serde::Deserialize;
use waxseal_sdk::prelude::*;

#[derive(Deserialize)]
struct RequireVerified;

impl incoming::Offer for RequireVerified {
    fn offer(&self, _: &Client) -> incoming::offer::Verdict {
        advertise()
    }
}

// Asked after the handshake, and again at MAIL FROM. Only then is the sender's
// domain known, against which the name is checked.
impl incoming::Certificate for RequireVerified {
    fn certificate(&self, client: &Client, certificate: &Certificate) -> incoming::certificate::Verdict {
        if !is_sound(certificate) {
            return refuse(
                "5.7.5",
                format!("Your certificate cannot be validated: {}", certificate.problem()),
            );
        }
        if !client.at_mail() {
            return accept();
        }
        if client.sender_domain().is_empty() && client.row().names().is_empty() {
            return refuse("5.7.5", "The empty sender has no domain that your certificate could name");
        }
        if !certificate.name_matches() {
            return refuse("5.7.5", "Your certificate does not name the domain of the sender");
        }
        // The name was the last thing unknown: what is still wrong is a date on the way to the root.
        if !certificate.verified() {
            return refuse(
                "5.7.5",
                format!("Your certificate cannot be validated: {}", certificate.problem()),
            );
        }
        accept()
    }
}

impl incoming::Mail for RequireVerified {
    fn mail(&self, client: &Client, _: &Mail) -> incoming::mail::Verdict {
        if !client.encrypted() {
            return refuse("5.7.0", "Must issue a STARTTLS command first");
        }
        let own = client.own_certificate();
        if !own.verified() {
            alarm!("others cannot validate our certificate: {}", own.problem());
            return defer("4.7.5", format!("Our own certificate cannot be validated: {}", own.problem()));
        }
        accept()
    }
}

export!(RequireVerified: incoming::Offer, incoming::Certificate, incoming::Mail);

// Everything but the name.
fn is_sound(certificate: &Certificate) -> bool {
    certificate.presented()
        && certificate.possession()
        && certificate.trusted()
        && !certificate.expired()
        && !certificate.not_yet_valid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_mail_is_refused() {
        let client = testing::clear_client();
        assert_eq!(RequireVerified.offer(&client), advertise());
        let no = refuse("5.7.0", "Must issue a STARTTLS command first");
        assert_eq!(RequireVerified.mail(&client, &testing::mail()), no);
    }

    #[test]
    fn a_valid_certificate_is_taken() {
        for at_mail in [false, true] {
            let client = testing::encrypted_client().at_mail(at_mail);
            assert_eq!(RequireVerified.certificate(&client, &testing::certificate()), accept());
            assert_eq!(RequireVerified.mail(&client, &testing::mail()), accept());
        }
    }

    #[test]
    fn what_cannot_be_validated_is_refused() {
        let wrong = [
            testing::no_certificate(),
            testing::expired_certificate(),
            testing::not_yet_valid_certificate(),
            testing::unknown_root_certificate(),
            testing::self_signed_certificate(),
            testing::certificate().possession(false),
        ];
        for certificate in wrong {
            for at_mail in [false, true] {
                let client = testing::encrypted_client().at_mail(at_mail);
                let problem = (*certificate).problem();
                let no = refuse("5.7.5", format!("Your certificate cannot be validated: {problem}"));
                assert_eq!(RequireVerified.certificate(&client, &certificate), no);
            }
        }
    }

    #[test]
    fn an_expired_certificate_on_the_way_to_the_root_is_refused_at_mail() {
        let problem = "a certificate of the chain has expired";
        let beneath = testing::certificate().verified(false).problem(problem);
        let no = refuse("5.7.5", format!("Your certificate cannot be validated: {problem}"));
        assert_eq!(RequireVerified.certificate(&testing::encrypted_client(), &beneath), no);
    }

    #[test]
    fn the_name_is_checked_at_mail_only() {
        let client = testing::encrypted_client();
        let wrong = testing::wrong_name_certificate();
        let no = refuse("5.7.5", "Your certificate does not name the domain of the sender");
        assert_eq!(RequireVerified.certificate(&client, &wrong), no);
        assert_eq!(RequireVerified.certificate(&client.at_mail(false), &wrong), accept());
    }

    #[test]
    fn the_empty_sender_needs_a_name_of_the_row() {
        let client = testing::encrypted_client().sender_domain("");
        let no = refuse("5.7.5", "The empty sender has no domain that your certificate could name");
        assert_eq!(RequireVerified.certificate(&client, &testing::certificate()), no);
        let named = client.row(testing::row().names(["mx.example.org"]));
        assert_eq!(RequireVerified.certificate(&named, &testing::certificate()), accept());
        assert_eq!(RequireVerified.certificate(&named, &testing::wrong_name_certificate()).word(), "refuse");
    }

    #[test]
    fn mail_is_put_off_when_our_certificate_is_at_fault() {
        let client = testing::encrypted_client().own_certificate(testing::expired_certificate());
        let later = defer("4.7.5", "Our own certificate cannot be validated: the certificate has expired");
        assert_eq!(RequireVerified.mail(&client, &testing::mail()), later);
        assert_eq!(
            testing::alarms(),
            ["others cannot validate our certificate: the certificate has expired"]
        );
    }
}
