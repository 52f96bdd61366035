//! Telling the sender: delivery status notifications, RFC 3464, as multipart/report, RFC 6522.
//!
//! A notice has the null sender and is never answered by another (RFC 5321 section 4.5.5). Of the
//! message only the headers are returned, unless a sender asks for all of it: it may be large, and
//! TLS may have been wanted for its content.
//!
//! - [`choice`]: who is told what (RFC 3461)
//! - [`text`]: the part for people
//! - [`fields`]: the part for programs

mod choice;
mod fields;
mod text;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use uuid::Uuid;

pub(super) use self::choice::{Ended, Told};
use crate::smtp::address::Mailbox;
use crate::smtp::dsn::{MessageDsn, RecipientDsn};
use crate::spool::{Envelope, NewMessage, NewRecipient, Tags};

/// What the sender is told, in the words of RFC 3464 section 2.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The recipients were given up.
    Failed,
    /// They are still being tried.
    Delayed,
    /// A host took it that will not tell the sender of its success.
    Relayed,
}

/// What a notice is about.
#[derive(Debug)]
pub(super) struct Occasion<'a> {
    /// What it tells.
    pub action: Action,
    /// The message.
    pub envelope: &'a Envelope,
    /// The recipients, at least one.
    pub recipients: &'a [Told],
    /// What comes back of the message.
    pub returned: &'a Returned,
    /// Our own name.
    pub ourselves: &'a str,
    /// When the message is given up, and the notice too.
    pub until: Until,
    /// Now.
    pub now: Timestamp,
}

/// Until when it is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until {
    /// The message.
    pub message: Timestamp,
    /// The notice.
    pub notice: Timestamp,
}

/// What comes back of the message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// Nothing: it cannot be read.
    Nothing,
    /// Its headers.
    Headers(Vec<u8>),
    /// All of it (RFC 3461 section 4.3).
    Message(Vec<u8>),
}

/// The notice, unless the message has the null sender, or one that cannot be written to.
pub(super) fn notice(occasion: &Occasion<'_>) -> Option<NewMessage> {
    let sender = Mailbox::parse(&occasion.envelope.sender).ok()?;
    let id = Uuid::now_v7();
    let body = occasion.message(id)?;
    let domain = sender.lookup_domain().unwrap_or_else(|| sender.domain().to_owned());
    let envelope = Envelope {
        id,
        received: occasion.now,
        sender: String::new(),
        size: u64::try_from(body.len()).unwrap_or(u64::MAX),
        eight_bit: !body.is_ascii(),
        smtp_utf8: sender.needs_utf8(),
        dsn: MessageDsn::default(),
        tags: Tags::default(),
        quarantine: None,
    };
    let recipient = NewRecipient {
        address: occasion.envelope.sender.clone(),
        domain,
        dsn: RecipientDsn::default(),
        // Of a notice nobody is warned: what is to be noticed is its end.
        attention: occasion.until.notice,
    };
    Some(NewMessage { envelope, recipients: vec![recipient], body: Bytes::from(body) })
}

impl Occasion<'_> {
    fn message(&self, id: Uuid) -> Option<Vec<u8>> {
        // A host that takes a sender beyond ASCII takes 8-bit content (RFC 6531 section 3.1); of
        // another nobody knows, and a notice that is refused is lost.
        let encoding = if self.envelope.sender.is_ascii() { Encoding::SevenBit } else { Encoding::EightBit };
        let (explanation, statuses) = (text::explanation(self), fields::statuses(self));
        let mut parts = vec![
            part("text/plain; charset=utf-8", explanation.into_bytes(), encoding),
            part(status_type(&statuses), statuses.into_bytes(), encoding),
        ];
        parts.extend(self.returned.part(encoding));
        let report = ContentType::new("multipart/report").attribute("report-type", "delivery-status");
        MessageBuilder::new()
            .header("Date", Raw::new(date(self.now)))
            .header("From", Raw::new(format!("Mail Delivery System <MAILER-DAEMON@{}>", self.ourselves)))
            .header("To", Raw::new(format!("<{}>", self.envelope.sender)))
            .header("Message-ID", Raw::new(format!("<{id}@{}>", self.ourselves)))
            .header("Subject", Raw::new(self.action.subject()))
            // RFC 3834 section 5: nobody is to answer this automatically.
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .body(MimePart::new(report, parts))
            .write_to_vec()
            .ok()
    }
}

impl Action {
    /// The word for it, in the notice and in the log.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Relayed => "relayed",
        }
    }

    const fn subject(self) -> &'static str {
        match self {
            Self::Failed => "Undelivered Mail Returned to Sender",
            Self::Delayed => "Delayed Mail (still being tried)",
            Self::Relayed => "Mail Passed On",
        }
    }
}

impl Returned {
    fn part<'x>(&self, encoding: Encoding) -> Option<MimePart<'x>> {
        match self {
            Self::Nothing => None,
            Self::Headers(headers) if headers.is_empty() => None,
            Self::Headers(headers) => {
                let kind = if headers.is_ascii() { "text/rfc822-headers" } else { "message/global-headers" };
                Some(part(kind, headers.clone(), encoding))
            }
            // RFC 2046 section 5.2.1: a message within a message is never encoded.
            Self::Message(message) => Some(part("message/rfc822", message.clone(), Encoding::EightBit)),
        }
    }
}

/// How content beyond ASCII is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// In ASCII: quoted-printable or base64.
    SevenBit,
    /// As it is.
    EightBit,
}

/// RFC 3464's type is ASCII alone, whatever hosts and policies say; RFC 6533's is UTF-8.
fn status_type(statuses: &str) -> &'static str {
    if statuses.is_ascii() { "message/delivery-status" } else { "message/global-delivery-status" }
}

/// RFC 5322 section 3.3. A time beyond the year 9999 cannot be written, and does not occur.
fn date(time: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_string(&time).unwrap_or_default()
}

/// A part of short lines. RFC 6533 sections 3 and 6 allow base64 for their types.
fn part<'x>(content_type: &'static str, content: Vec<u8>, encoding: Encoding) -> MimePart<'x> {
    let (is_ascii, content) = (content.is_ascii(), BodyPart::Binary(content.into()));
    let part = MimePart::new(ContentType::new(content_type), content);
    match encoding {
        _ if is_ascii => part.transfer_encoding("7bit"),
        Encoding::EightBit => part.transfer_encoding("8bit"),
        // The library chooses: it keeps text readable.
        Encoding::SevenBit => part,
    }
}

/// One header line, bounded: RFC 5322 section 2.1.1 allows 998 octets.
fn one_line(text: &str) -> String {
    let kept = text.get(..text.floor_char_boundary(600)).unwrap_or_default();
    kept.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests;
