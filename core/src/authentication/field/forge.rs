//! Fields that claim to be ours and came from outside, RFC 8601 section 5.

use waxseal_plugins::verdicts::Edit;

use super::NAME;
use super::lexer::authserv_id;
use crate::config;
use crate::message::headers::HeaderSection;

/// The edits that remove each Authentication-Results field which has our authserv-id, of whatever version, from the
/// bottom up: so the numbers of those that are still there stay right.
///
/// Of a field that cannot be read it is enough that our id stands in it before the first result: a reader that
/// is more lenient than the RFC must not find it.
pub fn forged(section: &HeaderSection, id: &str) -> Vec<Edit> {
    let numbered = section.all(NAME).zip(1..);
    let forged = numbered.filter(|(field, _)| claims(field.value(), id));
    let remove = |(_, occurrence)| Edit::RemoveHeader { name: NAME.to_owned(), occurrence: Some(occurrence) };
    let mut edits: Vec<_> = forged.map(remove).collect();
    edits.reverse();
    edits
}

fn claims(value: &[u8], id: &str) -> bool {
    match authserv_id(value) {
        Some(claimed) => {
            let claimed: String = claimed.split_whitespace().collect();
            config::domain_of(&claimed) == config::domain_of(id)
        }
        None => {
            let head = value.split(|octet| *octet == b';').next().unwrap_or_default();
            let head: Vec<u8> = head.iter().filter(|octet| !octet.is_ascii_whitespace()).copied().collect();
            String::from_utf8_lossy(&head).to_ascii_lowercase().contains(&id.to_ascii_lowercase())
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn removed(fields: &[&str]) -> Vec<u32> {
        let head: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let section = HeaderSection::parse(&Bytes::from(head + "\r\n"));
        let number = |edit: Edit| match edit {
            Edit::RemoveHeader { name, occurrence } if name == NAME => occurrence.unwrap(),
            other => panic!("{other:?}"),
        };
        forged(&section, "mx.example.org").into_iter().map(number).collect()
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
        assert_eq!(removed(&fields), [4, 3, 1]);
    }

    #[test]
    fn what_cannot_be_read_and_names_us_goes_too() {
        assert_eq!(removed(&["Authentication-Results: (mx.example.org; spf=pass"]), [1]);
        assert_eq!(removed(&["Authentication-Results: \"mx.exam\r\n ple.org; spf=pass"]), [1]);
        assert_eq!(removed(&["Authentication-Results: (; mx.example.org"]), [0; 0]);
    }
}
