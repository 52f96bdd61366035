//! Each command, and what each answer to it comes to.

use super::fake::{choice, ok};
use super::*;
use waxseal_plugins::verdicts::Header;

#[tokio::test]
async fn a_mail_is_told_step_by_step() {
    let fake = Fake::start(0, 0x10_0000, |command, _| ok(command)).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "accepted");
    drop(chain);
    fake.hears("Q").await;
    assert_eq!(
        fake.heard()[2..],
        [
            "C unknown|4\u{4}\u{1}192.0.2.1|",
            "H client.example|",
            "M <a@client.example>|SIZE=10|",
            "R <b@mx.example>|",
            "T",
            "L Received| from elsewhere|",
            "L Subject| test\n folded|",
            "N",
            "B body\r\n",
            "E",
            "Q",
        ]
    );
    let macros = fake.macros();
    assert!(macros[0].starts_with("D Cj|mx.example|{daemon_name}|mx.example|"), "{}", macros[0]);
    assert_eq!(
        macros[1..],
        [
            "D M{mail_addr}|a@client.example|{mail_host}|client.example|{mail_mailer}|smtp|",
            "D R{rcpt_addr}|b@mx.example|{rcpt_host}|mx.example|{rcpt_mailer}|smtp|",
            "D Ni|id-7|",
            "D Ei|id-7|",
        ]
    );
}

#[tokio::test]
async fn what_a_milter_does_not_want_to_hear_is_not_said() {
    let fake = Fake::start(0, 0x37f, |command, _| ok(command)).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "accepted");
    assert_eq!(fake.heard()[2..], ["E"]);
}

#[tokio::test]
async fn what_a_milter_does_not_answer_is_not_awaited() {
    let silent = |command: u8, _: &[u8]| if command == b'E' { ok(command) } else { Reaction::Silence };
    let fake = Fake::start(0, 0x0f_f080, silent).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "accepted");
    assert_eq!(fake.heard().len(), 2 + 10, "all of it was told: {:?}", fake.heard());
}

/// What a message comes to where a command is answered so, and the next message where it is not.
#[rustfmt::skip]
const ANSWERS: [(u8, &[u8], &str); 35] = [
    (b'M', b"a", "accepted"), (b'M', b"d", "discarded"), (b'M', b"r", "550 5.7.1"), (b'M', b"t", "451 4.7.1"), (b'M', b"y554 5.1.8 no\0", "554 5.1.8"),
    (b'R', b"a", "accepted"), (b'R', b"d", "discarded"), (b'R', b"r", "550 5.7.1"), (b'R', b"t", "451 4.7.1"), (b'R', b"y452 4.2.2 no\0", "452 4.2.2"),
    (b'T', b"a", "accepted"), (b'T', b"d", "discarded"), (b'T', b"r", "550 5.7.1"), (b'T', b"t", "451 4.7.1"), (b'T', b"y554 5.1.8 no\0", "554 5.1.8"),
    (b'L', b"a", "accepted"), (b'L', b"d", "discarded"), (b'L', b"r", "550 5.7.1"), (b'L', b"t", "451 4.7.1"), (b'L', b"y554 5.1.8 no\0", "554 5.1.8"),
    (b'N', b"a", "accepted"), (b'N', b"d", "discarded"), (b'N', b"r", "550 5.7.1"), (b'N', b"t", "451 4.7.1"), (b'N', b"y554 5.1.8 no\0", "554 5.1.8"),
    (b'B', b"a", "accepted"), (b'B', b"d", "discarded"), (b'B', b"r", "550 5.7.1"), (b'B', b"s", "accepted"),  (b'B', b"4", "421 4.7.0"),
    (b'E', b"a", "accepted"), (b'E', b"d", "discarded"), (b'E', b"r", "550 5.7.1"), (b'E', b"t", "451 4.7.1"), (b'E', b"y554 5.1.8 no\0", "554 5.1.8"),
];

#[tokio::test]
async fn each_answer_to_each_command_is_obeyed() {
    for (command, answer, expected) in ANSWERS {
        let case = format!("{} to {}", String::from_utf8_lossy(answer), char::from(command));
        let fake = Fake::but(command, Reaction::Say(frame(answer[0], &answer[1..]))).await;
        let mut chain = chain(vec![milter(&fake)]);
        greet(&mut chain).await.unwrap();
        assert_eq!(word(&send(&mut chain).await), expected, "{case}");
        assert_eq!(word(&send(&mut chain).await), expected, "{case}, the second time");
        let connections = fake.heard().iter().filter(|text| *text == "connected").count();
        assert_eq!(connections, 1, "{case}: one line is enough");
    }
}

