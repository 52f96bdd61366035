//! A line of the decision log, read back: what the hook was told, and what it answered.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::error::Category;
use waxseal_plugins::facts::{Certificate, Client, Handshake, Hello, Host, Mail, Message, Recipient, Row};
use waxseal_plugins::hooks::{Direction, HookName};
use waxseal_plugins::verdicts::{Demands, Stand};

use super::Unjudged;
use super::answer::Answer;
use super::message::{Change, Recorded};

/// A decision as it was recorded.
#[derive(Debug)]
pub(super) struct Line {
    /// When, and of whom.
    pub(super) about: About,
    /// What was answered.
    pub(super) answer: Answer,
    /// What was asked.
    pub(super) question: Question,
}

/// When a decision was taken, and of whom.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) time: Timestamp,
    pub(super) session: String,
    pub(super) peer: String,
    pub(super) domain: String,
}

/// A hook, with what it was told.
#[derive(Clone, Debug)]
pub(super) enum Question {
    Incoming(Arc<Client>, AtClient),
    Outgoing(Arc<Host>, AtHost),
}

/// The hooks of incoming connections, with what is new at each.
#[derive(Clone, Debug)]
pub(super) enum AtClient {
    Connect,
    Ehlo,
    Offer,
    Start,
    Cipher(Arc<Hello>),
    Certificate(Arc<Certificate>),
    Mail(Arc<Mail>),
    Rcpt(Arc<Recipient>),
    Message(Arc<Recorded>),
}

/// The hooks of outgoing connections, likewise.
#[derive(Clone, Debug)]
pub(super) enum AtHost {
    Route(Arc<Mail>),
    Offer,
    Start,
    Cipher(Arc<Handshake>),
    Certificate(Arc<Certificate>),
    Mail(Arc<Mail>),
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// It is no record, or one of another version.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Unjudged> {
        let written: Written = serde_json::from_slice(line).map_err(|error| match error.classify() {
            Category::Data => Unjudged::AnotherVersion,
            Category::Io | Category::Syntax | Category::Eof => Unjudged::Torn,
        })?;
        written.read().ok_or(Unjudged::AnotherVersion)
    }
}

impl Question {
    /// Its direction and its hook.
    pub(super) fn hook(&self) -> (Direction, HookName) {
        match self {
            Self::Incoming(_, at) => (Direction::Incoming, at.hook()),
            Self::Outgoing(_, at) => (Direction::Outgoing, at.hook()),
        }
    }
}

impl AtClient {
    /// Whether it comes after MAIL FROM: it is asked with the row that decided there.
    pub(super) fn is_after_mail(&self) -> bool {
        matches!(self, Self::Rcpt(_) | Self::Message(_))
    }

    fn hook(&self) -> HookName {
        match self {
            Self::Connect => HookName::Connect,
            Self::Ehlo => HookName::Ehlo,
            Self::Offer => HookName::Offer,
            Self::Start => HookName::Start,
            Self::Cipher(_) => HookName::Cipher,
            Self::Certificate(_) => HookName::Certificate,
            Self::Mail(_) => HookName::Mail,
            Self::Rcpt(_) => HookName::Rcpt,
            Self::Message(_) => HookName::Message,
        }
    }
}

impl AtHost {
    fn hook(&self) -> HookName {
        match self {
            Self::Route(_) => HookName::Route,
            Self::Offer => HookName::Offer,
            Self::Start => HookName::Start,
            Self::Cipher(_) => HookName::Cipher,
            Self::Certificate(_) => HookName::Certificate,
            Self::Mail(_) => HookName::Mail,
        }
    }
}

/// The members of a record that are read; others are passed over.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    session: String,
    #[serde(borrow)]
    direction: Cow<'a, str>,
    #[serde(borrow)]
    hook: Cow<'a, str>,
    peer: String,
    domain: String,
    #[serde(borrow)]
    verdict: Cow<'a, str>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    demands: Demands,
    #[serde(default)]
    changes: Vec<Change>,
    unread: Option<Vec<String>>,
    decided_by: String,
    facts: Facts,
}

/// What the hook was told. What is left out is false, 0 or empty; what nobody knows is of another
/// version.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Facts {
    client: Option<Arc<Client>>,
    host: Option<Arc<Host>>,
    hello: Option<Arc<Hello>>,
    handshake: Option<Arc<Handshake>>,
    certificate: Option<Arc<Certificate>>,
    mail: Option<Arc<Mail>>,
    recipient: Option<Arc<Recipient>>,
    message: Option<Arc<Message>>,
}

