//! SPF, RFC 7208.

use mail_auth::spf::verify::SpfParameters;
use mail_auth::{MessageAuthenticator, Parameters, SpfResult};

use super::super::results::clean;
use super::super::{Identity, Origin, Spf, Word};
use super::asked::Asked;
use super::{records, terms};
use crate::config;

/// Whether the client may send for the sender's domain; for an empty reverse-path, for its own.
pub(in super::super) async fn spf(
    library: &MessageAuthenticator,
    origin: &Origin<'_>,
    hostname: &str,
) -> Spf {
    let (identity, domain) = subject(origin);
    let Some(domain) = domain else {
        let reason = "there is no domain to look at".to_owned();
        return Spf {
            result: Word::None,
            identity,
            domain: String::new(),
            explanation: String::new(),
            reason,
        };
    };
    let ehlo = config::domain_of(origin.ehlo);
    let sender = match origin.sender.rsplit_once('@') {
        Some((local, _)) => format!("{local}@{domain}"),
        None => format!("postmaster@{domain}"),
    };
    let parameters = SpfParameters::verify_mail_from(origin.client, &ehlo, hostname, &sender);
    let asked = Asked::default();
    let parameters = Parameters::new(parameters)
        .with_txt_cache(&asked.texts)
        .with_mx_cache(&asked.hosts)
        .with_ipv4_cache(&asked.four)
        .with_ipv6_cache(&asked.six);
    let output = library.verify_spf(parameters).await;
    let broken = broken(library, &asked).await;
    let (result, reason) = broken.map_or_else(|| word(output.result()), |reason| (Word::PermError, reason));
    let explanation = if result == Word::Fail { output.explanation().map(clean) } else { None };
    Spf { result, identity, domain, explanation: explanation.unwrap_or_default(), reason: reason.to_owned() }
}

/// Whose domain is looked at, and which it is: `None` where it cannot have a record (RFC 7208 section 4.3).
pub(super) fn subject(origin: &Origin<'_>) -> (Identity, Option<String>) {
    let (identity, domain) = match origin.sender.rsplit_once('@') {
        Some((_, domain)) => (Identity::MailFrom, domain),
        None => (Identity::Helo, origin.ehlo),
    };
    (identity, config::domain(domain).ok().filter(|domain| domain.contains('.')))
}

/// What makes the records an error that the library has passed over. It asks for records in the order in which they
/// count, so each of them does.
async fn broken(library: &MessageAuthenticator, asked: &Asked) -> Option<&'static str> {
    for name in asked.texts() {
        let records = records::beginning_with(&library.0, &name, "v=spf1").await;
        match records.as_slice() {
            [] => {}
            [record] if terms::are_well_formed(record) => {}
            [_] => return Some("a record has a term that is none"),
            _ => return Some("a domain has more than one record"),
        }
    }
    asked.is_void().then_some("too many names that it asks for do not exist")
}

fn word(result: SpfResult) -> (Word, &'static str) {
    match result {
        SpfResult::Pass => (Word::Pass, ""),
        SpfResult::Fail => (Word::Fail, ""),
        SpfResult::SoftFail => (Word::SoftFail, ""),
        SpfResult::Neutral => (Word::Neutral, ""),
        SpfResult::TempError => (Word::TempError, "a name could not be looked up"),
        SpfResult::PermError => {
            (Word::PermError, "a record cannot be understood, or asks for too many lookups")
        }
        SpfResult::None => (Word::None, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject_of(ehlo: &str, sender: &str) -> (Identity, Option<String>) {
        subject(&Origin { client: "192.0.2.1".parse().unwrap(), ehlo, sender })
    }

    #[test]
    fn an_empty_reverse_path_has_the_domain_of_ehlo() {
        assert_eq!(subject_of("mx.example.org", ""), (Identity::Helo, Some("mx.example.org".to_owned())));
        assert_eq!(
            subject_of("mx.example.org", "a@b@B\u{fc}cher.example"),
            (Identity::MailFrom, Some("xn--bcher-kva.example".to_owned()))
        );
    }

    #[test]
    fn what_is_no_domain_is_not_looked_up() {
        for ehlo in ["[192.0.2.1]", "localhost", "a b", ""] {
            assert_eq!(subject_of(ehlo, ""), (Identity::Helo, None), "{ehlo}");
        }
        assert_eq!(subject_of("mx.example.org", "a@[192.0.2.1]"), (Identity::MailFrom, None));
    }
}
