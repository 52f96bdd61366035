//! Fields that claim to be ours and came from outside, RFC 8601 section 5.

use std::ops::Range;

use super::NAME;
use super::lexer::authserv_id;
use crate::config;
use crate::message::headers::HeaderSection;

/// Where in the message the Authentication-Results fields are that have our authserv-id, of whatever version, from the top.
///
/// Of a field that cannot be read it is enough that our id stands in it: a reader that is more lenient than the RFC
/// must not find it.
pub fn forged(section: &HeaderSection, id: &str) -> Vec<Range<u64>> {
    let forged = section.all(NAME).filter(|field| claims(field.value(), id));
    forged.map(|field| field.range()).collect()
}

fn claims(value: &[u8], id: &str) -> bool {
    match authserv_id(value) {
        Some(claimed) => {
            let claimed: String = claimed.split_whitespace().collect();
            config::domain_of(&claimed) == config::domain_of(id)
        }
        None => {
            let text: Vec<u8> = value.iter().filter(|octet| !octet.is_ascii_whitespace()).copied().collect();
            String::from_utf8_lossy(&text).to_ascii_lowercase().contains(&id.to_ascii_lowercase())
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::message::headers::Field;

    /// The numbers of those that are removed, from 1.
    fn removed(fields: &[&str]) -> Vec<usize> {
        let head: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let section = HeaderSection::parse(&Bytes::from(head + "\r\n"));
        let forged = forged(&section, "mx.example.org");
        let is_forged = |(field, _): &(Field<'_>, usize)| forged.contains(&field.range());
        section.fields().zip(1..).filter(is_forged).map(|(_, number)| number).collect()
    }

    #[test]
    fn ours_go_and_others_stay() {
        let fields = [
            "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=bank.example",
            "From: Authentication-Results: mx.example.org",
            "Authentication-Results: mx.example.net; spf=pass",
            "authentication-RESULTS : (x) MX.Example.ORG 1; dkim=pass",
            "Authentication-Results: \"mx.example.org\"\r\n 99; none",
            "Authentication-Results: other.mx.example.org; none",
            "ARC-Authentication-Results: i=1; mx.example.org; none",
        ];
        assert_eq!(removed(&fields), [1, 4, 5]);
    }

    #[test]
    fn what_cannot_be_read_and_names_us_goes_too() {
        assert_eq!(removed(&["Authentication-Results: (mx.example.org; spf=pass"]), [1]);
        assert_eq!(removed(&["Authentication-Results: \"mx.exam\r\n ple.org; spf=pass"]), [1]);
        assert_eq!(removed(&["Authentication-Results: (; mx.example.org"]), [1]);
        let deep = format!(
            "Authentication-Results: {}; {} mx.example.org; dkim=pass",
            "(".repeat(33),
            ")".repeat(33)
        );
        assert_eq!(removed(&[&deep]), [1]);
        assert_eq!(removed(&["Authentication-Results: (; mx.example.net"]), [0; 0]);
    }
}
