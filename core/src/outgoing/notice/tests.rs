//! What a notice says, and to whom.

use waxseal_plugins::verdicts::EnhancedCode;

use super::*;
use crate::smtp::dsn::OriginalRecipient;
use crate::spool::Status;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn envelope(sender: &str) -> Envelope {
    Envelope {
        id: Uuid::nil(),
        received: NOW,
        sender: sender.to_owned(),
        size: 1000,
        eight_bit: false,
        smtp_utf8: false,
        dsn: MessageDsn::default(),
        tags: Default::default(),
        quarantine: None,
    }
}

fn told(address: &str, status: Status) -> Told {
    Told { address: address.to_owned(), original: None, status, attempt: Some(NOW) }
}

fn tls_failed(address: &str) -> Told {
    let status = Status {
        code: EnhancedCode::new(5, 7, 5),
        reason: "TLS is required: the handshake failed: no TLS version in common \
                 (decided by outgoing/require.rhai:9:37)"
            .to_owned(),
        host: Some("mx.example.org".to_owned()),
        reply: None,
        way: None,
        failure: None,
    };
    told(address, status)
}

fn unknown(address: &str) -> Told {
    let status = Status {
        code: EnhancedCode::new(5, 1, 1),
        reason: "the host refused the recipient".to_owned(),
        host: Some("mx.example.org".to_owned()),
        reply: Some("550 5.1.1 no such user".to_owned()),
        way: None,
        failure: None,
    };
    told(address, status)
}

fn written_about(
    action: Action,
    envelope: &Envelope,
    recipients: &[Told],
    returned: &Returned,
) -> Option<NewMessage> {
    let until = Until { message: NOW + jiff::SignedDuration::from_hours(120), notice: NOW };
    notice(&Occasion {
        action,
        envelope,
        recipients,
        returned,
        ourselves: "relay.example.net",
        until,
        now: NOW,
    })
}

fn written(sender: &str, failed: &[Told], headers: &str) -> NewMessage {
    let returned = Returned::Headers(headers.as_bytes().to_vec());
    written_about(Action::Failed, &envelope(sender), failed, &returned).unwrap()
}

/// The message with its random parts, id and boundary, named.
fn shown(message: &NewMessage) -> String {
    let text = String::from_utf8(message.body.to_vec()).unwrap();
    let boundary = text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    text.replace(&boundary, "BOUNDARY").replace(&message.envelope.id.to_string(), "ID")
}

fn is(message: &NewMessage, golden: &str) {
    assert_eq!(shown(message).replace("\r\n", "\n"), golden);
}

#[test]
fn a_bounce_says_why_in_words_and_in_fields() {
    let headers = "Subject: hello\r\nFrom: ann@example.net\r\n";
    let failed = [tls_failed("bob@example.org"), unknown("eve@example.org")];
    is(&written("ann@example.net", &failed, headers), include_str!("failed.eml"));
}

#[test]
fn how_a_policy_failed_is_no_business_of_a_sender() {
    let mut failed = unknown("bob@example.org");
    failed.status.failure = Some("secret.rhai has no function `x`".into());
    assert!(!shown(&written("ann@example.net", &[failed], "Subject: hello\r\n")).contains("secret"));
}

#[test]
fn a_warning_says_that_nothing_is_lost_and_until_when_it_is_tried() {
    let mut late = tls_failed("bob@example.org");
    late.status.code = EnhancedCode::new(4, 7, 5);
    late.original =
        Some(OriginalRecipient { kind: "rfc822".to_owned(), address: "robert@example.com".to_owned() });
    let dsn = MessageDsn { ret: None, envid: Some("QQ 314159".to_owned()) };
    let envelope = Envelope { dsn, ..envelope("ann@example.net") };
    let returned = Returned::Headers(b"Subject: hello\r\n".to_vec());
    let message = written_about(Action::Delayed, &envelope, &[late], &returned).unwrap();
    is(&message, include_str!("delayed.eml"));
}

#[test]
fn a_success_is_told_where_nobody_else_will() {
    let reason = "the host took it".to_owned();
    let host = Some("mx.example.org".to_owned());
    let status =
        Status { code: EnhancedCode::new(2, 0, 0), reason, host, reply: None, way: None, failure: None };
    let (envelope, returned) = (envelope("ann@example.net"), Returned::Nothing);
    let recipients = [told("bob@example.org", status)];
    let message = written_about(Action::Relayed, &envelope, &recipients, &returned).unwrap();
    is(&message, include_str!("relayed.eml"));
}

