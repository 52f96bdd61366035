//! From whom, to whom, about what, when: what the fields that people see say.

use jiff::Timestamp;

use super::{HeaderSection, decoded};
use crate::smtp::address::Mailbox;

/// An address in a header field, with the name that stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name, decoded; none where there is none.
    pub name: Option<String>,
    /// The address, as it was written; it need not be one.
    pub address: String,
}

impl Person {
    /// The domain of the address, in the form in which the table has it; `None` where there is none.
    pub fn domain(&self) -> Option<String> {
        Mailbox::parse(&self.address).ok()?.lookup_domain()
    }
}

impl HeaderSection {
    /// The addresses in all fields of a name, from the top, groups dissolved.
    pub fn people(&self, name: &str) -> Vec<Person> {
        let mut people = Vec::new();
        for field in self.all(name) {
            let addresses = decoded::addresses(&field.unfolded());
            for each in addresses.iter().flat_map(|addresses| addresses.iter()) {
                let name = each.name.as_deref().map(decoded::one_line).filter(|name| !name.is_empty());
                let Some(address) = each.address.as_deref() else { continue };
                people.push(Person { name, address: decoded::one_line(address) });
            }
        }
        people
    }

    /// The authors: the addresses of all From fields. There should be one field, and forgeries have two.
    pub fn authors(&self) -> Vec<Person> {
        self.people("from")
    }

    /// The domain of the author, if all authors are of one.
    pub fn author_domain(&self) -> Option<String> {
        let mut domains: Vec<Option<String>> = self.authors().iter().map(Person::domain).collect();
        domains.sort();
        domains.dedup();
        match domains.as_slice() {
            [domain] => domain.clone(),
            _ => None,
        }
    }

    /// The subject, decoded; empty where there is none.
    pub fn subject(&self) -> String {
        self.first("subject").map(|field| field.text()).unwrap_or_default()
    }

    /// When it was written, if that can be read.
    pub fn date(&self) -> Option<Timestamp> {
        let date = decoded::date(&self.first("date")?.unfolded())?;
        Timestamp::from_second(date.to_timestamp()).ok()
    }

    /// The Message-ID without its brackets, if there is one.
    pub fn message_id(&self) -> Option<String> {
        let text = self.first("message-id")?.text();
        let id = text
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'))
            .map_or(text.as_str(), |(id, _)| id);
        Some(id.trim().to_owned()).filter(|id| !id.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn section(text: &str) -> HeaderSection {
        HeaderSection::parse(&Bytes::from(text.to_owned()))
    }

    #[test]
    fn people_have_names_and_addresses() {
        let section = section(
            "From: =?utf-8?q?J=C3=B6rg?= <j@Example.ORG>\r\nTo: a@x.example, \"B, C\" <b@y.example>,\r\n team: c@z.example;\r\n",
        );
        let from = section.authors();
        assert_eq!(from, [Person { name: Some("Jörg".into()), address: "j@Example.ORG".into() }]);
        assert_eq!(section.author_domain().as_deref(), Some("example.org"));
        let to: Vec<_> = section.people("to").into_iter().map(|person| person.address).collect();
        assert_eq!(to, ["a@x.example", "b@y.example", "c@z.example"]);
    }

    #[test]
    fn authors_of_several_domains_have_none_in_common() {
        let two = section("From: a@one.example\r\nFrom: b@two.example\r\n");
        assert_eq!(two.authors().len(), 2);
        assert_eq!(two.author_domain(), None);
        assert_eq!(
            section("From: a@x.example, b@x.example\r\n").author_domain().as_deref(),
            Some("x.example")
        );
        assert_eq!(section("From: nobody\r\n").author_domain(), None);
        assert_eq!(section("Subject: x\r\n").author_domain(), None);
    }

    #[test]
    fn subject_date_and_id_are_read() {
        let section = section(
            "Subject: =?iso-8859-1?q?caf=E9?=\r\nDate: Sat, 28 Nov 2026 07:00:00 +0100\r\nMessage-ID: (c) <a@b>\r\n",
        );
        assert_eq!(section.subject(), "café");
        assert_eq!(section.date().unwrap().to_string(), "2026-11-28T06:00:00Z");
        assert_eq!(section.message_id().as_deref(), Some("a@b"));
    }
}