#[tokio::test]
async fn a_client_may_be_denied_at_once() {
    for (command, answer, expected) in [
        (b'C', frame(b'r', b""), Some("550 5.7.1")),
        (b'C', frame(b't', b""), Some("451 4.7.1")),
        (b'H', frame(b'y', b"554 5.7.1 you?\0"), Some("554 5.7.1")),
        (b'C', frame(b'a', b""), None),
        (b'H', frame(b'a', b""), None),
    ] {
        let fake = Fake::but(command, Reaction::Say(answer)).await;
        let mut chain = chain(vec![milter(&fake)]);
        let denied = greet(&mut chain).await.err().map(|reply| reply.to_wire());
        assert_eq!(denied.as_ref().and_then(|wire| wire.get(..9)), expected);
        if expected.is_none() {
            assert_eq!(word(&send(&mut chain).await), "accepted");
            assert!(
                !fake.heard().iter().any(|text| text.starts_with('M')),
                "it has accepted all: {:?}",
                fake.heard()
            );
        }
    }
}

#[tokio::test]
async fn after_a_handshake_the_client_introduces_itself_anew() {
    let fake = Fake::but(b'H', Reaction::Say(frame(b'c', b""))).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    chain.mail("<evil@client.example>", &[]).await.unwrap();
    chain.secured(Tls {
        version: "1.3".into(),
        suite: "TLS_AES_128_GCM_SHA256".into(),
        server_name: String::new(),
        subject: String::new(),
        issuer: String::new(),
    });
    chain.helo("good.example").await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "accepted");
    let heard = fake.heard();
    let from = heard.iter().position(|text| text == "A").expect("the message of before is forgotten");
    assert_eq!(heard[from + 1..from + 3], ["H good.example|", "M <a@client.example>|SIZE=10|"]);
    let greeted = "D H{tls_version}|TLSv1.3|{cipher}|TLS_AES_128_GCM_SHA256|{cipher_bits}|128|";
    assert!(fake.macros().iter().any(|text| text == greeted), "{:?}", fake.macros());
}

#[tokio::test]
async fn a_denied_recipient_does_not_deny_the_others() {
    let script = |command: u8, data: &[u8]| match command {
        b'R' if data.starts_with(b"<closed") => Reaction::Say(frame(b'r', b"")),
        _ => ok(command),
    };
    let fake = Fake::start(0, 0x800, script).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    chain.mail("<>", &[]).await.unwrap();
    assert_eq!(chain.rcpt("<closed@mx.example>", &[]).await.unwrap_err().code, 550);
    chain.rejected("<other@elsewhere.example>", &Reply::new(550, None, "no relaying")).await;
    chain.rcpt("<open@mx.example>", &["NOTIFY=NEVER".to_owned()]).await.unwrap();
    assert_eq!(word(&chain.message("id", &mut Paper::new()).await), "accepted");
    let told = "D R{rcpt_addr}|no relaying|{rcpt_host}|550|{rcpt_mailer}|error|";
    assert!(fake.macros().iter().any(|text| text == told), "{:?}", fake.macros());
    assert!(fake.heard().contains(&"R <open@mx.example>|NOTIFY=NEVER|".to_owned()));
}

