//! Messages, and what became of them.

use std::sync::Arc;

use bytes::Bytes;

use super::super::{Body, Fields, Message, Part, Report};
use super::texts;

const TEXT: &str = "Hello Bob,\n\nplease find the offer attached: https://example.com/offer\n";

/// Messages: ordinary with an attachment, of the null sender, without anything, tagged and failing every check.
pub fn messages() -> Vec<Message> {
    let ordinary = Message {
        sender: "alice@example.com".to_owned(),
        sender_domain: "example.com".to_owned(),
        recipients: texts(&["bob@example.org", "carol@example.org"]),
        size: 12_345,
        headers: Arc::new(headers()),
        subject: "Our offer".to_owned(),
        from: "alice@example.com".to_owned(),
        from_domain: "example.com".to_owned(),
        message_id: "1@example.com".to_owned(),
        text: TEXT.to_owned(),
        parts: parts(),
        attachments: texts(&["offer.pdf"]),
        attachment_types: texts(&["application/pdf"]),
        urls: texts(&["https://example.com/offer"]),
        body: Arc::new(Body::new(Arc::new(Bytes::from_static(TEXT.as_bytes())), 0)),
        spf: "pass".to_owned(),
        dkim: "pass".to_owned(),
        dkim_domains: texts(&["example.com"]),
        dmarc: "pass".to_owned(),
        dmarc_policy: "reject".to_owned(),
        arc: "none".to_owned(),
        ..Message::default()
    };
    let bounce = Message { sender: String::new(), sender_domain: String::new(), ..ordinary.clone() };
    let empty = Message {
        sender: "alice@example.com".to_owned(),
        sender_domain: "example.com".to_owned(),
        recipients: texts(&["bob@example.org"]),
        size: 2,
        spf: "temperror".to_owned(),
        dkim: "none".to_owned(),
        dmarc: "none".to_owned(),
        arc: "none".to_owned(),
        ..Message::default()
    };
    let forged = Message {
        tags: Arc::new([("spam", "9.1")].into_iter().collect()),
        spf: "fail".to_owned(),
        dkim: "fail".to_owned(),
        dkim_domains: Vec::new(),
        dmarc: "fail".to_owned(),
        ..ordinary.clone()
    };
    vec![ordinary, bounce, empty, forged]
}

/// A text, and an attachment.
fn parts() -> Vec<Arc<Part>> {
    let text = Part {
        number: "1".to_owned(),
        content_type: "text/plain".to_owned(),
        charset: "utf-8".to_owned(),
        size: 70,
        text: TEXT.to_owned(),
        ..Part::default()
    };
    let attachment = Part {
        number: "2".to_owned(),
        content_type: "application/pdf".to_owned(),
        detected_type: "application/pdf".to_owned(),
        name: "offer.pdf".to_owned(),
        names: texts(&["offer.pdf"]),
        attachment: true,
        size: 12_000,
        ..Part::default()
    };
    vec![Arc::new(text), Arc::new(attachment)]
}

fn headers() -> Fields {
    [
        ("Received", "from mail.example.com by mx.example.org; Mon, 1 Jun 2026 12:00:00 +0000"),
        ("From", "Alice <alice@example.com>"),
        ("To", "Bob <bob@example.org>, Carol <carol@example.org>"),
        ("Subject", "Our offer"),
        ("Date", "Mon, 1 Jun 2026 12:00:00 +0000"),
        ("Message-ID", "<1@example.com>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "multipart/mixed; boundary=\"b\""),
    ]
    .into_iter()
    .collect()
}

/// What becomes of mail: taken at once, waiting, failed, a bounce that failed.
pub fn reports() -> Vec<Report> {
    let taken = Report {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        sender: "alice@example.com".to_owned(),
        recipients: texts(&["bob@example.org"]),
        size: 12_345,
        code: "2.0.0".to_owned(),
        reply: "250 2.0.0 Ok: queued as 4711".to_owned(),
        attempts: 1,
        age: 1,
        ..Report::default()
    };
    let waiting = Report {
        code: "4.4.1".to_owned(),
        reply: "connection refused".to_owned(),
        attempts: 3,
        age: 3_600,
        next_attempt: 1_800,
        ..taken.clone()
    };
    let failed =
        Report { code: "5.1.1".to_owned(), reply: "550 5.1.1 No such user".to_owned(), ..taken.clone() };
    let bounce = Report { sender: String::new(), ..failed.clone() };
    vec![taken, waiting, failed, bounce]
}
