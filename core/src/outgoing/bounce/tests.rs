//! What a bounce says, and to whom.

use waxseal_plugins::verdicts::EnhancedCode;

use super::*;

fn envelope(sender: &str) -> Envelope {
    Envelope {
        id: Uuid::nil(),
        received: Timestamp::UNIX_EPOCH,
        sender: sender.to_owned(),
        size: 1000,
        eight_bit: false,
        smtp_utf8: false,
        dsn: Default::default(),
    }
}

fn tls_failed(address: &str) -> Failed {
    let status = Status {
        code: EnhancedCode::new(5, 7, 5),
        reason: "TLS is required: the handshake failed: no TLS version in common \
                 (decided by outgoing/require.rhai:9:37)"
            .to_owned(),
        host: Some("mx.example.org".to_owned()),
        reply: None,
    };
    Failed { address: address.to_owned(), status }
}

fn unknown(address: &str) -> Failed {
    let status = Status {
        code: EnhancedCode::new(5, 1, 1),
        reason: "the host refused the recipient".to_owned(),
        host: Some("mx.example.org".to_owned()),
        reply: Some("550 5.1.1 no such user".to_owned()),
    };
    Failed { address: address.to_owned(), status }
}

fn written(sender: &str, failed: &[Failed], headers: &str) -> NewMessage {
    let occasion = Occasion {
        envelope: &envelope(sender),
        failed,
        headers: headers.as_bytes(),
        ourselves: "relay.example.net",
        now: Timestamp::UNIX_EPOCH,
        attention: Timestamp::MAX,
    };
    bounce(&occasion).unwrap()
}

/// The message with its random parts, id and boundary, named.
fn shown(message: &NewMessage) -> String {
    let text = String::from_utf8(message.body.to_vec()).unwrap();
    let boundary = text.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    text.replace(&boundary, "BOUNDARY").replace(&message.envelope.id.to_string(), "ID")
}

#[test]
fn a_bounce_says_why_in_words_and_in_fields() {
    let headers = "Subject: hello\r\nFrom: ann@example.net\r\n";
    let failed = [tls_failed("bob@example.org"), unknown("eve@example.org")];
    let expected = include_str!("golden.eml").replace('\n', "\r\n");
    assert_eq!(shown(&written("ann@example.net", &failed, headers)), expected);
}

#[test]
fn a_bounce_goes_to_the_sender_from_nobody() {
    let message = written("Ann@Example.NET", &[unknown("eve@example.org")], "");
    assert_eq!(message.envelope.sender, "");
    assert_eq!(message.envelope.size, message.body.len() as u64);
    let to = NewRecipient {
        address: "Ann@Example.NET".to_owned(),
        domain: "example.net".to_owned(),
        dsn: Default::default(),
        attention: Timestamp::MAX,
    };
    assert_eq!(message.recipients, [to]);
}

#[test]
fn a_bounce_is_never_bounced() {
    let occasion = Occasion {
        envelope: &envelope(""),
        failed: &[unknown("eve@example.org")],
        headers: b"",
        ourselves: "relay.example.net",
        now: Timestamp::UNIX_EPOCH,
        attention: Timestamp::MAX,
    };
    assert!(bounce(&occasion).is_none());
}

#[test]
fn every_line_is_canonical_and_short() {
    let mut failed = unknown("eve@example.org");
    failed.status.reply = Some(format!("550 {}\r\nInjected: yes", "word ".repeat(300)));
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
fn recipients_with_the_same_reason_stand_together() {
    let failed: Vec<Failed> = (0..1000).map(|number| unknown(&format!("r{number}@example.org"))).collect();
    let text = shown(&written("ann@example.net", &failed, ""));
    assert_eq!(text.matches("It said: 550 5.1.1 no such user").count(), 1);
    assert_eq!(text.matches("Final-Recipient: ").count(), 1000);
    assert!(text.len() < 1_000_000, "{}", text.len());
}
