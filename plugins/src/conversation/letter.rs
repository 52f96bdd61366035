//! The message that a client sends, and what becomes of it at its end.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use super::Overrides;
use crate::bundle::{AskedInTurn, Bundle};
use crate::decision::{Answer, Edited, Failure};
use crate::facts::{Certificate, Client, Message};
use crate::verdicts::incoming::Message as Verdict;

/// Who reads messages that are only imagined: the relay, with the code that reads those that come.
pub trait Reader: Send + Sync + fmt::Debug {
    /// A message whose last octet has come.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    fn open(&self, sent: Sent, bundle: &Bundle) -> Result<Box<dyn Letter>, String>;
}

/// A message as a client sends it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What comes after DATA, canonical CRLF.
    pub octets: Bytes,
    /// The reverse-path; empty for the null sender.
    pub sender: String,
    /// The recipients that were accepted.
    pub recipients: Vec<String>,
    /// The client at MAIL FROM.
    pub client: Arc<Client>,
    /// The judgement of its certificate; `None` in clear.
    pub certificate: Option<Arc<Certificate>>,
    /// Who let the mail on.
    pub decided_by: String,
}

/// A message that filters are asked about, and that is then kept.
pub trait Letter: AskedInTurn {
    /// The edits that could not be done to this message, each with the reason, in words.
    fn left_out(&self) -> Vec<String>;

    /// What becomes of it, where the answer does not deny it.
    ///
    /// # Errors
    ///
    /// It cannot be kept, in words.
    fn settle(self: Box<Self>, answer: Answer<Verdict>) -> Result<Kept, String>;
}

/// A message that was not denied.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// What becomes of it.
    pub becomes: Becomes,
    /// Its facts, all of them, as it is kept: edits are done, the envelope is as filters left it.
    pub message: Arc<Message>,
    /// What it is, octet for octet.
    #[serde(skip)]
    pub octets: Bytes,
}

/// What becomes of a message that nobody denies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// It goes on.
    Accepted,
    /// It goes to this address instead of its recipients.
    Redirected(String),
    /// It is kept aside, for this reason.
    Quarantined(String),
    /// It is forgotten, for this reason.
    Discarded(String),
}

/// What the relay finds out by asking the network: here it is what a test says, else as if nobody had
/// published anything.
#[derive(Clone, Debug)]
pub(super) struct Findings {
    given: Message,
}

impl Findings {
    /// The facts that are found out so.
    pub(super) const FACTS: [&str; 7] =
        ["spf", "dkim", "dkim_domains", "dmarc", "dmarc_policy", "arc", "arc_domain"];

    /// As these facts have it.
    pub(super) fn given(facts: &Overrides) -> Self {
        let none = || "none".to_owned();
        let nothing = Message { spf: none(), dkim: none(), dmarc: none(), arc: none(), ..Message::default() };
        Self { given: facts.apply(nothing) }
    }

    fn tell(&self, message: &Message) -> Message {
        let given = &self.given;
        Message {
            spf: given.spf.clone(),
            dkim: given.dkim.clone(),
            dkim_domains: given.dkim_domains.clone(),
            dmarc: given.dmarc.clone(),
            dmarc_policy: given.dmarc_policy.clone(),
            arc: given.arc.clone(),
            arc_domain: given.arc_domain.clone(),
            ..message.clone()
        }
    }
}

/// A letter of which is told what a test says.
pub(super) struct Told<'a> {
    pub(super) letter: &'a mut dyn Letter,
    pub(super) findings: &'a Findings,
}

impl AskedInTurn for Told<'_> {
    fn facts(&mut self) -> Result<Arc<Message>, Failure> {
        let message = self.letter.facts()?;
        Ok(Arc::new(self.findings.tell(&message)))
    }

    fn take(&mut self, answer: &mut Answer<Verdict>) -> Vec<Edited> {
        self.letter.take(answer)
    }
}

impl Kept {
    /// The same, told of what a test says.
    pub(super) fn told(self, findings: &Findings) -> Self {
        Self { message: Arc::new(findings.tell(&self.message)), ..self }
    }
}

/// The ordinary message of a sender to recipients, canonical CRLF.
pub fn ordinary(sender: &str, recipients: &[String]) -> Bytes {
    let fields = ordinary_fields(sender, recipients).map(|(name, value)| format!("{name}: {value}\r\n"));
    Bytes::from(format!("{}\r\nHello,\r\n\r\nthis is an ordinary message.\r\n", fields.concat()))
}

/// Its header fields.
pub(crate) fn ordinary_fields(sender: &str, recipients: &[String]) -> [(&'static str, String); 5] {
    let author = if sender.is_empty() { "mailer-daemon@example.com" } else { sender };
    [
        ("From", author.to_owned()),
        ("To", recipients.join(", ")),
        ("Subject", "An ordinary message".to_owned()),
        ("Date", "Fri, 27 Nov 2026 09:00:00 +0000".to_owned()),
        ("Message-ID", "<1@example.com>".to_owned()),
    ]
}