#[tokio::test]
async fn changes_become_edits_and_the_next_milter_sees_them() {
    let changes = [
        frame(b'p', b""),
        frame(b'i', b"\0\0\0\0X-First\0seen\0"),
        frame(b'm', b"\0\0\0\x01Subject\0\0"),
        frame(b'h', b"X-Last\0yes\0"),
        frame(b'e', b"<c@d.example>\0"),
        frame(b'+', b"<e@f.example>\0"),
        frame(b'-', b"<b@mx.example>\0"),
        frame(b'b', b"new "),
        frame(b'b', b"body\n"),
        frame(b'q', b"looks odd\0"),
        frame(b'c', b""),
    ];
    let first = Fake::but(b'E', Reaction::Say(changes.concat())).await;
    let second = Fake::but(b'E', Reaction::Say(frame(b'd', b""))).await;
    let mut chain = chain(vec![milter(&first), Milter { name: "second".into(), ..milter(&second) }]);
    greet(&mut chain).await.unwrap();
    let Outcome { edits, disposition } = send(&mut chain).await;
    let expected = vec![
        Edit::InsertHeader { position: 0, header: Header::new("X-First", "seen") },
        Edit::RemoveHeader { name: "Subject".into(), occurrence: Some(1) },
        Edit::AddHeader(Header::new("X-Last", "yes")),
        Edit::ReplaceSender("c@d.example".into()),
        Edit::AddRecipient("e@f.example".into()),
        Edit::RemoveRecipient("b@mx.example".into()),
        Edit::ReplaceBody("new body\r\n".into()),
    ];
    assert_eq!(edits, [("fake".to_owned(), expected)]);
    assert_eq!(disposition, Disposition::Discard { milter: "second".into() }, "stricter than quarantine");
    let fields: Vec<_> = second.heard().into_iter().filter(|text| text.starts_with("L ")).collect();
    assert_eq!(fields[..2], ["L X-First|seen|", "L Received|from elsewhere|"]);
}

#[tokio::test]
async fn the_first_milter_that_denies_decides_and_the_others_forget() {
    let first = Fake::but(b'E', Reaction::Say(frame(b'r', b""))).await;
    let second = Fake::but(b'E', Reaction::Say(frame(b'c', b""))).await;
    let mut chain = chain(vec![milter(&first), milter(&second)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "550 5.7.1");
    second.hears("A").await;
    assert!(!second.heard().contains(&"E".to_owned()));
}

#[tokio::test]
async fn a_body_is_shown_in_pieces_until_the_milter_has_enough() {
    for (protocol, answer, pieces) in [(0, b'c', 4), (0x400, b's', 1), (0x10, b'c', 0)] {
        let fake = Fake::start(0, protocol, move |command, _| match command {
            b'B' => Reaction::Say(frame(answer, b"")),
            _ => ok(command),
        });
        let fake = fake.await;
        let mut chain = chain(vec![milter(&fake)]);
        greet(&mut chain).await.unwrap();
        chain.mail("<>", &[]).await.unwrap();
        chain.rcpt("<b@mx.example>", &[]).await.unwrap();
        let content = format!("{OWN}Subject: x\r\n\r\n{}", "0123456789\r\n".repeat(20_000));
        let outcome = chain.message("id", &mut Paper::from(content)).await;
        assert_eq!(word(&outcome), "accepted");
        let heard = fake.heard();
        let shown: Vec<_> = heard.iter().filter(|text| text.starts_with("B ")).collect();
        assert_eq!(shown.len(), pieces);
        assert!(shown.iter().take(pieces.saturating_sub(1)).all(|text| *text == "B 65535 octets"));
    }
}

#[tokio::test]
async fn what_comes_without_data_is_told_as_if_with_it() {
    let fake = Fake::start(0, 0, |command, _| ok(command)).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    chain.mail("<>", &[]).await.unwrap();
    chain.rcpt("<b@mx.example>", &[]).await.unwrap();
    assert_eq!(word(&chain.message("id", &mut Paper::new()).await), "accepted");
    assert_eq!(fake.heard().iter().filter(|text| *text == "T").count(), 1);
}

#[tokio::test]
async fn unknown_commands_are_told_and_may_be_answered() {
    let fake = Fake::but(b'U', Reaction::Say(frame(b'y', b"521 5.7.1 stop that\0"))).await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(chain.unknown(b"HALLO all").await.unwrap_err().code, 521);
    assert!(fake.heard().contains(&"U HALLO all|".to_owned()));
}

#[tokio::test]
async fn a_milter_chooses_its_macros() {
    let fake = Fake::raw(|command, _| match command {
        b'O' => choice(6, 0x100, 0, b"\0\0\0\x02{client_addr}\0\0\0\0\x05i {mail_addr}\0"),
        _ => ok(command),
    });
    let fake = fake.await;
    let mut chain = chain(vec![milter(&fake)]);
    greet(&mut chain).await.unwrap();
    assert_eq!(word(&send(&mut chain).await), "accepted");
    assert!(fake.macros().contains(&"D M{client_addr}|192.0.2.1|".to_owned()));
    assert!(fake.macros().contains(&"D Ei|id-7|".to_owned()), "{:?}", fake.macros());
}
