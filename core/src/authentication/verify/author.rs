//! Who wrote a message, by its From field (RFC 5322 section 3.6.2).

use super::super::Word;
use super::Message;
use crate::config;

/// Where no author can be told: what that makes of DMARC, and why.
pub(in super::super) type NoAuthor = (Word, &'static str);

const NO_ADDRESS: NoAuthor = (Word::PermError, "the From field has no address with a domain");

impl Message<'_> {
    /// The author's domain, lower-case A-labels.
    ///
    /// Readers show one From field or one address of several, and differ in which: only where there is no choice
    /// it says who the author is.
    pub(in super::super) fn author(&self) -> Result<String, NoAuthor> {
        match self.section.all("From").count() {
            1 => {}
            0 => return Err((Word::PermError, "there is no From field (RFC 5322 section 3.6)")),
            _ => return Err((Word::PermError, "there is more than one From field (RFC 5322 section 3.6)")),
        }
        let domain = |address: &String| config::domain(address.rsplit_once('@')?.1).ok();
        let domains: Option<Vec<String>> = self.parsed.from.iter().map(domain).collect();
        match domains.unwrap_or_default().split_first() {
            None => Err(NO_ADDRESS),
            Some((first, others)) if others.iter().all(|other| other == first) => Ok(first.clone()),
            Some(_) => Err((Word::None, "the From field names several domains (RFC 9989 section 5.3.1)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::message::headers::HeaderSection;

    fn author(head: &str) -> Result<String, NoAuthor> {
        let section = HeaderSection::parse(&Bytes::from(format!("{head}\r\n")));
        Message::unhashed(&section).author()
    }

    #[test]
    fn one_address_is_the_author() {
        assert_eq!(author("From: \"a@bank.example\" <b@Example.ORG>\r\n").as_deref(), Ok("example.org"));
        assert_eq!(author("From: a@example.org, b@example.org\r\n").as_deref(), Ok("example.org"));
        assert_eq!(author("from : a@b\u{fc}cher.example\r\n").as_deref(), Ok("xn--bcher-kva.example"));
    }

    #[test]
    fn where_readers_differ_there_is_none() {
        let result = |head| author(head).unwrap_err().0;
        assert_eq!(result("To: a@example.org\r\n"), Word::PermError);
        assert_eq!(result("From: a@example.org\r\nFrom: a@example.org\r\n"), Word::PermError);
        assert_eq!(result("From: nobody\r\n"), Word::PermError);
        assert_eq!(result("From: a@example.org, b@example.com\r\n"), Word::None);
    }
}
