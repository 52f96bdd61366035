//! Dialogues with a session whose hooks answer as they are told.

mod chunks;
mod told;
mod unanswered;

use std::time::Duration;

use proptest::prelude::*;
use waxseal_plugins::facts::{Handshake, Version};
use waxseal_plugins::verdicts::{EnhancedCode, Terms};

use self::told::{Told, at_once};
use super::*;
use crate::config::ListenerMode;
use crate::incoming::tenure::Generation;

fn open(told: Told, tls: Switch) -> Box<Session<Told>> {
    let settings = Settings {
        hostname: "mx.example.org".into(),
        message_size: 1000,
        recipients: 2,
        relay: RelayControl { networks: vec![], domains: vec!["example.org".into()] },
        tls,
    };
    let (address, listener) = ("203.0.113.9:1234".parse().unwrap(), "127.0.0.1:25".parse().unwrap());
    let peer = Peer::new(address, listener, ListenerMode::StartTls, Arc::default());
    at_once(Session::open(told, None, Arc::new(settings), peer)).unwrap()
}

/// The session inside TLS.
fn secure(session: Box<Session<Told>>) -> Box<Session<Told>> {
    let record = TlsRecord {
        handshake: Handshake { version: Version::Tls13, ..Handshake::default() },
        hello: Arc::default(),
        server_name: String::new(),
        chain: vec![],
        possession: false,
        own: Arc::default(),
        terms: Terms::default(),
        filters: Box::default(),
        offered: true,
    };
    at_once(session.secured(record, &ServerPlan::default())).unwrap()
}

fn deny(code: u16) -> Reply {
    let class = u8::try_from(code / 100).unwrap();
    Reply::new(code, Some(EnhancedCode::new(class, 9, 9)), "as told")
}

fn send(session: &mut Session<Told>, line: &str) -> Step {
    at_once(session.command(Command::parse(line.as_bytes()), Instant::now())).unwrap()
}

/// Sends the lines; each is answered as the start of a reply, or the word for a step, says.
fn talk(session: &mut Session<Told>, dialogue: &[(&str, &str)]) {
    for (line, expected) in dialogue {
        let said = match send(session, line) {
            Step::Reply(reply) => reply.to_wire(),
            Step::Close(reply) => format!("close {}", reply.to_wire()),
            Step::StartTls(_) => "start tls".into(),
            Step::Receive => "receive".into(),
            Step::Chunk(chunk) => format!("chunk {}", chunk.size),
            Step::Skip(size, reply) => format!("skip {size} {}", reply.to_wire()),
        };
        assert!(said.starts_with(expected), "{line}: {said:?}, not {expected:?}");
    }
}

#[test]
fn a_mail_goes_from_ehlo_to_data() {
    let mut session = open(Told::default(), Switch::On);
    talk(
        &mut session,
        &[
            ("MAIL FROM:<a@b.example>", "503 5.5.1 "),
            ("EHLO client.example", "250-mx.example.org greets client.example\r\n"),
            ("RCPT TO:<x@example.org>", "503 5.5.1 "),
            ("DATA", "503 5.5.1 "),
            ("MAIL FROM:<a@b.example> SIZE=1001", "552 5.3.4 "),
            ("MAIL FROM:<jörg@b.example>", "553 5.6.7 "),
            ("MAIL FROM:<a@b.example> SIZE=1000", "250 2.1.0 "),
            ("MAIL FROM:<a@b.example>", "503 5.5.1 "),
            ("DATA", "503 5.5.1 "),
            ("RCPT TO:<x@other.example>", "550 5.7.1 "),
            ("RCPT TO:<x@[192.0.2.1]>", "550 5.7.1 "),
            ("RCPT TO:<jörg@example.org>", "553 5.6.7 "),
            ("RCPT TO:<x@example.org>", "250 2.1.5 "),
            ("RCPT TO:<x@example.org>", "250 2.1.5 "),
            ("RCPT TO:<y@example.org>", "250 2.1.5 "),
            ("RCPT TO:<z@example.org>", "452 4.5.3 "),
            ("DATA", "receive"),
            ("QUIT", "close 221 2.0.0 "),
        ],
    );
    assert_eq!(session.transaction.unwrap().recipients.len(), 2);
}

#[test]
fn rset_and_ehlo_forget_the_transaction() {
    for forget in ["RSET", "EHLO again.example", "HELO again.example"] {
        let mut session = open(Told::default(), Switch::On);
        talk(
            &mut session,
            &[
                ("EHLO c", "250"),
                ("MAIL FROM:<>", "250 2.1.0 "),
                (forget, "250"),
                ("RCPT TO:<x@example.org>", "503 5.5.1 "),
            ],
        );
    }
}