impl Written<'_> {
    fn read(self) -> Option<Line> {
        let time = self.time.parse().ok()?;
        let hook = HookName::from_word(&self.hook)?;
        let question = match &*self.direction {
            "incoming" => self.facts.incoming(hook, self.unread)?,
            "outgoing" => self.facts.outgoing(hook)?,
            _ => return None,
        };
        let row: Arc<Row> = match &question {
            Question::Incoming(client, _) => Arc::clone(&client.row),
            Question::Outgoing(host, _) => Arc::clone(&host.row),
        };
        let (word, stand) = Stand::of_word(&self.verdict)?;
        let (demands, reason, place) = (self.demands, self.reason, self.decided_by);
        let edits = self.changes.into_iter().map(|change| change.edit).collect();
        Some(Line {
            about: About { time, session: self.session, peer: self.peer, domain: self.domain },
            answer: Answer { word, stand, demands, edits, reason, place, row },
            question,
        })
    }
}

impl Facts {
    /// A message of which is not said what was found out is of another version.
    fn incoming(self, hook: HookName, unread: Option<Vec<String>>) -> Option<Question> {
        let at = match hook {
            HookName::Connect => AtClient::Connect,
            HookName::Ehlo => AtClient::Ehlo,
            HookName::Offer => AtClient::Offer,
            HookName::Start => AtClient::Start,
            HookName::Cipher => AtClient::Cipher(self.hello?),
            HookName::Certificate => AtClient::Certificate(self.certificate?),
            HookName::Mail => AtClient::Mail(self.mail?),
            HookName::Rcpt => AtClient::Rcpt(self.recipient?),
            HookName::Message => {
                AtClient::Message(Arc::new(Recorded { message: self.message?, unread: unread? }))
            }
            _ => return None,
        };
        Some(Question::Incoming(self.client?, at))
    }

    fn outgoing(self, hook: HookName) -> Option<Question> {
        let at = match hook {
            HookName::Route => AtHost::Route(self.mail?),
            HookName::Offer => AtHost::Offer,
            HookName::Start => AtHost::Start,
            HookName::Cipher => AtHost::Cipher(self.handshake?),
            HookName::Certificate => AtHost::Certificate(self.certificate?),
            HookName::Mail => AtHost::Mail(self.mail?),
            _ => return None,
        };
        Some(Question::Outgoing(self.host?, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(hook: &str, verdict: &str, facts: &str) -> String {
        format!(
            r#"{{"time":"2026-11-28T03:00:00.5Z","session":"a1","direction":"outgoing","hook":"{hook}","peer":"mx[192.0.2.1]","domain":"example.org","verdict":"{verdict}","reason":"","decided_by":"outgoing/require.rhai:3:5","row":"*","policy":"require","generation":1,"facts":{facts}}}"#
        )
    }

    fn parse(hook: &str, verdict: &str, facts: &str) -> Result<Line, Unjudged> {
        Line::parse(record(hook, verdict, facts).as_bytes())
    }

    #[test]
    fn what_was_left_out_is_filled_in() {
        let line = parse("mail", "accept", r#"{"host":{"name":"mx"},"mail":{}}"#).unwrap();
        let Question::Outgoing(host, AtHost::Mail(mail)) = &line.question else { panic!("{line:?}") };
        assert_eq!((host.name.as_str(), host.encrypted, mail.size), ("mx", false, 0));
        assert_eq!(line.about.time.to_string(), "2026-11-28T03:00:00.5Z");
    }

    #[test]
    fn what_is_cut_off_is_torn() {
        let whole = record("offer", "start_tls", r#"{"host":{}}"#);
        for length in [0, 1, 20, whole.len() - 1] {
            assert_eq!(Line::parse(&whole.as_bytes()[..length]).unwrap_err(), Unjudged::Torn, "{length}");
        }
        assert_eq!(Line::parse(b"\xff\xfe\n").unwrap_err(), Unjudged::Torn);
    }

    #[test]
    fn what_this_version_does_not_have_is_of_another() {
        for (hook, verdict, facts) in [
            ("sniff", "accept", r#"{"host":{}}"#),
            ("offer", "perhaps", r#"{"host":{}}"#),
            ("offer", "start_tls", r#"{"host":{"mood":"good"}}"#),
            ("offer", "start_tls", r#"{"client":{}}"#),
            ("rcpt", "accept", r#"{"host":{},"recipient":{}}"#),
            ("cipher", "accept", r#"{"host":{}}"#),
            ("message", "accept", r#"{"client":{},"message":{}}"#),
        ] {
            assert_eq!(parse(hook, verdict, facts).unwrap_err(), Unjudged::AnotherVersion, "{hook} {facts}");
        }
    }
}