#[test]
fn all_of_the_message_comes_back_as_it_is() {
    let content = "Subject: grüße\r\n\r\nHello\r\n";
    let returned = Returned::Message(content.as_bytes().to_vec());
    let failed = [unknown("eve@example.org")];
    let message = written_about(Action::Failed, &envelope("ann@example.net"), &failed, &returned).unwrap();
    assert!(message.envelope.eight_bit && !message.envelope.smtp_utf8);
    let text = shown(&message);
    let part = format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{content}");
    assert!(text.contains(&part) && text.contains("It is returned below"), "{text}");
}

#[test]
fn a_bounce_goes_to_the_sender_from_nobody() {
    let message = written("Ann@Example.NET", &[unknown("eve@example.org")], "");
    assert_eq!(message.envelope.sender, "");
    assert_eq!(message.envelope.size, message.body.len() as u64);
    let to = NewRecipient {
        address: "Ann@Example.NET".to_owned(),
        domain: "example.net".to_owned(),
        dsn: RecipientDsn::default(),
        attention: NOW,
    };
    assert_eq!(message.recipients, [to]);
}

#[test]
fn a_bounce_is_never_answered() {
    for action in [Action::Failed, Action::Delayed, Action::Relayed] {
        let recipients = [unknown("eve@example.org")];
        assert!(written_about(action, &envelope(""), &recipients, &Returned::Nothing).is_none());
    }
}

#[test]
fn every_line_is_canonical_and_short() {
    let mut failed = unknown("eve@example.org");
    failed.status.reply = Some(format!("550 {}\r\nInjected: yes", "word ".repeat(300)));
    failed.original =
        Some(OriginalRecipient { kind: "rfc822".to_owned(), address: "x\r\nInjected: yes".to_owned() });
    let message = written("ann@example.net", &[failed], "Subject: hello\r\n");
    let text = String::from_utf8(message.body.to_vec()).unwrap();
    assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    assert!(text.split("\r\n").all(|line| line.len() < 998));
    assert!(!text.contains("\r\nInjected"));
}

#[test]
fn a_bounce_to_an_ascii_sender_needs_no_extension_of_the_host() {
    let message = written("ann@example.net", &[unknown("jörg@example.org")], "Subject: grüße\r\n");
    assert!(message.body.is_ascii());
    assert!(!message.envelope.eight_bit && !message.envelope.smtp_utf8);
    let text = shown(&message);
    assert!(text.contains("Content-Type: message/global-delivery-status"), "{text}");
    assert!(text.contains("Content-Type: message/global-headers"), "{text}");
    assert_eq!(text.matches("Content-Transfer-Encoding: quoted-printable").count(), 1, "{text}");
    assert_eq!(text.matches("Content-Transfer-Encoding: base64").count(), 2, "{text}");
}

#[test]
fn addresses_beyond_ascii_have_their_own_types() {
    let message = written("änn@example.net", &[unknown("jörg@example.org")], "Subject: grüße\r\n");
    let text = shown(&message);
    assert!(text.contains("Content-Type: message/global-delivery-status"), "{text}");
    assert!(text.contains("Final-Recipient: utf-8; jörg@example.org"), "{text}");
    assert!(text.contains("Content-Type: message/global-headers"), "{text}");
    assert!(message.envelope.eight_bit && message.envelope.smtp_utf8);
}

#[test]
fn what_a_host_says_beyond_ascii_is_no_field_of_ascii() {
    let mut failed = unknown("eve@example.org");
    failed.status.reply = Some("550 unbekannter Empfänger".to_owned());
    let text = shown(&written("ann@example.net", &[failed], ""));
    assert!(text.contains("message/global-delivery-status") && !text.contains("message/delivery-status"));
}

#[test]
fn a_reason_of_ours_beyond_ascii_is_read_by_people_as_it_is() {
    let mut failed = unknown("eve@example.org");
    failed.status.reply = None;
    failed.status.reason = "zu gro\u{df}".to_owned();
    let message = written("ann@example.net", &[failed], "");
    assert!(message.body.is_ascii(), "a host without 8BITMIME takes it");
    let text = shown(&message);
    assert!(text.contains("Diagnostic-Code: x-waxseal; zu gro?\r\n"), "{text}");
    assert!(text.contains("Content-Type: message/delivery-status"), "{text}");
    assert!(text.contains("zu gro=C3=9F") || text.contains("zu gro\u{df}"), "{text}");
}

#[test]
fn recipients_with_the_same_reason_stand_together() {
    let failed: Vec<Told> = (0..1000).map(|number| unknown(&format!("r{number}@example.org"))).collect();
    let text = shown(&written("ann@example.net", &failed, ""));
    assert_eq!(text.matches("It said: 550 5.1.1 no such user").count(), 1);
    assert_eq!(text.matches("Final-Recipient: ").count(), 1000);
    assert!(text.len() < 1_000_000, "{}", text.len());
}