#[test]
fn starttls_is_served_only_where_it_was_advertised() {
    let withheld = Told { offer: offer::Incoming::Withhold, ..Told::default() };
    let refused = Told { start: start::Incoming::Refuse(deny(454)), ..Told::default() };
    for (told, switch, hello, expected) in [
        (Told::default(), Switch::On, "EHLO c", "start tls"),
        (Told::default(), Switch::On, "NOOP", "502 5.5.1 "),
        (Told::default(), Switch::On, "HELO c", "502 5.5.1 "),
        (Told::default(), Switch::Off, "EHLO c", "502 5.5.1 "),
        (withheld, Switch::On, "EHLO c", "502 5.5.1 "),
        (refused, Switch::On, "EHLO c", "454 4.9.9 "),
    ] {
        let mut session = open(told, switch);
        talk(&mut session, &[(hello, "250"), ("STARTTLS", expected)]);
    }
}

#[test]
fn with_tls_off_only_connect_mail_and_rcpt_are_asked() {
    let told = Told::default();
    let mut session = open(told.clone(), Switch::Off);
    talk(&mut session, &[("EHLO c", "250"), ("MAIL FROM:<>", "250"), ("RCPT TO:<x@example.org>", "250")]);
    assert_eq!(told.asked(), ["connect  clear", "mail c clear", "rcpt c clear"]);
}

#[test]
fn nothing_said_in_clear_survives_the_handshake() {
    let told = Told::default();
    let mut session = open(told.clone(), Switch::On);
    talk(
        &mut session,
        &[("EHLO evil", "250"), ("MAIL FROM:<evil@b.example>", "250"), ("STARTTLS", "start tls")],
    );
    let mut session = secure(session);
    assert!(session.transaction.is_none() && session.greeting.is_none());
    talk(
        &mut session,
        &[
            ("MAIL FROM:<>", "503 5.5.1 "),
            ("EHLO good", "250-"),
            ("STARTTLS", "503 5.5.1 "),
            ("MAIL FROM:<>", "250 2.1.0 "),
        ],
    );
    let asked = told.asked();
    let expected = ["certificate  encrypted", "mail good encrypted"];
    assert_eq!(asked[asked.len() - 2..], expected, "no offer inside TLS, and no old name");
}

#[test]
fn ehlo_inside_tls_does_not_list_starttls() {
    let mut session = secure(open(Told::default(), Switch::On));
    let Step::Reply(reply) = send(&mut session, "EHLO c") else { panic!("no reply") };
    assert!(!reply.lines.contains(&"STARTTLS".to_owned()));
}

#[test]
fn a_refused_client_is_served_nothing_but_quit() {
    let at_offer = Told { offer: offer::Incoming::Refuse(deny(554)), ..Told::default() };
    let at_connect = Told { connect: AtConnect::Deny(deny(550)), ..Told::default() };
    let at_certificate = Told { certificate: certificate::Incoming::Refuse(deny(554)), ..Told::default() };
    for mut session in
        [open(at_offer, Switch::On), open(at_connect, Switch::On), secure(open(at_certificate, Switch::On))]
    {
        talk(
            &mut session,
            &[
                ("EHLO c", "55"),
                ("HELO c", "55"),
                ("MAIL FROM:<>", "55"),
                ("NOOP", "55"),
                ("nonsense", "55"),
                ("QUIT", "close 221 "),
            ],
        );
    }
}

#[test]
fn a_client_turned_away_hears_it_instead_of_the_greeting() {
    for (deny, expected) in [(deny(550), Step::Reply(deny(554))), (deny(450), Step::Close(deny(421)))] {
        let told = Told { connect: AtConnect::Deny(deny.clone()), ..Told::default() };
        let (Step::Reply(said) | Step::Close(said)) = open(told, Switch::On).greet() else {
            panic!("silence")
        };
        let (Step::Reply(expected) | Step::Close(expected)) = expected else { unreachable!() };
        assert_eq!((said.code, said.lines), (expected.code, deny.lines));
    }
}

#[test]
fn the_older_greeting_leads_around_no_hook() {
    let refused = Told { offer: offer::Incoming::Refuse(deny(554)), ..Told::default() };
    let failed = Told { offer: offer::Incoming::Fail(deny(451)), ..Told::default() };
    talk(&mut open(refused, Switch::On), &[("HELO c", "554 5.9.9 "), ("MAIL FROM:<>", "554 5.9.9 ")]);
    talk(&mut open(failed, Switch::On), &[("HELO c", "250 "), ("MAIL FROM:<>", "451 4.9.9 ")]);
}

#[test]
fn a_failed_hook_defers_every_mail_inside_tls_too() {
    let at_connect = Told { connect: AtConnect::Fail(deny(451)), ..Told::default() };
    let at_offer = Told { offer: offer::Incoming::Fail(deny(451)), ..Told::default() };
    for told in [at_connect, at_offer] {
        let mut session = open(told.clone(), Switch::On);
        let dialogue =
            [("EHLO c", "250-"), ("MAIL FROM:<>", "451 "), ("NOOP", "250 "), ("MAIL FROM:<>", "451 ")];
        talk(&mut session, &dialogue);
        talk(&mut session, &[("STARTTLS", "start tls")]);
        talk(&mut secure(session), &dialogue);
        assert!(!told.asked().iter().any(|asked| asked.starts_with("mail")));
    }
}

