//! Whom somebody follows: an address, a network, a domain, a mailbox, a message.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Event, What};
use crate::config;
use crate::smtp::address::{ForwardPath, Mailbox, ReversePath};
use crate::smtp::command::Command;

/// Whom somebody follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    /// Clients and hosts of these addresses.
    Network(IpNet),
    /// Senders and recipients of a domain, hosts of that name, clients that call themselves so;
    /// `*.domain` for all below it.
    Domain(String),
    /// A sender or recipient.
    Mailbox(String),
    /// A message, by its id.
    Message(Uuid),
}

impl Subject {
    /// Whether it is the subject of an event.
    pub fn is_in(&self, event: &Event) -> bool {
        match &event.what {
            What::Connected { client, .. } => self.is_address(client.ip()),
            What::Dialed { host, address, .. } | What::Reused { host, address } => {
                self.is_address(address.ip()) || self.is_domain(host)
            }
            What::Attempt(attempt) => {
                *self == Self::Message(attempt.id)
                    || self.is_domain(&attempt.domain)
                    || self.is_mailbox(&attempt.sender)
                    || attempt.recipients.iter().any(|recipient| self.is_mailbox(recipient))
            }
            What::Accepted { id, .. } => *self == Self::Message(*id),
            What::Client { text } => self.is_said(text),
            _ => false,
        }
    }

    /// Whether a command names it.
    fn is_said(&self, line: &str) -> bool {
        match Command::parse(line.as_bytes()) {
            Ok(Command::Ehlo(name) | Command::Helo(name)) => self.is_domain(&name),
            Ok(Command::Mail(mail)) => match &mail.sender {
                ReversePath::Mailbox(mailbox) => self.is_of(mailbox),
                ReversePath::Null => false,
            },
            Ok(Command::Rcpt(rcpt)) => match &rcpt.recipient {
                ForwardPath::Mailbox(mailbox) => self.is_of(mailbox),
                ForwardPath::Postmaster => false,
            },
            _ => false,
        }
    }

    fn is_mailbox(&self, address: &str) -> bool {
        Mailbox::parse(address).is_ok_and(|mailbox| self.is_of(&mailbox))
    }

    fn is_of(&self, mailbox: &Mailbox) -> bool {
        match self {
            Self::Mailbox(wanted) => wanted.eq_ignore_ascii_case(&mailbox.to_string()),
            Self::Domain(_) => self.is_domain(&mailbox.lookup_domain().unwrap_or_default()),
            _ => false,
        }
    }

    fn is_domain(&self, domain: &str) -> bool {
        matches!(self, Self::Domain(pattern) if config::covers(pattern, domain))
    }

    fn is_address(&self, address: IpAddr) -> bool {
        matches!(self, Self::Network(network) if network.contains(&address.to_canonical()))
    }
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Message(id));
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.to_canonical().into()));
        }
        let wanted = match text.contains('@') {
            true => Mailbox::parse(text).ok().map(|mailbox| Self::Mailbox(mailbox.to_string())),
            false => config::domain_pattern(text).ok().map(Self::Domain),
        };
        wanted.ok_or_else(|| {
            format!(
                "cannot be \"{text}\": write an address as \"192.0.2.1\", a network as \"192.0.2.0/24\", a domain as \
                 \"example.org\" or \"*.example.org\", a mailbox as \"a@example.org\", or a message's id"
            )
        })
    }
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.to_string()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Domain(text) | Self::Mailbox(text) => f.write_str(text),
            Self::Message(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use waxseal_plugins::hooks::Direction;

    use super::super::Attempt;
    use super::*;

    const ID: &str = "019ac8b1-0000-7000-8000-000000000001";

    fn event(what: What) -> Event {
        let (time, session) = (Timestamp::UNIX_EPOCH, "abc".to_owned());
        Event { time, session, direction: Direction::Incoming, what }
    }

    fn said(text: &str) -> Event {
        event(What::Client { text: text.to_owned() })
    }

    fn is_in(subject: &str, event: &Event) -> bool {
        subject.parse::<Subject>().unwrap().is_in(event)
    }

    #[test]
    fn commands_name_senders_and_recipients() {
        let (mail, rcpt) = (said("mail from:<Ann@Example.ORG> SIZE=1"), said("RCPT TO:<bob@b.example>"));
        for subject in ["example.org", "EXAMPLE.org", "ann@example.org"] {
            assert!(is_in(subject, &mail) && !is_in(subject, &rcpt), "{subject}");
        }
        for subject in ["b.example", "*.example", "bob@b.example"] {
            assert!(is_in(subject, &rcpt) && !is_in(subject, &mail), "{subject}");
        }
        assert!(is_in("mx.example", &said("EHLO mx.example")));
        assert!(!is_in("example.org", &said("MAIL FROM:<>")));
        assert!(!is_in("example.org", &said("NOOP example.org")));
    }

    #[test]
    fn clients_are_found_by_address_and_network() {
        let client = "[::ffff:192.0.2.9]:4025".parse().unwrap();
        let connected = event(What::Connected { client, listener: "192.0.2.1:25".parse().unwrap() });
        for subject in ["192.0.2.9", "192.0.2.0/24", "192.0.2.1/24"] {
            assert!(is_in(subject, &connected), "{subject}");
        }
        assert!(!is_in("192.0.2.1", &connected) && !is_in("2001:db8::/32", &connected));
    }

    #[test]
    fn attempts_are_found_by_message_envelope_and_host() {
        let attempt = event(What::Attempt(Box::new(Attempt {
            id: ID.parse().unwrap(),
            sender: "ann@example.org".to_owned(),
            domain: "b.example".to_owned(),
            recipients: vec!["bob@b.example".to_owned()],
            number: 1,
        })));
        for subject in [ID, "example.org", "ann@example.org", "b.example", "bob@b.example"] {
            assert!(is_in(subject, &attempt), "{subject}");
        }
        assert!(!is_in("c.example", &attempt));
        let (host, address) = ("mx.b.example".to_owned(), "192.0.2.7:25".parse().unwrap());
        let dialed = event(What::Dialed { host, address, took: 1, problem: None });
        assert!(
            is_in("mx.b.example", &dialed) && is_in("192.0.2.7", &dialed) && !is_in("b.example", &dialed)
        );
    }

    #[test]
    fn what_is_no_subject_is_told_what_would_be_right() {
        let error = "a b".parse::<Subject>().unwrap_err();
        assert!(error.contains("\"a b\"") && error.contains("*.example.org"), "{error}");
    }

    proptest! {
        #[test]
        fn a_subject_is_read_as_it_is_written(text in "[a-z0-9@:.*/-]{1,30}") {
            if let Ok(subject) = text.parse::<Subject>() {
                prop_assert_eq!(subject.to_string().parse::<Subject>(), Ok(subject));
            }
        }
    }
}
