use super::*;
use crate::bundle::{Bundle, Settings, Snapshot};

const TABLE: &str = r#"
incoming {
    "*"                 attempt
    "secure.example"    require
    "bank.example"      require_verified
    "192.0.2.0/24"      require
    "tls13.example"     require min_version "1.3"
}
outgoing {
    "*"                 attempt
    "partner.org"       require_verified
    "secure.example"    require
    "tls13.example"     require min_version "1.3"
    "pinned.example"    require pins "sha256:5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"
    "legacy.example"    prevent because "it breaks"
}
"#;

fn bundle(more: &[(&str, &str)]) -> Bundle {
    let files = [(crate::table::PATH, TABLE)].into_iter().chain(more.iter().copied());
    let settings = Settings { tls_enabled: true, ..Settings::default() };
    Bundle::load(&Snapshot::of(files), &settings, 1).unwrap_or_else(|rejected| panic!("{rejected}")).0
}

/// `hook verdict` of all questions.
fn asked(conversation: &Conversation) -> Vec<String> {
    conversation.questions().map(|one| format!("{} {}", one.hook, one.verdict)).collect()
}

/// Fate, code and line.
fn ended(conversation: &Conversation) -> String {
    let End { fate, code, decided_by, .. } = &conversation.end;
    let parts = [
        Some(fate.word().to_owned()),
        code.map(|code| code.to_string()),
        decided_by.as_ref().map(|place| format!("{}:{}", place.path, place.line)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn sent(bundle: &Bundle, domain: &str, situation: Situation) -> Conversation {
    deliver(bundle, &Delivery::to(domain, situation))
}

fn taken(bundle: &Bundle, sender: &str, situation: Situation) -> Conversation {
    let reception =
        Reception { address: "198.51.100.9".parse().unwrap(), ..Reception::from(sender, situation) };
    receive(bundle, &reception)
}

#[test]
fn a_delivery_asks_the_hooks_in_their_order() {
    let bundle = bundle(&[]);
    let crossed = sent(&bundle, "partner.org", Situation::Valid);
    assert_eq!(
        asked(&crossed),
        ["offer start_tls", "start accept", "cipher accept", "certificate accept", "mail accept"]
    );
    assert_eq!(ended(&crossed), "sent_encrypted outgoing/require_verified.rhai:22");
    assert!(crossed.end.verified);
    assert_eq!(crossed.rows.iter().map(|row| row.pattern.as_str()).collect::<Vec<_>>(), ["partner.org"]);
}

#[test]
fn what_policies_ask_of_a_host_is_held() {
    let bundle = bundle(&[]);
    let cases = [
        ("partner.org", Situation::Expired, "waits 4.7.5 outgoing/require_verified.rhai:17"),
        ("partner.org", Situation::NoTls, "waits 4.7.4 outgoing/require_verified.rhai:10"),
        ("partner.org", Situation::Unreachable, "waits 4.4.1"),
        ("secure.example", Situation::SelfSigned, "sent_encrypted outgoing/require.rhai:12"),
        ("secure.example", Situation::StartTlsRefused, "waits 4.7.5 outgoing/require.rhai:12"),
        ("secure.example", Situation::HandshakeFailure, "waits 4.7.5 outgoing/require.rhai:12"),
        ("secure.example", Situation::Tls11, "waits 4.7.5 outgoing/require.rhai:12"),
        ("tls13.example", Situation::Tls12, "waits 4.7.5 outgoing/require.rhai:12"),
        ("tls13.example", Situation::Valid, "sent_encrypted outgoing/require.rhai:12"),
        ("pinned.example", Situation::Valid, "sent_encrypted outgoing/require.rhai:12"),
        ("pinned.example", Situation::OtherKey, "waits 4.7.5 domains.rhai:14"),
        ("legacy.example", Situation::Valid, "sent_clear outgoing/prevent.rhai:11"),
        ("anyone.example", Situation::WrongName, "sent_encrypted outgoing/attempt.rhai:25"),
        ("anyone.example", Situation::NoTls, "sent_clear outgoing/attempt.rhai:25"),
        ("anyone.example", Situation::StartTlsRefused, "sent_clear outgoing/attempt.rhai:25"),
        ("anyone.example", Situation::HandshakeFailure, "sent_clear outgoing/attempt.rhai:25"),
    ];
    for (domain, situation, expected) in cases {
        assert_eq!(ended(&sent(&bundle, domain, situation)), expected, "{domain} {}", situation.word());
    }
}

#[test]
fn clear_text_after_a_failed_handshake_is_asked_for_twice() {
    let crossed = sent(&bundle(&[]), "anyone.example", Situation::HandshakeFailure);
    assert_eq!(asked(&crossed), ["offer start_tls", "start accept", "mail accept", "mail accept"]);
    let failures = |one: &Question| one.facts.get("recent_failures").cloned().unwrap_or_default();
    let told: Vec<_> = crossed.questions().skip(2).map(failures).collect();
    assert_eq!(told, [Value::Null, Value::from(1)]);
}

#[test]
fn a_floor_is_held_by_the_relay_and_by_nobody_else() {
    let filter = "fn offer(host) { require(\"verified\") }";
    let bundle = bundle(&[("filters/floor.rhai", filter)]);
    for (situation, expected) in [
        (Situation::Valid, "sent_encrypted outgoing/attempt.rhai:25"),
        (Situation::Expired, "waits 4.7.5 filters/floor.rhai:1"),
        (Situation::NoTls, "waits 4.7.4 filters/floor.rhai:1"),
        (Situation::HandshakeFailure, "waits 4.7.5 filters/floor.rhai:1"),
        (Situation::StartTlsRefused, "waits 4.7.4 filters/floor.rhai:1"),
    ] {
        assert_eq!(ended(&sent(&bundle, "anyone.example", situation)), expected, "{}", situation.word());
    }
}

#[test]
fn the_next_host_is_tried_and_the_message_fails_only_if_all_refuse() {
    let never = "fn offer(host) { start_tls() }\n\
                 fn certificate(host, certificate) { if certificate.verified { accept() } else { refuse(\"no\") } }";
    let bundle = bundle(&[("filters/never.rhai", never)]);
    let over = |situations: &[Situation]| {
        let hosts = situations.iter().map(|one| Met::in_situation(*one)).collect();
        deliver(&bundle, &Delivery { hosts, ..Delivery::to("anyone.example", Situation::Valid) })
    };
    let second = over(&[Situation::Expired, Situation::Valid]);
    assert_eq!((second.end.fate, second.end.host.as_str()), (Fate::SentEncrypted, "mx2.anyone.example"));
    assert_eq!(over(&[Situation::Expired, Situation::SelfSigned]).end.fate, Fate::Returned);
    let waits = over(&[Situation::Expired, Situation::Unreachable]);
    assert_eq!(waits.end.fate, Fate::Waits);
    assert_eq!(over(&[]).end.fate, Fate::Waits);
}

#[test]
fn with_tls_switched_off_only_mail_is_asked() {
    let delivery = Delivery { tls: Switch::Off, ..Delivery::to("anyone.example", Situation::Valid) };
    let crossed = deliver(&bundle(&[]), &delivery);
    assert_eq!((asked(&crossed), crossed.end.fate), (vec!["mail accept".to_owned()], Fate::SentClear));
    let reception = Reception { tls: Switch::Off, ..Reception::from("a@x.example", Situation::Valid) };
    let crossed = receive(&bundle(&[]), &reception);
    assert_eq!(asked(&crossed), ["mail refuse"]);
}

#[test]
fn a_failing_policy_opens_nothing() {
    let broken = "fn offer(host) { if host.domain == \"broken.example\" { throw \"x\" } start_tls() }\n\
                  fn mail(client, mail) { if mail.sender == \"x@x.example\" { throw \"x\" } }";
    let bundle = bundle(&[("filters/broken.rhai", broken)]);
    let crossed = sent(&bundle, "broken.example", Situation::Valid);
    assert_eq!(ended(&crossed), "waits 4.3.0 filters/broken.rhai:1");
    let crossed = taken(&bundle, "x@x.example", Situation::NoCertificate);
    assert_eq!((crossed.end.fate, crossed.end.smtp), (Fate::Deferred, 451));
}

#[test]
fn a_reception_asks_again_at_mail_from() {
    let crossed = taken(&bundle(&[]), "alice@bank.example", Situation::Valid);
    assert_eq!(
        asked(&crossed),
        [
            "offer advertise",
            "start accept",
            "cipher accept",
            "certificate accept",
            "cipher accept",
            "certificate accept",
            "mail accept"
        ]
    );
    assert!(crossed.end.verified);
    let patterns: Vec<_> = crossed.rows.iter().map(|row| row.pattern.as_str()).collect();
    assert_eq!(patterns, ["*", "bank.example"]);
}

#[test]
fn what_policies_ask_of_a_client_is_held() {
    let bundle = bundle(&[]);
    let cases = [
        ("a@bank.example", Situation::Valid, "taken_encrypted", 250),
        ("a@bank.example", Situation::NoCertificate, "refused 5.7.5", 554),
        ("a@bank.example", Situation::Expired, "refused 5.7.5", 554),
        ("a@bank.example", Situation::WrongName, "refused 5.7.5", 554),
        ("a@bank.example", Situation::NoTls, "refused 5.7.0", 530),
        ("a@secure.example", Situation::NoCertificate, "taken_encrypted", 250),
        ("a@tls13.example", Situation::Tls12, "refused 5.7.5", 554),
        ("a@tls13.example", Situation::NoCertificate, "taken_encrypted", 250),
        ("a@x.example", Situation::NoTls, "taken_clear", 250),
        ("a@x.example", Situation::HandshakeFailure, "taken_clear", 250),
        ("a@x.example", Situation::Tls11, "taken_clear", 250),
        // The offer was withheld for the failure before: it will not be next time.
        ("a@secure.example", Situation::HandshakeFailure, "deferred 4.7.1", 450),
        ("", Situation::NoCertificate, "taken_encrypted", 250),
    ];
    for (sender, situation, expected, smtp) in cases {
        let crossed = taken(&bundle, sender, situation);
        let found = ended(&crossed);
        assert!(found.starts_with(expected), "{sender} {}: {found}", situation.word());
        assert_eq!(crossed.end.smtp, smtp, "{sender} {}", situation.word());
    }
}

#[test]
fn both_lookups_are_joined() {
    let bundle = bundle(&[]);
    // The address's row wants TLS, whatever the sender's.
    let crossed = receive(&bundle, &Reception::from("a@x.example", Situation::NoTls));
    assert_eq!((crossed.end.smtp, crossed.end.row.pattern.as_str()), (530, "192.0.2.0/24"));
    let crossed = receive(&bundle, &Reception::from("a@bank.example", Situation::NoCertificate));
    assert_eq!((crossed.end.smtp, crossed.end.row.pattern.as_str()), (554, "bank.example"));
    assert_eq!(crossed.questions().filter(|one| one.hook == HookName::Mail).count(), 2);
}

#[test]
fn implicit_tls_is_not_offered_and_falls_back_to_nothing() {
    let of = |situation| {
        let reception = Reception::from("a@x.example", situation);
        receive(&bundle(&[]), &Reception { listener: Listener::Implicit, ..reception })
    };
    let crossed = of(Situation::NoCertificate);
    assert!(crossed.asked(HookName::Offer).is_none());
    assert_eq!(crossed.end.fate, Fate::TakenEncrypted);
    assert_eq!(of(Situation::HandshakeFailure).end.fate, Fate::Closed);
    assert_eq!(of(Situation::NoTls).end.fate, Fate::Closed);
}

#[test]
fn filters_are_asked_at_connect_and_at_rcpt() {
    let filter = "fn connect(client) { if client.address == \"192.0.2.66\" { refuse(\"5.7.1\", \"go\") } }\n\
                  fn rcpt(client, recipient) { if recipient.domain == \"closed.example\" { defer(\"later\") } }";
    let bundle = bundle(&[("filters/gate.rhai", filter)]);
    let from = |address: &str, recipient: &str| {
        let reception = Reception::from("a@x.example", Situation::NoCertificate);
        let (address, recipients) = (address.parse().unwrap(), vec![recipient.to_owned()]);
        receive(&bundle, &Reception { address, recipients, ..reception })
    };
    assert_eq!(ended(&from("192.0.2.66", "b@c.example")), "refused 5.7.1 filters/gate.rhai:1");
    assert_eq!(ended(&from("192.0.2.7", "b@closed.example")), "deferred 4.7.1 filters/gate.rhai:2");
    assert_eq!(from("192.0.2.7", "b@c.example").end.fate, Fate::TakenEncrypted);
}

#[test]
fn single_facts_are_overridden() {
    let bundle = bundle(&[]);
    let with = |domain: &str, word: &str, fact: &str, value: Value| {
        let mut facts = Overrides::default();
        facts.set(word, fact, value).unwrap();
        ended(&deliver(&bundle, &Delivery { facts, ..Delivery::to(domain, Situation::Valid) }))
    };
    let broken = with("anyone.example", "host", "recent_failures", 3.into());
    assert_eq!(broken, "sent_clear outgoing/attempt.rhai:25");
    let expired = with("partner.org", "certificate", "expired", true.into());
    assert_eq!(expired, "waits 4.7.5 outgoing/require_verified.rhai:17");
    let unnamed = with("partner.org", "certificate", "names", vec!["mx.elsewhere.example"].into());
    assert_eq!(unnamed, "waits 4.7.5 outgoing/require_verified.rhai:17");
    for word in ["handshake", "host"] {
        let old = with("tls13.example", word, "version", "1.2".into());
        assert_eq!(old, "waits 4.7.5 outgoing/require.rhai:12", "{word}");
    }
    let refused = [
        Overrides::default().set("hst", "name", "x".into()),
        Overrides::default().set("host", "nme", "x".into()),
        Overrides::default().set("host", "port", "x".into()),
    ];
    let said = refused.map(|refused| refused.unwrap_err().to_string());
    assert_eq!(said[0], "there are no facts of `hst`; did you mean `host`?");
    assert_eq!(said[1], "`host` has no fact `nme`; did you mean `name`?");
    assert!(said[2].starts_with("host.port: invalid type"), "{}", said[2]);
}
