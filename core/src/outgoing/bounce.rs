//! Telling the sender: delivery status notifications, RFC 3464, as multipart/report, RFC 6522.
//!
//! A bounce has the null sender and is never answered by another (RFC 5321 section 4.5.5). Of the
//! message only the headers are returned: it may be large, and TLS may have been wanted for its
//! content.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use uuid::Uuid;

use crate::smtp::address::Mailbox;
use crate::smtp::dsn::{MessageDsn, RecipientDsn};
use crate::spool::{Envelope, NewMessage, NewRecipient, Status};

/// A recipient that was given up.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    /// The forward-path.
    pub address: String,
    /// Why.
    pub status: Status,
}

/// What a bounce is about.
#[derive(Debug)]
pub(super) struct Occasion<'a> {
    /// The message that failed.
    pub envelope: &'a Envelope,
    /// The recipients that were given up, at least one.
    pub failed: &'a [Failed],
    /// The headers of the message.
    pub headers: &'a [u8],
    /// Our own name.
    pub ourselves: &'a str,
    /// Now.
    pub now: Timestamp,
    /// When the bounce must be looked at even though its destination is put off.
    pub attention: Timestamp,
}

/// The bounce, unless the message has the null sender, or one that cannot be written to.
pub(super) fn bounce(occasion: &Occasion<'_>) -> Option<NewMessage> {
    let sender = Mailbox::parse(&occasion.envelope.sender).ok()?;
    let id = Uuid::now_v7();
    let body = occasion.message(id)?;
    let domain = sender.lookup_domain().unwrap_or_else(|| sender.domain().to_owned());
    let eight_bit = !body.is_ascii();
    let envelope = Envelope {
        id,
        received: occasion.now,
        sender: String::new(),
        size: u64::try_from(body.len()).unwrap_or(u64::MAX),
        eight_bit,
        smtp_utf8: sender.needs_utf8(),
        dsn: MessageDsn::default(),
    };
    let recipients = vec![NewRecipient {
        address: occasion.envelope.sender.clone(),
        domain,
        dsn: RecipientDsn::default(),
        attention: occasion.attention,
    }];
    Some(NewMessage { envelope, recipients, body: Bytes::from(body) })
}

impl Occasion<'_> {
    fn message(&self, id: Uuid) -> Option<Vec<u8>> {
        // A host that takes a sender beyond ASCII takes 8-bit content (RFC 6531 section 3.1); of
        // another nobody knows, and a bounce that is refused is lost.
        let encoding = if self.envelope.sender.is_ascii() { Encoding::SevenBit } else { Encoding::EightBit };
        let statuses = self.statuses();
        let mut parts = vec![
            part("text/plain; charset=utf-8", self.explanation().into_bytes(), encoding),
            part(status_type(&statuses), statuses.into_bytes(), encoding),
        ];
        if !self.headers.is_empty() {
            parts.push(part(self.headers_type(), self.headers.to_vec(), encoding));
        }
        let report = ContentType::new("multipart/report").attribute("report-type", "delivery-status");
        MessageBuilder::new()
            .header("Date", Raw::new(date(self.now)))
            .header("From", Raw::new(format!("Mail Delivery System <MAILER-DAEMON@{}>", self.ourselves)))
            .header("To", Raw::new(format!("<{}>", self.envelope.sender)))
            .header("Message-ID", Raw::new(format!("<{id}@{}>", self.ourselves)))
            .header("Subject", Raw::new("Undelivered Mail Returned to Sender"))
            // RFC 3834 section 5: nobody is to answer this automatically.
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .body(MimePart::new(report, parts))
            .write_to_vec()
            .ok()
    }

    /// The part for people: who did not get it, and why; recipients with the same reason together.
    fn explanation(&self) -> String {
        let mut text = format!(
            "This is the mail relay at {}.\r\n\r\n\
             Your message of {}\r\n\
             could not be delivered to the recipients below, and nothing more will be\r\n\
             tried. Only its headers are returned.\r\n",
            self.ourselves,
            date(self.envelope.received)
        );
        for alike in self.failed.chunk_by(|one, other| one.status == other.status) {
            text.push_str("\r\n");
            text.extend(alike.iter().map(|failed| format!("<{}>\r\n", failed.address)));
            text.extend(alike.first().map(|failed| reason(&failed.status)));
        }
        text
    }

    /// The part for programs: RFC 3464 section 2.
    fn statuses(&self) -> String {
        let mut fields = format!(
            "Reporting-MTA: dns; {}\r\nArrival-Date: {}\r\n",
            self.ourselves,
            date(self.envelope.received)
        );
        let last = date(self.now);
        for Failed { address, status } in self.failed {
            // RFC 6533 section 3 has the type for addresses beyond ASCII.
            let kind = if address.is_ascii() { "rfc822" } else { "utf-8" };
            fields.push_str(&format!(
                "\r\nFinal-Recipient: {kind}; {address}\r\nAction: failed\r\nStatus: {}\r\n",
                status.code
            ));
            if let Some(host) = &status.host {
                fields.push_str(&format!("Remote-MTA: dns; {host}\r\n"));
            }
            fields.push_str(&diagnostic(status));
            fields.push_str(&format!("Last-Attempt-Date: {last}\r\n"));
        }
        fields
    }

    fn headers_type(&self) -> &'static str {
        if self.headers.is_ascii() { "text/rfc822-headers" } else { "message/global-headers" }
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

/// Why, in words.
fn reason(status: &Status) -> String {
    let mut text = String::new();
    if is_of_tls(status) {
        text.push_str(
            "    Your message was not sent, because the connection was not safe enough for\r\n    \
             it. Nothing is wrong with the message itself.\r\n",
        );
    }
    text.push_str(&wrapped(&format!("{} ({})", status.reason, status.code)));
    if let Some(host) = &status.host {
        text.push_str(&wrapped(&format!("Host: {host}")));
    }
    if let Some(reply) = &status.reply {
        text.push_str(&wrapped(&format!("It said: {reply}")));
    }
    text
}

/// Whether the relay itself held the message back for want of TLS: by the codes of RFC 3463 section
/// 3.8 for a missing feature, a cryptographic failure and a weak algorithm, and RFC 5248's for
/// encryption needed.
fn is_of_tls(status: &Status) -> bool {
    status.reply.is_none() && status.code.subject == 7 && matches!(status.code.detail, 4 | 5 | 6 | 10 | 11)
}

/// RFC 5322 section 3.3. A time beyond the year 9999 cannot be written, and does not occur.
fn date(time: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_string(&time).unwrap_or_default()
}

/// RFC 3464 section 2.3.6: what the host said; where the relay itself decided, the reason.
fn diagnostic(status: &Status) -> String {
    match &status.reply {
        Some(reply) => format!("Diagnostic-Code: smtp; {}\r\n", one_line(reply)),
        None => format!("Diagnostic-Code: x-waxseal; {}\r\n", one_line(&status.reason)),
    }
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

/// Indented lines of at most 76 characters, where the words allow it.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    for word in one_line(text).split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() > 70 {
            lines.push_str(&format!("    {line}\r\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    format!("{lines}    {line}\r\n")
}

#[cfg(test)]
mod tests;