#[test]
fn clear_mail_refused_after_a_withheld_offer_may_come_again() {
    let refused = Told { offer: offer::Incoming::Withhold, mail: Err(deny(530)), ..Told::default() };
    let mut session = open(refused.clone(), Switch::On);
    talk(&mut session, &[("EHLO c", "250"), ("MAIL FROM:<>", "450 4.7.1 ")]);
    assert_eq!(refused.asked().last().unwrap(), "forget");

    let offered = Told { mail: Err(deny(530)), ..Told::default() };
    let mut session = open(offered.clone(), Switch::On);
    talk(&mut session, &[("EHLO c", "250"), ("MAIL FROM:<>", "530 5.9.9 ")]);
    assert_eq!(offered.asked().last().unwrap(), "mail c clear");
}

#[test]
fn filters_are_asked_of_recipients_that_may_be_relayed() {
    let told = Told { rcpt: Err(deny(450)), ..Told::default() };
    let mut session = open(told.clone(), Switch::On);
    talk(
        &mut session,
        &[
            ("EHLO c", "250"),
            ("MAIL FROM:<>", "250"),
            ("RCPT TO:<x@other.example>", "550 5.7.1 "),
            ("RCPT TO:<x@example.org>", "450 4.9.9 "),
            ("DATA", "503 5.5.1 "),
        ],
    );
    assert_eq!(told.asked().iter().filter(|asked| asked.starts_with("rcpt")).count(), 1);
}

#[test]
fn a_superseded_bundle_serves_five_minutes_more() {
    let told = Told::default();
    let mut session = open(told.clone(), Switch::On);
    let start = Instant::now();
    let mut at = |seconds, line: &str| {
        let now = start + Duration::from_secs(seconds);
        let step = at_once(session.command(Command::parse(line.as_bytes()), now)).unwrap();
        let (Step::Reply(reply) | Step::Close(reply)) = step else { panic!("{line}: no reply") };
        reply.code
    };
    assert_eq!((at(0, "EHLO c"), at(500, "NOOP")), (250, 250));
    *told.generation.lock().unwrap() = Generation::Superseded;
    assert_eq!((at(600, "NOOP"), at(899, "MAIL FROM:<>")), (250, 250));
    assert_eq!(at(901, "RCPT TO:<x@example.org>"), 250, "the transaction is kept");
    assert_eq!((at(902, "RSET"), at(903, "MAIL FROM:<>")), (250, 421));
}

#[test]
fn too_many_mistakes_end_the_session() {
    let mut session = open(Told::default(), Switch::On);
    for _ in 1..MISTAKES {
        talk(&mut session, &[("HALLO", "500 5.5.1 "), ("NOOP", "250 ")]);
    }
    talk(&mut session, &[("HALLO", "close 421 4.7.0 ")]);
    talk(&mut open(Told::default(), Switch::On), &[("GET / HTTP/1.1", "close 421 ")]);
}

#[test]
fn postmaster_is_completed_with_our_name_and_never_denied() {
    let mut session = open(Told::default(), Switch::On);
    let dialogue = [("EHLO c", "250"), ("MAIL FROM:<>", "250"), ("RCPT TO:<Postmaster>", "250 2.1.5 ")];
    talk(&mut session, &dialogue);
    assert_eq!(session.transaction.unwrap().recipients[0].address, "postmaster@mx.example.org");
}

/// Lines that lead somewhere, or try to.
const LINES: [&str; 16] = [
    "EHLO c",
    "HELO c",
    "STARTTLS",
    "MAIL FROM:<>",
    "MAIL FROM:<a@b.example> SMTPUTF8",
    "RCPT TO:<x@example.org>",
    "RCPT TO:<x@other.example>",
    "RCPT TO:<@example.org:x@other.example>",
    "RCPT TO:<\"x@example.org\"@other.example>",
    "RCPT TO:<x@[127.0.0.1]>",
    "DATA",
    "BDAT 3",
    "BDAT 0 LAST",
    "RSET",
    "NOOP",
    "nonsense",
];

proptest! {
    #[test]
    fn no_order_of_commands_relays_for_strangers(order in proptest::collection::vec(0..LINES.len(), 0..40)) {
        let mut session = open(Told::default(), Switch::On);
        let mut greeted = false;
        for line in order.into_iter().map(|number| LINES[number]) {
            greeted |= line.ends_with("LO c");
            let step = send(&mut session, line);
            let receives = matches!(step, Step::Receive | Step::Chunk(_));
            prop_assert!(!receives || greeted);
            let recipients = session.transaction.iter().flat_map(|open| &open.recipients);
            prop_assert!(recipients.into_iter().all(|recipient| recipient.domain == "example.org"));
            if receives {
                prop_assert!(session.transaction.take().is_some_and(|open| !open.recipients.is_empty()));
            }
        }
    }
}
