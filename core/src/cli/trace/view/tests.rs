use jiff::Timestamp;
use waxseal_plugins::verdicts::Demands;

use crate::observe::trace::Facts;

use super::*;

fn said(what: What) -> String {
    let (time, session) = (Timestamp::from_millisecond(1_500).unwrap(), "1hqzk3a0001".to_owned());
    View::new(Colours::None).event(&Event { time, session, direction: Direction::Incoming, what })
}

fn decided() -> Decided {
    Decided {
        hook: HookName::Offer,
        peer: "192.0.2.1".to_owned(),
        domain: String::new(),
        verdict: "refuse".to_owned(),
        reason: "not today".to_owned(),
        demands: Demands::default(),
        decided_by: "filters/night.rhai:3:5".to_owned(),
        row: "*".to_owned(),
        policy: "attempt".to_owned(),
        generation: 7,
        asked: vec![
            Voice {
                path: "filters/night.rhai".to_owned(),
                said: "refuse".to_owned(),
                place: Some("filters/night.rhai:3:5".to_owned()),
            },
            Voice { path: "incoming/attempt.rhai".to_owned(), said: "no opinion".to_owned(), place: None },
        ],
        changes: vec![],
        took: 1_234,
        facts: Facts::Read(Value::Null),
    }
}

#[test]
fn a_dialogue_has_its_signs_on_each_line() {
    let line = said(What::Client { text: "EHLO a.example".to_owned() });
    assert_eq!(line, "00:00:01.500Z 1hqzk3a0001 in  C: EHLO a.example\n");
    let reply = said(What::Server { text: "250-relay.example\n250 SIZE".to_owned() });
    assert_eq!(
        reply,
        "00:00:01.500Z 1hqzk3a0001 in  S: 250-relay.example\n00:00:01.500Z 1hqzk3a0001 in  S: 250 SIZE\n"
    );
}

#[test]
fn a_decision_names_all_who_were_asked() {
    let text = said(What::Decided(Box::new(decided())));
    let lines: Vec<&str> =
        text.lines().map(|line| line.strip_prefix("00:00:01.500Z 1hqzk3a0001 in  ").unwrap()).collect();
    assert_eq!(
        lines,
        [
            "=> offer: refuse \"not today\" (filters/night.rhai:3:5; row \"*\" attempt, generation 7, 1.2 ms)",
            "     filters/night.rhai:3:5: refuse",
            "     incoming/attempt.rhai: no opinion",
        ]
    );
}

#[test]
fn the_only_one_who_was_asked_is_not_named_twice() {
    let decided = decided();
    let asked = decided.asked[..1].to_vec();
    let text = said(What::Decided(Box::new(Decided { asked, ..decided })));
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_decision_tells_what_filters_have_changed() {
    let change = Change { by: "filters/b.rhai:2:5".to_owned(), edit: "add_header X-Spam: yes".to_owned() };
    let text = said(What::Decided(Box::new(Decided { changes: vec![change], ..decided() })));
    assert!(text.ends_with("     filters/b.rhai:2:5 changes: add_header X-Spam: yes\n"), "{text}");
}

#[test]
fn milters_say_their_word_where_they_are_asked() {
    let of = |said| What::Milter { milter: "rspamd".to_owned(), at: "MAIL".to_owned(), said };
    let text = said(of(Said::Answered("550 5.7.1 no".to_owned())));
    assert_eq!(text, "00:00:01.500Z 1hqzk3a0001 in  => milter rspamd at MAIL: 550 5.7.1 no\n");
    let failed = of(Said::Failed("it cannot be reached".to_owned()));
    let written = serde_json::to_string(&failed).unwrap();
    let read: What = serde_json::from_str(&written).unwrap();
    assert!(said(read).ends_with("milter rspamd at MAIL: FAILED: it cannot be reached\n"), "{written}");
}

#[test]
fn a_certificate_is_shown_with_its_judgement() {
    let certificate =
        serde_json::json!({ "presented": true, "subject": "CN=mx", "problem": "it has expired" });
    let facts = Facts::Read(serde_json::json!({ "certificate": certificate }));
    let text = said(What::Decided(Box::new(Decided { hook: HookName::Certificate, facts, ..decided() })));
    assert!(text.contains("=> certificate of CN=mx, not verified: it has expired: refuse"), "{text}");
}

#[test]
fn what_a_peer_says_is_no_instruction_to_a_terminal() {
    let line = said(What::Client { text: "EHLO \u{1b}[2Jx\u{7}".to_owned() });
    assert!(line.ends_with("C: EHLO \\u{1b}[2Jx\\u{7}\n"), "{line}");
}

#[test]
fn what_the_dialogue_shows_by_itself_is_no_line() {
    assert_eq!(said(What::TransactionEnded { outcome: "250 ok".to_owned() }), "");
}

#[test]
fn colours_are_closed_again() {
    let event = Event {
        time: Timestamp::UNIX_EPOCH,
        session: "a".to_owned(),
        direction: Direction::Outgoing,
        what: What::Client { text: "QUIT".to_owned() },
    };
    let line = View::new(Colours::Some).event(&event);
    assert!(line.contains("\u{1b}[36mC: QUIT\u{1b}[0m"), "{line:?}");
}
